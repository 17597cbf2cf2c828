/** `mailctl admin alias list` */
import type { AccountName } from "../../../../model/address.ts";
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../../admin/ask_admin.ts";
import { allPages } from "../../../admin/pages.ts";
import { jsonFlag } from "../../../flag.ts";
import type { JsonOf } from "../../../schema/schemas.ts";
import { writeJson } from "../../../terminal/output.ts";
import { writeTable, writeTabSeparated } from "../../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../../terminal/terminal.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

const columns = [{ title: "Alias" }, { title: "Account" }];

export const examples = ["mailctl admin alias list"];

export const command = buildCommand({
  docs: {
    brief: "List aliases and their accounts",
    fullDescription: "List aliases by name. The alias * is for all names that are nobody's.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "Off a terminal, each line has the alias and its account, separated by a tab.\n" +
      "With --json, prints aliases.",
  },
  parameters: { flags: { json: jsonFlag, ...adminFlags } },
  func: async (flags: Flags) => {
    const ask = async (after: AccountName | null) =>
      (await askAdmin(flags, "aliases", { after })).aliases;
    const aliases = await Array.fromAsync(allPages(ask, ({ alias }) => alias));
    if (flags.json) return await writeJson({ aliases } satisfies JsonOf<"admin alias list">);
    const rows = aliases.map(({ alias, account }) => ({ cells: [alias, account] }));
    const isForPerson = isPersonReading();
    await (isForPerson ? writeTable(columns, rows, terminalColumns()) : writeTabSeparated(rows));
  },
});
