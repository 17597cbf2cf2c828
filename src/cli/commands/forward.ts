/** `mailctl forward` */
import { buildCommand } from "@stricli/core";
import { encodedSource } from "../../client/reading/encoded_source.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import type { Draft } from "../../client/sending/draft.ts";
import { jsonFlag, parsedFlag, parseId, textFlag } from "../flag.ts";
import { deliverOrKeep } from "../message/deliver.ts";
import { checkKept } from "../message/send_terms.ts";
import { closing, senderFlags, withMailbox } from "../session.ts";
import { requireIdAnd } from "../usage_error.ts";
import {
  checkStandardInput,
  draftAliases,
  type DraftFlags,
  draftFlags,
  openDraft,
  type SendOnly,
} from "./send.ts";

type Flags = Omit<DraftFlags, "replyTo" | SendOnly>;

export const examples = [
  "mailctl forward 12 carol -m 'What do you think?'",
  "mailctl forward 12 carol dave --cc bob",
];

export const command = buildCommand({
  docs: {
    brief: "Forward a message, unchanged",
    fullDescription:
      "Forward a message as an attachment (message/rfc822), byte for byte. The subject\n" +
      "gets one Fwd: in front. The body is empty unless -m or --body-file gives one;\n" +
      "stdin is not read.\n" +
      "\n" +
      "The sender's signature is not passed on. Your recipients have only your word for\n" +
      "who wrote it.\n" +
      "\n" +
      "A message with an invalid signature cannot be forwarded (status 82), nor one\n" +
      "whose sender's key changed (status 81), nor one that burns when it is read\n" +
      "(status 77). List or read a message before you forward it (status 77): until\n" +
      "then, the server could show another one by the id.\n" +
      "\n" +
      "Prints the id of your own copy, or with --save-draft of the draft in the folder\n" +
      "Drafts, which `mailctl send --draft ID` sends. With --json, prints what\n" +
      "`mailctl send --json` prints.",
  },
  parameters: {
    flags: {
      ...draftFlags,
      message: parsedFlag("TEXT", "Write TEXT above the message, in UTF-8", String),
      bodyFile: textFlag("FILE", "Read the text from FILE (- for stdin)"),
      subject: parsedFlag("TEXT", "Set the subject to TEXT", String),
      json: jsonFlag,
      ...senderFlags,
    },
    aliases: draftAliases,
    positional: {
      kind: "array",
      minimum: 1,
      parameter: {
        placeholder: "ID TO",
        brief: "The id of the message, then the recipients",
        parse: String,
      },
    },
  },
  func: forward,
});

async function forward(flags: Flags, ...words: string[]): Promise<void> {
  requireIdAnd("TO", words, "forward");
  const [which = "", ...to] = words;
  const id = parseId(which);
  const noted = { ...flags, replyTo: undefined, message: flags.message ?? noteUnlessFile(flags) };
  checkStandardInput(noted);
  checkKept(flags);
  const opened = new DisposableStack();
  try {
    const written = await openDraft(noted, to, opened);
    await withMailbox(flags, async (mailbox) => {
      // One connection cannot hand out the message while another request waits for its answer.
      await closing(await mailbox.reopen(), async (source) => {
        const draft = await carrying(written, await source.open(id), flags);
        await deliverOrKeep(mailbox, draft, flags);
      });
    });
  } finally {
    opened.dispose();
  }
}

function noteUnlessFile({ bodyFile }: Flags): string | undefined {
  return bodyFile === undefined ? "" : undefined;
}

/** Puts the message before the other attachments; its bytes are checked as they pass. */
async function carrying(
  draft: Draft,
  message: OpenedMessage,
  { subject }: Flags,
): Promise<Draft> {
  const [{ forwardedSubject, requireVerified }, { requireKept }] = await Promise.all([
    import("../../client/sending/reply_draft.ts"),
    import("../../client/reading/burn.ts"),
  ]);
  const headers = requireVerified(message, "forward");
  requireKept(message, "forward");
  const original = {
    name: `message-${message.id}.eml`,
    type: "message/rfc822",
    size: null,
    content: encodedSource(message),
  };
  return {
    ...draft,
    forwards: message.id,
    subject: subject ?? forwardedSubject(headers),
    attachments: [original, ...draft.attachments],
  };
}
