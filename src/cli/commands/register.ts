/** `mailctl register` */
import { buildCommand } from "@stricli/core";
import { showAccount } from "../account_view.ts";
import { jsonFlag } from "../flag.ts";
import { type AccountFlags, accountFlags, closing, loginOptions } from "../session.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl register alice",
  "mailctl register alice --password-file ~/.secret  # chmod 600 ~/.secret",
];

const { user: _, ...flags } = accountFlags;

export const command = buildCommand({
  docs: {
    brief: "Make an account and its keys",
    fullDescription:
      "Make an account and its keys. The password is asked for twice on a terminal; else it comes\n" +
      "from --password-file, --password-stdin, MAILCTL_PASSWORD or MAILCTL_PASSWORD_COMMAND.\n" +
      "Nobody can reset it: without it the mail is lost, unless `mailctl account recovery` made a\n" +
      "code before. `mailctl login` spares later commands the password.",
  },
  parameters: {
    flags: { json: jsonFlag, ...flags },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "NAME", brief: "The name to be known by", parse: String }],
    },
  },
  func: async (flags: Omit<Flags, "user">, name: string) => {
    const { parseAddress } = await import("../../model/address.ts");
    parseAddress(name); // before anything is asked or sent
    const options = await loginOptions({ ...flags, user: undefined }, { named: name, isNew: true });
    const { register } = await import("../../client/login.ts");
    await closing(await register(options), (mailbox) => showAccount(mailbox, flags.json));
  },
});
