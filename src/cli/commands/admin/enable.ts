/** `mailctl admin enable` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, changeEach } from "../../admin/ask_admin.ts";
import { jsonFlag, listArgument } from "../../flag.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin enable mallory"];

export const command = buildCommand({
  docs: {
    brief: "Open accounts that were disabled",
    fullDescription:
      "Open accounts again that were disabled, with all mail that came meanwhile.\n" + adminNote,
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: listArgument("NAME", "Accounts to open", String),
  },
  func: (flags: Flags, ...names: string[]) => changeEach(flags, "enable", names),
});
