/** `mailctl account recover` */
import { buildCommand } from "@stricli/core";
import { formatFingerprint } from "../../../crypto/fingerprint.ts";
import { MailError } from "../../../model/errors.ts";
import { writeFacts } from "../../account/account_view.ts";
import { jsonFlag, switchFlag, textFlag } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import {
  askNewPassword,
  connectOptions,
  type NewPasswordFlags,
  newPasswordFlags,
  type ServerFlags,
  serverFlags,
} from "../../session.ts";
import { Settings } from "../../settings/settings.ts";
import { visible } from "../../../model/visible_text.ts";

interface Flags extends ServerFlags, NewPasswordFlags {
  readonly codeFile: string | undefined;
  readonly codeStdin: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl account recover alice",
  "mailctl account recover alice --code-file code --new-password-file new",
];

export const command = buildCommand({
  docs: {
    brief: "Set a new password with a recovery code",
    fullDescription:
      "Set a new password for an account with the code that `mailctl account recovery`\n" +
      "made. Mail, keys and fingerprint stay as they are.\n" +
      "\n" +
      "The code is used up; make a new one afterwards. The old password, application\n" +
      "passwords, open sessions and saved logins end. This machine gets a new login, as\n" +
      "with `mailctl login`. Commands go on using the account that they used before, if\n" +
      "there is one.",
  },
  parameters: {
    flags: {
      json: jsonFlag,
      codeFile: textFlag("FILE", "Read the code from FILE (mode 0600)"),
      codeStdin: switchFlag("Read the code from stdin"),
      ...newPasswordFlags,
      ...serverFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "NAME", brief: "The name of the account", parse: String }],
    },
  },
  func: async (flags: Flags, name: string) => {
    if (flags.codeFile !== undefined && flags.codeStdin) {
      throw new MailError("usage", "Cannot read the code from both a file and stdin");
    }
    const connection = await connectOptions(new Settings({ server: flags.server }));
    const { recover } = await import("../../../client/account/recovery.ts");
    const { address, domain, fingerprint, ...account } = await recover({
      ...connection,
      name,
      code: () => findCode(flags),
      newPassword: () => askNewPassword(flags),
    });
    const own = { address, fingerprint: formatFingerprint(fingerprint) };
    const json: JsonOf<"account recover"> = { name: account.name, domain, ...own };
    if (flags.json) await writeJson(json);
    else await writeFacts(own);
  },
});

async function findCode({ codeFile, codeStdin }: Flags): Promise<string> {
  const { askSecret, readSecret } = await import("../../secret/password.ts");
  if (codeFile !== undefined) return await readSecret(codeFile, "code");
  if (codeStdin) return await readSecret(null, "code");
  return await askSecret(
    visible`Recovery code: `,
    new MailError("usage", "Cannot ask for the recovery code: there is no terminal", {
      hint: "Use --code-file or --code-stdin.",
    }),
  );
}
