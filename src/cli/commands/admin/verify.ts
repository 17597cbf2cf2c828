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
    brief: "Check a backup",
    fullDescription:
      "Check a backup from end to end: every byte against the digest at its end, then\n" +
      "its structure and its counts. Nothing is changed. Prints domain, schema,\n" +
      "accounts, messages and bytes.",
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: textArgument("FILE", "The file of admin backup"),
  },
  func: async ({ json }: Flags, path: string) => {
    const { loadBackups } = await import("../../../store/open.ts");
    const { verifyBackup } = await loadBackups();
    const summary = await verifyBackup(path);
    if (json) return await writeJson(summary);
    const facts = Object.entries(summary).map(([name, value]) => [name, String(value)]);
    await writeFacts(Object.fromEntries(facts));
  },
});
