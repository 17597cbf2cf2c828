/** `mailctl folders create` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, textArgument } from "../../flag.ts";
import type { FilingFlags } from "../../message/file_messages.ts";
import { nameTaken, requireFree } from "../../../client/filing/named_folder.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";

export const examples = ["mailctl folders create Bills", "mailctl folders create 'Projects/2026'"];

export const command = buildCommand({
  docs: {
    brief: "Make a folder",
    fullDescription: "Make a folder. A / in the name makes a folder below another one,\n" +
      "which is made too if it is missing.\n" +
      "\n" +
      "Prints nothing. With --json, prints created.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: textArgument("NAME", "The name of the folder"),
  },
  func: async (flags: FilingFlags, name: string) => {
    const created = await withMailbox(flags, async (mailbox) => {
      mailbox.requireAllowed("replaceFolders");
      const filed = await mailbox.filed();
      const what = `create ${JSON.stringify(name)}`;
      requireFree(await filed.folders(), name, what);
      const { folder, isMade } = await filed.createFolder(name);
      if (!isMade) throw nameTaken(folder.name, what); // another machine was quicker
      return folder.name;
    });
    if (flags.json) await writeJson({ created } satisfies JsonOf<"folders create">);
  },
});
