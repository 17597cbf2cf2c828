/** `mailctl admin stats` */
import { buildCommand } from "@stricli/core";
import { writeFacts } from "../../account/account_view.ts";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../admin/ask_admin.ts";
import { jsonFlag } from "../../flag.ts";
import { isoTime } from "../../time_format.ts";
import { writeJson } from "../../terminal/output.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin stats", "mailctl admin stats --json | jq .bytes"];

export const command = buildCommand({
  docs: {
    brief: "Show statistics of the server",
    fullDescription: "Count accounts, messages, bytes (of all mailboxes), unused invites, open\n" +
      "connections and accounts that are logged in.\n" +
      "\n" +
      adminNote,
  },
  parameters: { flags: { json: jsonFlag, ...adminFlags } },
  func: async (flags: Flags) => {
    const { startedAt, ...counts } = await askAdmin(flags, "stats", {});
    const started = isoTime(startedAt) ?? "";
    if (flags.json) return await writeJson({ ...counts, started });
    const texts = Object.entries(counts).map(([name, count]) => [name, String(count)]);
    await writeFacts({ ...Object.fromEntries(texts), started });
  },
});
