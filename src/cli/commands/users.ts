/** `mailctl users` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag } from "../flag.ts";
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

const columns = [{ title: "ADDRESS", flexible: 1 }, { title: "NOW" }];

export const command = buildCommand({
  docs: {
    brief: "Find accounts by name, where the server tells",
    fullDescription:
      "Find accounts by name: * stands for any characters, ? for one. A server tells whether a whole\n" +
      "name is somebody's; the others, and who is logged in now, only with serve --directory all.\n" +
      "Off a terminal, a line has these columns between tabs: address, online or offline (nothing\n" +
      "where the server does not tell). Nobody found is no failure. With --json: users.",
  },
  parameters: {
    flags: {
      online: switchFlag("Only those who are logged in now"),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{
        placeholder: "PATTERN",
        brief: "A name or a pattern (*)",
        parse: String,
        optional: true,
      }],
    },
  },
  func: async (flags: Flags, pattern?: string) => {
    const wish = { pattern: pattern ?? "*", online: flags.online };
    const users = await withMailbox(flags, (mailbox) => Array.fromAsync(mailbox.users(wish)));
    if (flags.json) return await writeJson({ users });
    const rows = users.map(({ address, online }) => ({
      cells: [address, online === null ? "" : online ? "online" : "offline"],
    }));
    await (isPersonReading()
      ? writeTable(columns, rows, terminalColumns())
      : writeTabSeparated(rows));
  },
});
