/** `mailctl app-password create` */
import { buildCommand } from "@stricli/core";
import { type AppPasswordScope, appPasswordScopes } from "../../../model/device.ts";
import { lastArgument, MailError } from "../../../model/errors.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { jsonFlag, oneOf, parsedFlag, textArgument } from "../../flag.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { jsonText, say, writeOnce } from "../../terminal/output.ts";
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
      "Make an application password and print it once. A program or device uses it\n" +
      "instead of your own password, which it never needs to know. NAME is a name of\n" +
      "your choice.\n" +
      "\n" +
      "  --scope smtp    for a device that sends mail as you to `serve --smtp`\n" +
      "  --scope bridge  for a mail program that uses `mailctl bridge`\n" +
      "\n" +
      "--scope is required. Neither scope lets a program read mail at the server. The\n" +
      "password stays valid when you change your own. It ends when you revoke it, or\n" +
      "when the account is recovered or deleted.\n" +
      "\n" +
      "mailctl asks for your password, even if a login is saved.\n" +
      "\n" +
      "With --json, prints name, scope, address and password.",
  },
  parameters: {
    flags: {
      scope: parsedFlag(
        appPasswordScopes.join("|"),
        "Permit smtp or bridge, and nothing else (required)",
        oneOf("a scope", appPasswordScopes),
      ),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: textArgument("NAME", "A name for the password"),
  },
  func: async (flags: Flags, name: string) => {
    const { scope } = flags;
    if (scope === undefined) throw noScope();
    const options = await loginOptions(flags);
    const { createAppPassword } = await import("../../../client/account/app_passwords.ts");
    const { address, password } = await createAppPassword(options, { label: name, scope });
    const json: JsonOf<"app-password create"> = { name, scope, address, password };
    if (!flags.json && isPersonReading()) {
      say(`An application password for ${address}. It is shown only once`);
    }
    const revoke = `mailctl app-password revoke ${lastArgument(name)}`;
    await writeOnce(
      flags.json ? jsonText(json) : visibleLine(password),
      `Run \`${revoke}\`, and make another. This one is lost.`,
    );
  },
});

function noScope(): MailError {
  return new MailError("usage", "Cannot make an application password: --scope is missing", {
    hint: "Use --scope smtp to send mail by SMTP, or --scope bridge for mailctl bridge.",
  });
}
