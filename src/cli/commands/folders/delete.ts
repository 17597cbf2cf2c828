/** `mailctl folders delete` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, textArgument } from "../../flag.ts";
import type { FilingFlags } from "../../message/file_messages.ts";
import { requireOwn } from "../../../client/filing/named_folder.ts";
import { findFolder } from "../../message/folder.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";

export const examples = ["mailctl folders delete Bills"];

export const command = buildCommand({
  docs: {
    brief: "Delete a folder; its mail goes to the trash",
    fullDescription:
      "Delete a folder. The messages in it are moved to the trash first. Folders below\n" +
      "it stay. The folders that every account has cannot be deleted.\n" +
      "\n" +
      "Prints nothing. With --json, prints deleted.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: textArgument("FOLDER", "The folder to delete"),
  },
  func: async (flags: FilingFlags, name: string) => {
    const deleted = await withMailbox(flags, async (mailbox) => {
      mailbox.requireAllowed("replaceFolders");
      const filed = await mailbox.filed();
      const folder = requireOwn(await findFolder(await filed.folders(), name), "delete");
      await filed.deleteFolder(folder.name);
      return folder.name;
    });
    if (flags.json) await writeJson({ deleted } satisfies JsonOf<"folders delete">);
  },
});
