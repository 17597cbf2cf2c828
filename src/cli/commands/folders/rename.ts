/** `mailctl folders rename` */
import { buildCommand } from "@stricli/core";
import { jsonFlag } from "../../flag.ts";
import type { FilingFlags } from "../../message/file_messages.ts";
import { requireFree, requireOwn } from "../../../client/filing/named_folder.ts";
import { findFolder } from "../../message/folder.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";

export const examples = ["mailctl folders rename Bills Invoices"];

export const command = buildCommand({
  docs: {
    brief: "Rename a folder, and those below it",
    fullDescription: "Rename a folder. Folders below it, with names such as FOLDER/2026,\n" +
      "go with it. A / in NAME moves the folder below another one, which is made if it\n" +
      "is missing. No message changes. The folders that every account has keep their\n" +
      "names.\n" +
      "\n" +
      "Prints nothing. With --json, prints renamed (the old name) and name.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: {
      kind: "tuple",
      parameters: [
        { placeholder: "FOLDER", brief: "The folder", parse: String },
        { placeholder: "NAME", brief: "Its new name", parse: String },
      ],
    },
  },
  func: async (flags: FilingFlags, given: string, wanted: string) => {
    const done = await withMailbox(flags, async (mailbox) => {
      mailbox.requireAllowed("replaceFolders");
      const filed = await mailbox.filed();
      const list = await filed.folders();
      const { name: renamed } = requireOwn(await findFolder(list, given), "rename");
      requireFree(list, wanted, `rename ${JSON.stringify(renamed)}`);
      return { renamed, name: (await filed.renameFolder(renamed, wanted)).name };
    });
    if (flags.json) await writeJson(done satisfies JsonOf<"folders rename">);
  },
});
