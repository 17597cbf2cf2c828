/** `mailctl admin stats` */
import { buildCommand } from "@stricli/core";
import { writeFacts } from "../../account/account_view.ts";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../admin/ask_admin.ts";
import { jsonFlag } from "../../flag.ts";
import { isoTime } from "../../time_format.ts";
import { say, writeJson } from "../../terminal/output.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = ["mailctl admin stats", "mailctl admin stats --json | jq .bytes"];

export const command = buildCommand({
  docs: {
    brief: "Show statistics of the server",
    fullDescription: "Count accounts, messages, bytes (of all mailboxes), unused invites, open\n" +
      "connections and accounts that are logged in. With a PostgreSQL database, the\n" +
      "last two are those of the server on this machine, and problems of the database\n" +
      "are shown on stderr.\n" +
      "\n" +
      adminNote,
  },
  parameters: { flags: { json: jsonFlag, ...adminFlags } },
  func: async (flags: Flags) => {
    const { startedAt, warnings, ...counts } = await askAdmin(flags, "stats", {});
    const started = startedAt === null ? null : isoTime(startedAt);
    if (flags.json) return await writeJson({ ...counts, started, warnings });
    const told = Object.entries({ ...counts, started }).filter(([, value]) => value !== null);
    await writeFacts(Object.fromEntries(told.map(([name, value]) => [name, String(value)])));
    for (const warning of warnings) say(warning);
  },
});
