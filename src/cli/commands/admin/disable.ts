/** `mailctl admin disable` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, changeEach } from "../../admin/ask_admin.ts";
import { jsonFlag, listArgument } from "../../flag.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin disable mallory"];

export const command = buildCommand({
  docs: {
    brief: "Shut accounts until they are enabled again",
    fullDescription:
      "Shut accounts: they cannot log in any more and their sessions end at once. Their mail stays,\n" +
      "mail to them is still taken, and nobody else is told; `mailctl admin enable` opens them again.\n" +
      adminNote,
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: listArgument("NAME", "Accounts to shut", String),
  },
  func: (flags: Flags, ...names: string[]) => changeEach(flags, "disable", names),
});
