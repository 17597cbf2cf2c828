/** `mailctl app-password create` */
import { buildCommand } from "@stricli/core";
import { type AppPasswordScope, appPasswordScopes } from "../../../model/app_password.ts";
import { MailError } from "../../../model/errors.ts";
import { jsonFlag, oneOf, parsedFlag, textArgument } from "../../flag.ts";
import { say, writeJson, writeLine } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { isPersonReading } from "../../terminal/terminal.ts";

interface Flags extends AccountFlags {
  readonly scope: AppPasswordScope | undefined;
  readonly json: boolean;
}

export const examples = [
  "mailctl app-password create scanner --scope smtp",
  "mailctl app-password create 'Thunderbird on the laptop' --scope bridge",
];

export const command = buildCommand({
  docs: {
    brief: "Make a password for a program or device",
    fullDescription:
      "Make an application password and print it, this once: for a program that is no mailctl, in\n" +
      "the place of your own password, which never leaves this machine. With scope smtp a device may\n" +
      "hand mail to `mailctl serve --smtp` as you; with scope bridge a mail program on your machine\n" +
      "may use `mailctl bridge`. It opens nothing else: neither reads mail at the server. NAME is\n" +
      "what you call it. It lasts through changes of password, and ends when it is revoked, the\n" +
      "account recovered or deleted. The password is asked for, also where a login is saved.\n" +
      "With --json: name, scope, address, password.",
  },
  parameters: {
    flags: {
      scope: parsedFlag(
        appPasswordScopes.join("|"),
        "What it is good for",
        oneOf("a scope", appPasswordScopes),
      ),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: textArgument("NAME", "What you call it"),
  },
  func: async (flags: Flags, name: string) => {
    const { scope } = flags;
    if (scope === undefined) throw noScope();
    const options = await loginOptions(flags);
    const { createAppPassword } = await import("../../../client/account/app_passwords.ts");
    const { address, password } = await createAppPassword(options, { label: name, scope });
    const json: JsonOf<"app-password create"> = { name, scope, address, password };
    if (flags.json) return await writeJson(json);
    if (isPersonReading()) say(`For ${address}; this password is shown only now`);
    await writeLine(password);
  },
});

function noScope(): MailError {
  return new MailError("usage", "Cannot make an application password for nothing", {
    hint: "--scope smtp: to hand mail to the server; --scope bridge: to use mailctl bridge.",
  });
}
