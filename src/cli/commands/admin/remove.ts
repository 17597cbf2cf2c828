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
    brief: "Delete accounts and everything in them",
    fullDescription:
      "Delete accounts for good, as `mailctl account delete` does. The server erases\n" +
      "their keys, contacts and messages. Messages that they received and did not read\n" +
      "are returned to their senders. Messages that they sent stay with their\n" +
      "recipients. Nobody can register the names again.\n" +
      "\n" +
      "mailctl asks you to type each name, unless --yes is given. If one of the names\n" +
      "was never an account, none is deleted. Names that were deleted before are\n" +
      "skipped, so the command can be repeated.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "Prints nothing. With --json, prints removed, and erased (false while the server\n" +
      "is still erasing).",
  },
  parameters: {
    flags: {
      yes: switchFlag("Delete without asking for the names"),
      json: jsonFlag,
      ...adminFlags,
    },
    positional: listArgument("NAME", "The accounts to delete", String),
  },
  func: async (flags: Flags, ...texts: string[]) => {
    const { parseName } = await import("../../../model/address.ts");
    const names = [...new Set(texts.map(parseName))];
    if (!flags.yes) { for (const name of names) await confirmName(name); }
    const { erased } = await askAdmin(flags, "remove", { names });
    if (flags.json) return await writeJson({ removed: names, erased });
    if (!erased) say("The server is still erasing the mailboxes");
  },
});
