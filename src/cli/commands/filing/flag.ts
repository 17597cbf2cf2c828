/** `mailctl flag` */
import { buildCommand } from "@stricli/core";
import { changeOf } from "../../../client/filing/flag_words.ts";
import { MailError } from "../../../model/errors.ts";
import { type Filing, shownFlagsOf } from "../../../model/filing.ts";
import type { EntryId } from "../../../model/ids.ts";
import { jsonFlag, parseId } from "../../flag.ts";
import { changeMessages, type FilingFlags } from "../../message/file_messages.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { accountFlags, withMailbox } from "../../session.ts";
import { writeJson } from "../../terminal/output.ts";
import { missingArgument } from "../../usage_error.ts";

export const examples = [
  "mailctl flag 12 +flagged",
  "mailctl flag 12 15 -flagged +todo",
  "mailctl inbox --keyword todo",
];

/** `-answered` is a change here, and no row of short flags. */
export const isArgument = (word: string): boolean => /^-[^-]./.test(word);

export const command = buildCommand({
  docs: {
    brief: "Set or remove flags and keywords of messages",
    fullDescription:
      "Change the flags and keywords of messages: +WORD sets one, -WORD removes one.\n" +
      "The flags are flagged, answered and forwarded. `mailctl reply` sets answered,\n" +
      "and `mailctl forward` sets forwarded. Any other word is a keyword of your own.\n" +
      "If one of the ids does not exist, nothing is changed.\n" +
      "\n" +
      "The server sees neither flags nor keywords.\n" +
      "\n" +
      "Prints nothing. With --json, prints messages, each with id, flags and keywords\n" +
      "as they are then.",
  },
  parameters: {
    flags: { json: jsonFlag, ...accountFlags },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: {
        placeholder: "ID CHANGE",
        brief: "The ids of messages, and +WORD or -WORD",
        parse: String,
      },
    },
  },
  func: async (flags: FilingFlags, ...words: string[]) => {
    const changes = words.filter((word) => /^[+-]./.test(word));
    const others = words.filter((word) => !changes.includes(word));
    const bare = others.find((word) => !/^\d/.test(word));
    if (bare !== undefined) throw noSign(bare);
    const ids = [...new Set(others.map(parseId))];
    if (ids.length === 0) throw missingArgument("flag", "ID");
    if (changes.length === 0) throw missingArgument("flag", "+WORD or -WORD");
    const change = changeOf(changes);
    const changed = await withMailbox(
      flags,
      (mailbox) => changeMessages(mailbox, ids, change),
    );
    if (flags.json) await writeJson(resultJson(ids, changed));
  },
});

function noSign(word: string): MailError {
  return new MailError("malformed", `Cannot use "${word}" as a message id: it is a number from 1`, {
    hint: "Write +todo to set a keyword, and -todo to remove it.",
  });
}

function resultJson(
  ids: readonly EntryId[],
  changed: readonly { readonly id: EntryId; readonly filing: Filing }[],
): JsonOf<"flag"> {
  const messages = ids.flatMap((wanted) => changed.filter(({ id }) => id === wanted))
    .map(({ id, filing }) => ({ id, flags: shownFlagsOf(filing), keywords: filing.keywords }));
  return { messages };
}
