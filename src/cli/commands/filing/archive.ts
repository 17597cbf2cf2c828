/** `mailctl archive` */
import { buildCommand } from "@stricli/core";
import type { EntryId } from "../../../model/ids.ts";
import { jsonFlag, listArgument, parseId } from "../../flag.ts";
import { type FilingFlags, moveMessages } from "../../message/file_messages.ts";
import { folderFor } from "../../../client/filing/named_folder.ts";
import { accountFlags } from "../../session.ts";

export const examples = [
  "mailctl archive 12",
  "mailctl inbox --to me+news | cut -f1 | xargs -r mailctl archive",
];

export const command = buildCommand({
  docs: {
    brief: "Move messages to the archive",
    fullDescription:
      "Move messages to the folder Archive. They leave the inbox, and stay as they are.\n" +
      "`mailctl move ID INBOX` brings one back.\n" +
      "\n" +
      "Prints nothing. With --json, prints moved (the ids) and folder.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: listArgument("ID", "The ids of messages", parseId),
  },
  func: (flags: FilingFlags, ...ids: EntryId[]) =>
    moveMessages(flags, ids, (list) => folderFor(list, "archive")),
});
