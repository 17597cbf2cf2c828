/** `mailctl thread` */
import { buildCommand } from "@stricli/core";
import type { Mailbox } from "../../client/mailbox.ts";
import { senderText, shortAddress } from "../../client/reading/display_sender.ts";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import type { FoundThread, ListedBox } from "../../client/reading/thread.ts";
import { builtInFolders } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { jsonFlag, parsedFlag, parseId } from "../flag.ts";
import { host } from "../host.ts";
import { foldersOf } from "../message/folder.ts";
import { hasRoom, outcomeText, parseCount } from "../message/list.ts";
import { listedJson } from "../message/listed_json.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";
import { say, sayHint, writeJson } from "../terminal/output.ts";
import { writeTable, writeTabSeparated } from "../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../terminal/terminal.ts";
import { isoTime, shortTime } from "../time_format.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl thread 12",
  "mailctl thread 12 | cut -f1 | xargs -r mailctl read",
];

export const command = buildCommand({
  docs: {
    brief: "List a message with its answers",
    fullDescription:
      "List the messages that belong together, received and sent, oldest first. They\n" +
      "are found by Message-ID, In-Reply-To and References, from the newest messages of\n" +
      "each mailbox back to the first of the thread.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: id, inbox or\n" +
      "sent, signature, date (UTC), from, to, subject.\n" +
      "\n" +
      "With --json, prints messages.",
  },
  parameters: {
    flags: {
      limit: parsedFlag(
        "COUNT",
        `Search at most COUNT messages of each mailbox (default ${limits.maxThreadDepth})`,
        parseCount,
      ),
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
    positional: {
      kind: "tuple",
      parameters: [{
        placeholder: "ID",
        brief: "The id of a message, from inbox or sent",
        parse: parseId,
      }],
    },
  },
  func: async (flags: Flags, id: EntryId) => {
    const { limit = limits.maxThreadDepth } = flags;
    const [{ messages, isWhole }, folders, { domain }] = await withMailbox(
      flags,
      (mailbox) =>
        Promise.all([
          findThreadOf(mailbox, id, limit),
          flags.json ? foldersOf(mailbox) : builtInFolders,
          mailbox.account(),
        ]),
    );
    if (!isWhole) {
      say(`The thread may have more messages: only ${limit} of each mailbox were searched`);
      const more = Math.min(10 * limit, limits.maxThreadDepth);
      if (more > limit) sayHint(`Run \`mailctl thread ${id} --limit ${more}\` to search further.`);
    }
    if (flags.json) {
      return await writeJson({ messages: messages.map((each) => listedJson(each, folders)) });
    }
    if (!isPersonReading()) {
      return await writeTabSeparated(messages.map((message) => ({ cells: cellsOf(message) })));
    }
    await showTable(messages, domain);
  },
});

/** The first three requests travel together. */
async function findThreadOf(
  mailbox: Mailbox,
  id: EntryId,
  most: number,
): Promise<FoundThread<ListedMessage>> {
  const { findThread, listDown, newestIn } = await import("../../client/reading/thread.ts");
  const boxes = (["inbox", "sent"] as const).map((box) => ({ box, known: nothingListed }));
  const newest = async (depth: number) => {
    await Promise.all(boxes.map(async (each) => {
      const { box, known } = each;
      each.known = await listDown(
        known,
        depth,
        async (limit, before) => (await mailbox.list({ box, limit, before })).messages,
      );
    }));
    return newestIn(boxes.map(({ known }) => known));
  };
  const [first] = await Promise.all([
    mailbox.look(id),
    newest(Math.min(limits.minThreadDepth, most)),
  ]);
  return await findThread(first, most, newest);
}

const nothingListed: ListedBox<ListedMessage> = { messages: [], isAll: false };

function cellsOf(message: ListedMessage): string[] {
  const { id, box, outcome, headers, storedAt } = message;
  const date = isoTime(headers?.date ?? storedAt) ?? "";
  const [sender, subject] = [senderText(message), headers?.subject ?? ""];
  return [String(id), box, outcome, date, sender, peopleOf(message), subject];
}

function peopleOf({ headers }: ListedMessage): string {
  return [...headers?.to ?? [], ...headers?.cc ?? []].join(",");
}

/** For a person the own domain goes without saying. */
async function showTable(messages: readonly ListedMessage[], domain: string): Promise<void> {
  const [now, width] = [host.now(), terminalColumns()];
  const isWide = hasRoom(width);
  const columns = [
    { title: "ID", alignRight: true },
    { title: isWide ? "Outcome" : "" },
    { title: "Date" },
    { title: "From", flexible: 1 },
    { title: "Subject", flexible: 2 },
  ];
  const rows = messages.map((message) => ({
    cells: [
      String(message.id),
      outcomeText(message, isWide),
      shortTime(message.headers?.date ?? message.storedAt, now),
      senderText(message, (address) => shortAddress(address, domain)),
      message.headers?.subject ?? "(cannot be opened)",
    ],
  }));
  await writeTable(columns, rows, width);
}
