/** `mailctl login list` */
import { buildCommand } from "@stricli/core";
import type { ListedDevice } from "../../../client/account/devices.ts";
import { jsonFlag } from "../../flag.ts";
import { host } from "../../host.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";
import { writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";
import { isoTime, shortTime } from "../../time_format.ts";

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
      "ran `mailctl login` or `mailctl register`.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: label, time\n" +
      "made, time last used, and `here` for the login of this machine. Times are in\n" +
      "UTC; that of the last use is to the hour, and an empty one means never.\n" +
      "\n" +
      "With --json, prints logins, each with label, created, lastUsed and here.",
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
  { title: "Made" },
  { title: "Last used" },
  { title: "" },
];

async function showToPerson(all: readonly ListedDevice[]): Promise<void> {
  const now = host.now();
  const time = (at: number | null) => at === null ? "never" : shortTime(at, now);
  const rows = all.map((one) => ({ cells: cellsOf(one, time, "this machine") }));
  if (rows.length > 0) await writeTable(columns, rows, terminalColumns());
}

function cellsOf(
  { label, createdAt, usedAt, isOwn }: ListedDevice,
  time: (at: number | null) => string,
  own: string,
): string[] {
  return [label, time(createdAt), time(usedAt), isOwn ? own : ""];
}

function jsonOf(
  { label, createdAt, usedAt, isOwn }: ListedDevice,
): JsonOf<"login list">["logins"][number] {
  const lastUsed = usedAt === null ? null : isoTime(usedAt);
  return { label, created: isoTime(createdAt), lastUsed, here: isOwn };
}
