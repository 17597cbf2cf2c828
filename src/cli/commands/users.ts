/** `mailctl users` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, optionalArgument, switchFlag } from "../flag.ts";
import { writeJson } from "../terminal/output.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";
import { writeTable, writeTabSeparated } from "../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../terminal/terminal.ts";

interface Flags extends AccountFlags {
  readonly online: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl users bob",
  "mailctl users 'build-*' --online",
];

const columns = [{ title: "Address", flexible: 1 }, { title: "Now" }];

export const command = buildCommand({
  docs: {
    brief: "Find accounts by name",
    fullDescription:
      "Find accounts by name. In PATTERN, * stands for any characters and ? for one.\n" +
      "Most servers only tell whether an exact name exists. With `serve --directory\n" +
      "all`, the server lists all names and tells who is logged in.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: address, online\n" +
      "or offline (empty if the server does not tell). If nobody is found, the exit\n" +
      "status is 0.\n" +
      "\n" +
      "With --json, prints users.",
  },
  parameters: {
    flags: {
      online: switchFlag("List only accounts that are logged in now"),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: optionalArgument("PATTERN", "A name, or a pattern with * and ?"),
  },
  func: async (flags: Flags, pattern?: string) => {
    const query = { pattern: pattern ?? "*", online: flags.online };
    const users = await withMailbox(flags, (mailbox) => Array.fromAsync(mailbox.users(query)));
    if (flags.json) return await writeJson({ users });
    const rows = users.map(({ address, online }) => ({
      cells: [address, online === null ? "" : online ? "online" : "offline"],
    }));
    await (isPersonReading()
      ? writeTable(columns, rows, terminalColumns())
      : writeTabSeparated(rows));
  },
});
