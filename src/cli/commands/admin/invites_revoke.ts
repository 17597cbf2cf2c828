/** `mailctl admin invites revoke` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../admin/ask_admin.ts";
import { jsonFlag, listArgument } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin invites revoke 5f0c1d2e3b4a"];

export const command = buildCommand({
  docs: {
    brief: "Revoke invites",
    fullDescription:
      "Revoke invites. Nobody can register with them any more, not even somebody who\n" +
      "has begun to. Accounts that were created with them stay. If one of the ids does\n" +
      "not exist, none is revoked.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "Prints nothing. With --json, prints the ids.",
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: listArgument("INVITE", "The ids, from admin invites", String),
  },
  func: async (flags: Flags, ...texts: string[]) => {
    const revoked = [...new Set(texts.map((text) => text.toLowerCase()))];
    await askAdmin(flags, "revoke", { ids: revoked });
    if (flags.json) await writeJson({ revoked } satisfies JsonOf<"admin invites revoke">);
  },
});
