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
    brief: "Revoke application passwords",
    fullDescription:
      "Revoke application passwords by name. They stop working at once. The command\n" +
      "stops at a name that does not exist.\n" +
      "\n" +
      "Prints nothing. With --json, prints the names.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("NAME", "The names, from app-password list", String),
  },
  func: async (flags: Flags, ...names: string[]) => {
    const revoked = [...new Set(names)];
    await withMailbox(flags, (mailbox) => mailbox.revokeAppPasswords(revoked));
    if (flags.json) await writeJson({ revoked });
  },
});
