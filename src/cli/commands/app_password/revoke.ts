/** `mailctl app-password revoke` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, listArgument } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../../session.ts";

interface Flags extends AccountFlags {
  readonly json: boolean;
}

export const examples = ["mailctl app-password revoke scanner"];

export const command = buildCommand({
  docs: {
    brief: "End passwords of programs and devices",
    fullDescription:
      "End application passwords, by their names: they let nobody in from now on. A name that does\n" +
      "not exist stops it there. Prints nothing, with --json the names.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("NAME", "As `mailctl app-password list` has them", String),
  },
  func: async (flags: Flags, ...names: string[]) => {
    const revoked = [...new Set(names)];
    await withMailbox(flags, (mailbox) => mailbox.revokeAppPasswords(revoked));
    if (flags.json) await writeJson({ revoked });
  },
});
