/** `mailctl passwd` */
import { buildCommand } from "@stricli/core";
import { sayLost } from "../account/say_rotated.ts";
import { jsonFlag, switchFlag } from "../flag.ts";
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
  readonly revokeDevices: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl passwd",
  "mailctl passwd --password-file old --new-password-file new  # chmod 600 old new",
];

export const command = buildCommand({
  docs: {
    brief: "Change your password",
    fullDescription:
      "Change the password of your account. mailctl always asks for the old one, even\n" +
      "if a login is saved.\n" +
      "\n" +
      "The new password is valid at once. Open sessions end. Saved logins keep working,\n" +
      "unless you give --revoke-devices: then only the one on this machine does. Mail,\n" +
      "keys, fingerprint, recovery code and application passwords stay as they are.\n" +
      "\n" +
      "Prints nothing. With --json, prints the address.",
  },
  parameters: {
    flags: {
      revokeDevices: switchFlag("End the logins saved on other machines"),
      json: jsonFlag,
      ...accountFlags,
      ...newPasswordFlags,
    },
  },
  func: async (flags: Flags) => {
    const options = await newPasswordOptions(flags);
    const { changePassword } = await import("../../client/account/change_password.ts");
    const { revokeDevices: revokesDevices } = flags;
    const { address, lost } = await changePassword({ ...options, revokesDevices });
    sayLost(lost);
    if (flags.json) await writeJson({ changed: address } satisfies JsonOf<"passwd">);
  },
});
