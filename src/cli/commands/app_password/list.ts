/** `mailctl app-password list` */
import { buildCommand } from "@stricli/core";
import type { AppPassword } from "../../../client/account/app_passwords.ts";
import { jsonFlag } from "../../flag.ts";
import { isoTime, lastUse, shortTime } from "../../time_format.ts";
import { say, writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../../session.ts";
import { writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";
import { host } from "../../host.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl app-password list",
  "mailctl app-password list | awk -F '\\t' '$4 == \"\" { print $1 }'  # never used",
];

export const command = buildCommand({
  docs: {
    brief: "List application passwords",
    fullDescription:
      "List the application passwords of your account by name. The passwords themselves\n" +
      "are not saved anywhere.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: name, scope,\n" +
      "time made, time last used (UTC, to the hour; empty if never).\n" +
      "\n" +
      "With --json, prints appPasswords, each with name, scope, created and lastUsed.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags } },
  func: async (flags: Flags) => {
    const all = await withMailbox(flags, (mailbox) => mailbox.appPasswords());
    if (flags.json) return await writeJson({ appPasswords: all.map(jsonOf) });
    if (isPersonReading()) return await showToPerson(all);
    const time = (at: number | null) => (at === null ? null : isoTime(at)) ?? "";
    await writeTabSeparated(all.map((one) => ({ cells: cellsOf(one, time) })));
  },
});

const columns = [
  { title: "Name", flexible: 1 },
  { title: "Scope" },
  { title: "Made" },
  { title: "Last used" },
];

async function showToPerson(all: readonly AppPassword[]): Promise<void> {
  const now = host.now();
  const time = (at: number | null) => at === null ? "never" : shortTime(at, now);
  const rows = all.map((one) => ({ cells: cellsOf({ ...one, usedAt: lastUse(one) }, time) }));
  if (rows.length === 0) return say("There are no application passwords");
  await writeTable(columns, rows, terminalColumns());
}

function cellsOf(one: AppPassword, time: (at: number | null) => string): string[] {
  return [one.label, one.scope, time(one.createdAt), time(one.usedAt)];
}

function jsonOf(
  { label, scope, createdAt, usedAt }: AppPassword,
): JsonOf<"app-password list">["appPasswords"][number] {
  const lastUsed = usedAt === null ? null : isoTime(usedAt);
  return { name: label, scope, created: isoTime(createdAt), lastUsed };
}
