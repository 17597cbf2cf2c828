/** `mailctl account delete` */
import { buildCommand } from "@stricli/core";
import { confirmName } from "../../terminal/confirm_name.ts";
import { jsonFlag, switchFlag } from "../../flag.ts";
import { say, writeJson, writeLine } from "../../terminal/output.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";

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
    brief: "Delete your account and all that is in it",
    fullDescription:
      "Delete your account for good: its keys, contacts and messages are erased at the server, its\n" +
      "sessions end. What you received and did not read goes back to its senders; what you sent\n" +
      "stays with those who have it. Nobody can have the name again. The password is always asked\n" +
      "for, also where a login is saved, and the name is to be typed unless --yes is given.\n" +
      "Prints the address that is gone; with --json: deleted, erased (false: still going on).",
  },
  parameters: {
    flags: {
      yes: switchFlag("Do not ask for the name: it is meant"),
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
    await writeLine(address);
    if (!erased) say("The server is still erasing what was in it");
  },
});
