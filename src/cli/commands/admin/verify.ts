/** `mailctl admin verify` */
import { buildCommand } from "@stricli/core";
import { writeFacts } from "../../account/account_view.ts";
import { jsonFlag, textArgument } from "../../flag.ts";
import { writeJson } from "../../terminal/output.ts";

interface Flags {
  readonly json: boolean;
}

export const examples = ["mailctl admin verify /backup/mail.db"];

export const command = buildCommand({
  docs: {
    brief: "Check a backup, and show what is in it",
    fullDescription:
      "Check a backup from end to end: its structure, its counts, and every sealed envelope against\n" +
      "its digest. Shows domain, schema, accounts, messages and bytes; changes nothing.",
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: textArgument("FILE", "What admin backup wrote"),
  },
  func: async ({ json }: Flags, path: string) => {
    const { loadBackups } = await import("../../../store/open.ts");
    const { verifyBackup } = await loadBackups();
    const summary = verifyBackup(path);
    if (json) return await writeJson(summary);
    const facts = Object.entries(summary).map(([name, value]) => [name, String(value)]);
    await writeFacts(Object.fromEntries(facts));
  },
});
