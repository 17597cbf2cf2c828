/** `mailctl move` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, parseId } from "../../flag.ts";
import { type FilingFlags, moveMessages } from "../../message/file_messages.ts";
import { findFolder } from "../../message/folder.ts";
import { accountFlags } from "../../session.ts";
import { requireIdAnd } from "../../usage_error.ts";

export const examples = [
  "mailctl move 12 15 Bills",
  "mailctl inbox --from shop | cut -f1 | xargs -r sh -c 'mailctl move \"$@\" Bills' sh",
  "mailctl move 12 INBOX  # back where it came",
];

export const command = buildCommand({
  docs: {
    brief: "Move messages into a folder",
    fullDescription:
      "Move messages into a folder that exists. `mailctl folders` lists the folders.\n" +
      "If one of the ids does not exist, nothing is moved. INBOX takes only messages\n" +
      "that you received, and Sent only messages that you sent.\n" +
      "\n" +
      "Prints nothing. With --json, prints moved (the ids) and folder.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: {
        placeholder: "ID FOLDER",
        brief: "The ids of messages, then the folder",
        parse: String,
      },
    },
  },
  func: async (flags: FilingFlags, ...words: string[]) => {
    requireIdAnd("FOLDER", words, "move");
    await moveMessages(
      flags,
      words.slice(0, -1).map(parseId),
      (list) => findFolder(list, words.at(-1)!),
    );
  },
});
