/** `mailctl contacts` */
import { buildCommand } from "@stricli/core";
import type { BlockedSender } from "../../../client/correspondents/blocking.ts";
import type { Contact } from "../../../client/correspondents/contacts.ts";
import { formatSpoken } from "../../../crypto/account/spoken.ts";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { jsonFlag, switchFlag } from "../../flag.ts";
import { host } from "../../host.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../../session.ts";
import { say, writeJson } from "../../terminal/output.ts";
import { writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";
import { isoTime, shortTime } from "../../time_format.ts";

interface Flags extends AccountFlags {
  readonly blocked: boolean;
  readonly json: boolean;
}

type ContactJson = Extract<JsonOf<"contacts">, { contacts: unknown }>["contacts"][number];

export const examples = [
  "mailctl contacts",
  "mailctl contacts --blocked",
  `mailctl contacts | awk '$2 == "signed" { print $1 }'  # not compared yet`,
];

export const command = buildCommand({
  docs: {
    brief: "List correspondents and the state of their keys",
    fullDescription:
      "List correspondents whose keys mailctl has saved, by address. A key is saved\n" +
      "when you first send to it, or list mail that it signed. If the server shows\n" +
      "another key later, mailctl tells you that it changed.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: address, state\n" +
      "(verified: you have compared the key; signed: saved on first use), since when\n" +
      "(UTC), fingerprint.\n" +
      "\n" +
      "With --blocked, lists whom you have blocked instead: address, since when (UTC).\n" +
      "\n" +
      "With --json, prints contacts, each with address, state, since, fingerprint and\n" +
      "spoken; or blocked, each with address and since.",
  },
  parameters: {
    flags: {
      blocked: switchFlag("List blocked senders instead"),
      json: jsonFlag,
      ...accountFlags,
    },
  },
  func: async (flags: Flags) => {
    if (flags.blocked) return await listBlocked(flags);
    const contacts = await withMailbox(flags, (mailbox) => mailbox.contacts());
    if (flags.json) return await writeJson({ contacts: contacts.map(contactJson) });
    if (isPersonReading()) return await showToPerson(contacts);
    await writeTabSeparated(contacts.map((contact) => ({ cells: cellsOf(contact) })));
  },
});

const columns = [
  { title: "Address", flexible: 2 },
  { title: "State" },
  { title: "Since" },
  { title: "Fingerprint", flexible: 1 },
];

async function showToPerson(contacts: readonly Contact[]): Promise<void> {
  const now = host.now();
  const rows = contacts.map((contact) => {
    const [address, state, , fingerprint] = cellsOf(contact);
    return { cells: [address, state, shortTime(contact.since, now), fingerprint] };
  });
  if (rows.length > 0) await writeTable(columns, rows, terminalColumns());
  const verified = contacts.filter((contact) => contact.verified).length;
  say(`${contacts.length} ${contacts.length === 1 ? "contact" : "contacts"}, ${verified} verified`);
}

async function listBlocked(flags: Flags): Promise<void> {
  const blocked = await withMailbox(flags, (mailbox) => mailbox.blocked());
  if (flags.json) return await writeJson({ blocked: blocked.map(blockedJson) });
  if (!isPersonReading()) {
    const cells = blocked.map(blockedJson).map(({ address, since }) => [address, since ?? ""]);
    return await writeTabSeparated(cells.map((each) => ({ cells: each })));
  }
  const now = host.now();
  const rows = blocked.map((one) => ({ cells: [one.address, shortTime(one.blockedAt, now)] }));
  if (rows.length > 0) await writeTable(blockedColumns, rows, terminalColumns());
  say(`${rows.length} blocked`);
}

const blockedColumns = [{ title: "Address", flexible: 1 }, { title: "Since" }];

function blockedJson({ address, blockedAt }: BlockedSender) {
  return { address, since: isoTime(blockedAt) };
}

function cellsOf(contact: Contact): [string, string, string, string] {
  const { address, fingerprint, since } = contact;
  return [address, stateOf(contact), isoTime(since) ?? "", formatFingerprint(fingerprint)];
}

function contactJson(contact: Contact): ContactJson {
  const { address, fingerprint, since } = contact;
  return {
    address,
    state: stateOf(contact),
    since: isoTime(since),
    fingerprint: formatFingerprint(fingerprint),
    spoken: formatSpoken(fingerprint),
  };
}

function stateOf({ verified }: Contact): "verified" | "signed" {
  return verified ? "verified" : "signed";
}
