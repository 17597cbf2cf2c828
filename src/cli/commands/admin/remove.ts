/** `mailctl admin remove` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../admin/ask_admin.ts";
import { confirmName } from "../../terminal/confirm_name.ts";
import { jsonFlag, listArgument, switchFlag } from "../../flag.ts";
import { say, writeJson } from "../../terminal/output.ts";

interface Flags extends AdminFlags {
  readonly yes: boolean;
  readonly json: boolean;
}

export const examples = ["mailctl admin remove mallory", "mailctl admin remove bob carol --yes"];

export const command = buildCommand({
  docs: {
    brief: "Delete accounts and all that is in them",
    fullDescription:
      "Delete accounts for good, as `mailctl account delete` does: keys, contacts and messages are\n" +
      "erased, sessions end at once. What was received and not read goes back to its senders; what\n" +
      "was sent stays with those who have it. Nobody can have the names again. Each name is to be\n" +
      "typed once more unless --yes is given. Where one name was never an account, none is deleted;\n" +
      "those that were deleted before are passed over, so that it can be repeated.\n" +
      `${adminNote}\n` +
      "Prints nothing; with --json: removed, erased (false: still going on).",
  },
  parameters: {
    flags: {
      yes: switchFlag("Do not ask for the names: they are meant"),
      json: jsonFlag,
      ...adminFlags,
    },
    positional: listArgument("NAME", "Accounts to delete", String),
  },
  func: async (flags: Flags, ...texts: string[]) => {
    const { parseName } = await import("../../../model/address.ts");
    const names = [...new Set(texts.map(parseName))];
    if (!flags.yes) { for (const name of names) await confirmName(name); }
    const { erased } = await askAdmin(flags, "remove", { names });
    if (flags.json) return await writeJson({ removed: names, erased });
    if (!erased) say("The server is still erasing what was in them");
  },
});
