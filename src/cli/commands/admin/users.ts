/** `mailctl admin users` */
import { buildCommand } from "@stricli/core";
import { columns, jsonOf, rowOf } from "../../account/account_report.ts";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../admin/ask_admin.ts";
import { allPages } from "../../admin/pages.ts";
import { jsonFlag, optionalArgument } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import { writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";
import type { AccountName } from "../../../model/address.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin users", "mailctl admin users 'build-*' --json"];

export const command = buildCommand({
  docs: {
    brief: "List accounts",
    fullDescription:
      "List accounts by name: all of them, or those like PATTERN. In PATTERN, * stands\n" +
      "for any characters and ? for one.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: name, enabled or\n" +
      "disabled, time created (UTC), messages, bytes.\n" +
      "\n" +
      "With --json, prints accounts.",
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: optionalArgument("PATTERN", "A name, or a pattern with * and ?"),
  },
  func: async (flags: Flags, pattern?: string) => {
    const accounts = await Array.fromAsync(matching(flags, pattern ?? "*"));
    if (flags.json) return await writeJson({ accounts: accounts.map(jsonOf) });
    const isForPerson = isPersonReading();
    const rows = accounts.map((account) => rowOf(account, isForPerson));
    await (isForPerson ? writeTable(columns, rows, terminalColumns()) : writeTabSeparated(rows));
  },
});

async function* matching(flags: Flags, text: string) {
  const { parsePattern } = await import("../../../model/pattern.ts");
  const { prefix, matches } = parsePattern(text);
  const ask = async (after: AccountName | null) =>
    (await askAdmin(flags, "users", { prefix, after })).accounts;
  for await (const account of allPages(ask, ({ name }) => name)) {
    if (matches(account.name)) yield account;
  }
}
