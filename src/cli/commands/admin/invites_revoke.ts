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
    brief: "End invites: nobody can register with them any more",
    fullDescription:
      "End invites, also for those who have begun to register with one. Accounts that were made with\n" +
      "them stay. All of them are ended or, where an id does not exist, none.\n" +
      `${adminNote}\n` +
      "Prints nothing, with --json the ids.",
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: listArgument("INVITE", "Ids, as `mailctl admin invites` lists them", String),
  },
  func: async (flags: Flags, ...texts: string[]) => {
    const revoked = [...new Set(texts.map((text) => text.toLowerCase()))];
    await askAdmin(flags, "revoke", { ids: revoked });
    if (flags.json) await writeJson({ revoked } satisfies JsonOf<"admin invites revoke">);
  },
});
