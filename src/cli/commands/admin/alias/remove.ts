/** `mailctl admin alias remove` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../../admin/ask_admin.ts";
import { jsonFlag, listArgument } from "../../../flag.ts";
import type { JsonOf } from "../../../schema/schemas.ts";
import { writeJson } from "../../../terminal/output.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin alias remove info"];

export const command = buildCommand({
  docs: {
    brief: "Remove aliases",
    fullDescription:
      "Remove aliases. Mail for them is refused from then on; mail that was delivered\n" +
      "stays. If one of them does not exist, none is removed. The name can be used\n" +
      "again, also for an account.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "Prints nothing. With --json, prints removed.",
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: listArgument("ALIAS", "The aliases to remove", String),
  },
  func: async (flags: Flags, ...aliases: string[]) => {
    const { removed } = await askAdmin(flags, "aliasRemove", { aliases });
    if (flags.json) await writeJson({ removed } satisfies JsonOf<"admin alias remove">);
  },
});
