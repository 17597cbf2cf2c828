/** `mailctl login` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../account/account_view.ts";
import { jsonFlag } from "../flag.ts";
import { sayGap } from "../terminal/output.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../session.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl login alice", "mailctl login alice --server mail.example:4465"];

export const command = buildCommand({
  docs: {
    brief: "Save keys, so that commands need no password",
    fullDescription: "Log in and save keys on this machine, so that reading and sending need no\n" +
      "password. The password itself is not saved. The file can be read by you alone.\n" +
      "\n" +
      "From then on, commands use this account unless another is named. The commands\n" +
      "passwd, account, keys rotate, keys import and app-password create still ask for\n" +
      "the password.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: {
      kind: "tuple",
      parameters: [{
        placeholder: "NAME",
        brief: "The name of the account",
        parse: String,
        optional: true,
      }],
    },
  },
  func: async (flags: Flags, name?: string) => {
    const options = await loginOptions(flags, { named: name, replacesDamaged: true });
    const { saveLogin } = await import("../../client/open_mailbox.ts");
    await closing(await saveLogin(options), async (mailbox) => {
      const gap = mailbox.clockGap();
      await showAccount(mailbox, flags.json);
      sayGap(await gap);
    });
  },
});
