/** `mailctl admin alias add` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, adminNote, askAdmin } from "../../../admin/ask_admin.ts";
import { jsonFlag } from "../../../flag.ts";
import type { JsonOf } from "../../../schema/schemas.ts";
import { writeJson } from "../../../terminal/output.ts";

interface Flags extends AdminFlags {
  readonly json: boolean;
}

export const examples = [
  "mailctl admin alias add info alice",
  "mailctl admin alias add '*' alice",
];

export const command = buildCommand({
  docs: {
    brief: "Add an alias, a further address of an account",
    fullDescription:
      "Deliver mail for ALIAS to the account NAME. `mailctl send ALIAS` says which\n" +
      "account that is, and addresses the message to it. The sender's mailctl keeps\n" +
      "the account's key for the alias, and refuses to send if it is another later.\n" +
      "\n" +
      "The alias * is for all names that are neither accounts nor aliases. It is for\n" +
      "mail by SMTP only.\n" +
      "\n" +
      "No account can be created with the name of an alias, or with one that looks like\n" +
      "it, and no alias with the name of an account. Nobody can log in as an alias. An\n" +
      "account that is deleted loses its aliases.\n" +
      "\n" +
      `${adminNote}\n` +
      "\n" +
      "Prints nothing. With --json, prints added.",
  },
  parameters: {
    flags: { json: jsonFlag, ...adminFlags },
    positional: {
      kind: "tuple",
      parameters: [
        { placeholder: "ALIAS", brief: "The alias, or * for all other names", parse: String },
        { placeholder: "NAME", brief: "The account that gets the mail", parse: String },
      ],
    },
  },
  func: async (flags: Flags, alias: string, account: string) => {
    const added = await askAdmin(flags, "aliasAdd", { alias, account });
    if (flags.json) await writeJson({ added } satisfies JsonOf<"admin alias add">);
  },
});
