/** `mailctl login list` */
import { buildCommand } from "@stricli/core";
import type { ListedDevice } from "../../../client/account/devices.ts";
import { jsonFlag } from "../../flag.ts";
import { host } from "../../host.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions, withMailbox } from "../../session.ts";
import { say, writeJson } from "../../terminal/output.ts";
import { writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";
import { isoTime, lastUse, shortTime } from "../../time_format.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl login list",
  "mailctl login list --json | jq -r '.logins[] | select(.here | not) | .label'",
];

export const command = buildCommand({
  docs: {
    brief: "List saved logins",
    fullDescription:
      "List the saved logins of your account by label: one for each machine where you\n" +
      "ran `mailctl login` or `mailctl register`. A login of scope send or read sees\n" +
      "only itself.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: label, scope,\n" +
      "time made, time last used, time it expires, and `here` for the login of this\n" +
      "machine. Times are in UTC; that of the last use is to the hour, and an empty one\n" +
      "means never.\n" +
      "\n" +
      "With --json, prints logins, each with label, scope, from (null: everybody),\n" +
      "created, lastUsed, expires and here.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags } },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags);
    const { markOwn } = await import("../../../client/account/devices.ts");
    const devices = await withMailbox(flags, (mailbox) => mailbox.devices());
    const all = await markOwn(options, devices);
    if (flags.json) return await writeJson({ logins: all.map(jsonOf) });
    if (isPersonReading()) return await showToPerson(all);
    const time = (at: number | null) => (at === null ? null : isoTime(at)) ?? "";
    await writeTabSeparated(all.map((one) => ({ cells: cellsOf(one, time, "here") })));
  },
});

const columns = [
  { title: "Label", flexible: 1 },
  { title: "Scope" },
  { title: "Made" },
  { title: "Last used" },
  { title: "Expires" },
  { title: "" },
];

async function showToPerson(all: readonly ListedDevice[]): Promise<void> {
  const now = host.now();
  const time = (at: number | null) => at === null ? "never" : shortTime(at, now);
  const rows = all.map((one) => ({
    cells: cellsOf({ ...one, usedAt: lastUse(one) }, time, "this machine"),
  }));
  if (rows.length === 0) return say("There are no saved logins");
  await writeTable(columns, rows, terminalColumns());
}

function cellsOf(
  { label, scope, createdAt, usedAt, expiresAt, isOwn }: ListedDevice,
  time: (at: number | null) => string,
  own: string,
): string[] {
  return [label, scope, time(createdAt), time(usedAt), time(expiresAt), isOwn ? own : ""];
}

function jsonOf(
  { label, scope, senders, createdAt, usedAt, expiresAt, isOwn }: ListedDevice,
): JsonOf<"login list">["logins"][number] {
  const lastUsed = usedAt === null ? null : isoTime(usedAt);
  const expires = expiresAt === null ? null : isoTime(expiresAt);
  const from = senders && [...senders];
  return { label, scope, from, created: isoTime(createdAt), lastUsed, expires, here: isOwn };
}
