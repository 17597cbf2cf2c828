/** `mailctl admin import` */
import { buildCommand } from "@stricli/core";
import { MailError } from "../../../model/errors.ts";
import { type AdminFlags, adminFlags, adminNote } from "../../admin/ask_admin.ts";
import { jsonFlag } from "../../flag.ts";
import { say, writeJson, writeLine } from "../../terminal/output.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl admin import accounts.json   # chmod 600 accounts.json",
  `echo '{"alice": "correct horse battery"}' | mailctl admin import -`,
];

export const command = buildCommand({
  docs: {
    brief: "Make accounts from a file of names and passwords",
    fullDescription:
      "Make accounts from a JSON object of names and passwords, whoever may register otherwise. Each\n" +
      "password is stretched here, as the account's own client would do it: the server never sees it.\n" +
      "Names that have an account are passed over, so that an import can be repeated. Nothing is made\n" +
      "unless the whole file can be used. Prints each name with `created` or `exists`.\n" +
      adminNote,
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: {
      kind: "tuple",
      parameters: [{
        placeholder: "FILE",
        brief: "The file (mode 0600); - is stdin",
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
    if (!flags.json) await writeLine(`${result.name}\t${result.state}`);
  }
  if (flags.json) await writeJson({ accounts: results });
  const failed = results.filter(({ state }) => state === "failed").length;
  if (failed > 0) throw notAll(failed, results.length);
}

function notAll(failed: number, all: number): MailError {
  return new MailError("name_taken", `Cannot make ${failed} of ${all} accounts`, {
    hint: "Their names look like others; change them in the file and repeat the import.",
  });
}
