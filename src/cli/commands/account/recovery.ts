/** `mailctl account recovery` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag } from "../../flag.ts";
import { say, writeJson, writeLine } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { isPersonReading } from "../../terminal/terminal.ts";

interface Flags extends AccountFlags {
  readonly revoke: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl account recovery",
  "mailctl account recovery | lpr  # on paper, and nowhere else",
  "mailctl account recovery --revoke",
];

export const command = buildCommand({
  docs: {
    brief: "Make a code that restores access without the password",
    fullDescription:
      "Make a recovery code and print it, this once. With it `mailctl account recover` sets a new\n" +
      "password when the old one is lost, so keep it where nobody else finds it. A new code takes\n" +
      "the place of the one before; it lasts through changes of password, and ends when it is used,\n" +
      "revoked, or the keys change. The password is asked for, also where a login is saved.",
  },
  parameters: {
    flags: {
      revoke: switchFlag("End the code there is, and make none"),
      json: jsonFlag,
      ...accountFlags,
    },
  },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags);
    const { makeRecovery } = await import("../../../client/account/recovery.ts");
    const { address, code } = await makeRecovery(options, flags.revoke);
    if (flags.json) return await writeJson({ address, code } satisfies JsonOf<"account recovery">);
    if (code === null) return;
    if (isPersonReading()) say("Keep this code: it is shown only now, and opens the account");
    await writeLine(code);
  },
});
