/** `mailctl account delete` */
import { buildCommand } from "@stricli/core";
import { confirmName } from "../../terminal/confirm_name.ts";
import { jsonFlag, switchFlag } from "../../flag.ts";
import { say, writeJson, writeLine } from "../../terminal/output.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { visibleLine } from "../../../model/visible_text.ts";

interface Flags extends AccountFlags {
  readonly yes: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl account delete",
  "mailctl account delete --user alice --yes --password-file ~/.secret",
];

export const command = buildCommand({
  docs: {
    brief: "Delete your account and everything in it",
    fullDescription:
      "Delete your account for good. The server erases its keys, contacts and messages.\n" +
      "Messages that you received and did not read are returned to their senders.\n" +
      "Messages that you sent stay with their recipients. Nobody can register the name\n" +
      "again.\n" +
      "\n" +
      "mailctl always asks for the password, even if a login is saved. It asks you to\n" +
      "type the name, unless --yes is given.\n" +
      "\n" +
      "Prints the deleted address. With --json, prints deleted, and erased (false while\n" +
      "the server is still erasing).",
  },
  parameters: {
    flags: {
      yes: switchFlag("Delete without asking for the name"),
      json: jsonFlag,
      ...accountFlags,
    },
  },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags);
    if (!flags.yes) await confirmName(options.name);
    const { deleteAccount } = await import("../../../client/open_mailbox.ts");
    const { address, erased } = await deleteAccount(options);
    if (flags.json) return await writeJson({ deleted: address, erased });
    await writeLine(visibleLine(address));
    if (!erased) say("The server is still erasing the mailbox");
  },
});
