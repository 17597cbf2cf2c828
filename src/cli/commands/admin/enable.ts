/** `mailctl admin enable` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, changeAll } from "../../admin/ask_admin.ts";
import { jsonFlag, listArgument } from "../../flag.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin enable mallory"];

export const command = buildCommand({
  docs: {
    brief: "Enable disabled accounts",
    fullDescription:
      "Enable accounts that were disabled. They have all mail that arrived in the\n" +
      "meantime. If one of the names is no account, none is enabled.\n" +
      "\n" +
      adminNote,
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: listArgument("NAME", "The accounts to enable", String),
  },
  func: (flags: Flags, ...names: string[]) => changeAll(flags, "enable", names),
});
