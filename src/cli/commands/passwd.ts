/** `mailctl passwd` */
import { buildCommand } from "@stricli/core";
import { jsonFlag } from "../flag.ts";
import { writeJson } from "../terminal/output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import {
  type AccountFlags,
  accountFlags,
  type NewPasswordFlags,
  newPasswordFlags,
  newPasswordOptions,
} from "../session.ts";

interface Flags extends AccountFlags, NewPasswordFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl passwd",
  "mailctl passwd --password-file old --new-password-file new  # chmod 600 old new",
];

export const command = buildCommand({
  docs: {
    brief: "Change the password",
    fullDescription:
      "Change the password of an account. The old one is always asked for, also where a login is\n" +
      "saved. From that moment only the new one works; open sessions end, and logins saved on other\n" +
      "machines are refused. The one saved here goes on working. Mail, keys and fingerprint stay,\n" +
      "and so do a recovery code and application passwords. Prints nothing, with --json the address.",
  },
  parameters: { flags: { json: jsonFlag, ...accountFlags, ...newPasswordFlags } },
  func: async (flags: Flags) => {
    const options = await newPasswordOptions(flags);
    const { changePassword } = await import("../../client/account/change_password.ts");
    const address = await changePassword(options);
    if (flags.json) await writeJson({ changed: address } satisfies JsonOf<"passwd">);
  },
});
