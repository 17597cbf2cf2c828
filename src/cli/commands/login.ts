/** `mailctl login` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../account/account_view.ts";
import { jsonFlag } from "../flag.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../session.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl login alice", "mailctl login alice --server mail.example:4465"];

export const command = buildCommand({
  docs: {
    brief: "Save the keys, so that mail needs no password",
    fullDescription:
      "Log in and save the derived keys (never the password) in a file that only you can read,\n" +
      "so that later commands neither ask for the password nor take the time to stretch it, but for\n" +
      "those that change who gets in: passwd, keys rotate and import, app-password create, account.\n" +
      "The account becomes the one that commands use when none is named.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "NAME", brief: "The account", parse: String, optional: true }],
    },
  },
  func: async (flags: Flags, name?: string) => {
    const options = await loginOptions(flags, { named: name });
    const { saveLogin } = await import("../../client/open_mailbox.ts");
    await closing(await saveLogin(options), (mailbox) => showAccount(mailbox, flags.json));
  },
});
