/** `mailctl admin import` */
import { buildCommand } from "@stricli/core";
import { MailError } from "../../../model/errors.ts";
import { adminFlags, adminNote } from "../../admin/ask_admin.ts";
import type { ImportFlags } from "../../admin/import_accounts.ts";
import { jsonFlag, textFlag } from "../../flag.ts";
import { say, writeJson, writeLine } from "../../terminal/output.ts";
import { visible, visibleLine } from "../../../model/visible_text.ts";

interface Flags extends ImportFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl admin import accounts.json   # chmod 600 accounts.json",
  `echo '{"alice": "correct horse battery"}' | mailctl admin import -`,
];

export const command = buildCommand({
  docs: {
    brief: "Create accounts from a file of names and passwords",
    fullDescription: "Create accounts from a JSON object of names and passwords, whatever\n" +
      "--registration says. The passwords are derived on this machine, and the server\n" +
      "never sees them.\n" +
      "\n" +
      "Names that have an account are skipped, so an import can be repeated. If a part\n" +
      "of the file is wrong, no account is created. Prints each name with `created` or\n" +
      "`exists`.\n" +
      "\n" +
      adminNote,
  },
  parameters: {
    flags: {
      server: textFlag("HOST:PORT", "Use the server at HOST:PORT (default: --listen)"),
      json: jsonFlag,
      ...adminFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{
        placeholder: "FILE",
        brief: "The file, mode 0600 (- for stdin)",
        parse: String,
      }],
    },
  },
  func: importAll,
});

async function importAll(flags: Flags, file: string): Promise<void> {
  const { readImport } = await import("../../admin/import_file.ts");
  const { importAccounts } = await import("../../admin/import_accounts.ts");
  const results: { name: string; state: string; reason?: string }[] = [];
  for await (const result of importAccounts(flags, await readImport(file))) {
    results.push(result);
    if (result.state === "failed") say(`${result.name}: ${result.reason}`);
    if (!flags.json) {
      await writeLine(visible`${visibleLine(result.name)}\t${visibleLine(result.state)}`);
    }
  }
  if (flags.json) await writeJson({ accounts: results });
  const failed = results.filter(({ state }) => state === "failed").length;
  if (failed > 0) throw notAll(failed, results.length);
}

function notAll(failed: number, all: number): MailError {
  return new MailError("name_taken", `Cannot create ${failed} of ${all} accounts`, {
    hint: "Change names in the file that look like others, then repeat the import.",
  });
}
