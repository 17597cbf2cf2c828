/** `mailctl admin disable` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, changeAll } from "../../admin/ask_admin.ts";
import { jsonFlag, listArgument } from "../../flag.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin disable mallory"];

export const command = buildCommand({
  docs: {
    brief: "Disable accounts until they are enabled again",
    fullDescription:
      "Disable accounts. They can no longer log in, and their sessions end at once.\n" +
      "Their mail stays, and they still receive mail. Nobody else is told. `mailctl\n" +
      "admin enable` enables them again. If one of the names is no account, none is\n" +
      "disabled.\n" +
      "\n" +
      adminNote,
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: listArgument("NAME", "The accounts to disable", String),
  },
  func: (flags: Flags, ...names: string[]) => changeAll(flags, "disable", names),
});
