/** `mailctl account recovery` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag } from "../../flag.ts";
import { jsonText, say, writeJson, writeOnce } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type AccountFlags, accountFlags, loginOptions } from "../../session.ts";
import { isPersonReading } from "../../terminal/terminal.ts";
import { visibleLine } from "../../../model/visible_text.ts";

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
    brief: "Make a recovery code, in case you lose the password",
    fullDescription:
      "Make a recovery code and print it once. If you lose the password, `mailctl\n" +
      "account recover` sets a new one with the code. Keep it where nobody else finds\n" +
      "it: it opens the account.\n" +
      "\n" +
      "A new code replaces the old one. The code stays valid when you change the\n" +
      "password. It ends when it is used or revoked, or when the keys change.\n" +
      "\n" +
      "mailctl asks for the password, even if a login is saved.",
  },
  parameters: {
    flags: {
      revoke: switchFlag("End the current code, and make no new one"),
      json: jsonFlag,
      ...accountFlags,
    },
  },
  func: async (flags: Flags) => {
    const options = await loginOptions(flags);
    const { makeRecovery } = await import("../../../client/account/recovery.ts");
    const { address, code } = await makeRecovery(options, flags.revoke);
    const json: JsonOf<"account recovery"> = { address, code };
    if (code === null) return flags.json ? await writeJson(json) : undefined;
    if (!flags.json && isPersonReading()) {
      say("Keep this code: it is shown only once, and it opens the account");
    }
    const line = flags.json ? jsonText(json) : visibleLine(code);
    await writeOnce(line, "Run it again. The new code is lost, and earlier ones have ended.");
  },
});
