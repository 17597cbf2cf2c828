/** `mailctl login` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../../account/account_view.ts";
import { jsonFlag, textFlag } from "../../flag.ts";
import { sayGap } from "../../terminal/output.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../../session.ts";

interface Flags extends AccountFlags {
  readonly label: string | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl login alice",
  "mailctl login alice --server mail.example:4465",
  "mailctl login alice --label 'build server'",
];

export const command = buildCommand({
  docs: {
    brief: "Save a login, so that commands need no password",
    fullDescription:
      "Log in and save a login on this machine, so that reading and sending need no\n" +
      "password. It has keys of its own and nothing of the password. The file can be\n" +
      "read by you alone. `mailctl login list` lists your saved logins, and `mailctl\n" +
      "login revoke` ends one of them.\n" +
      "\n" +
      "From then on, commands use this account unless another is named. The commands\n" +
      "passwd, account, keys rotate, keys import, login revoke and app-password create\n" +
      "still ask for the password.",
  },
  parameters: {
    flags: {
      label: textFlag("LABEL", "Name this login LABEL (otherwise as this machine)"),
      json: jsonFlag,
      ...accountFlags,
    },
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
    const { label } = flags;
    const options = await loginOptions(flags, { named: name, replacesDamaged: true });
    const device = label === undefined ? undefined : { label };
    const { saveLogin } = await import("../../../client/open_mailbox.ts");
    await closing(await saveLogin({ ...options, device }), async (mailbox) => {
      const gap = mailbox.clockGap();
      await showAccount(mailbox, flags.json);
      sayGap(await gap);
    });
  },
});
