/** `mailctl reply` */
import { buildCommand } from "@stricli/core";
import type { Mailbox } from "../../client/mailbox.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import type { Content, Draft } from "../../client/sending/draft.ts";
import type { EntryId } from "../../model/ids.ts";
import { jsonFlag, parsedFlag, parseId, switchFlag } from "../flag.ts";
import { deliverOrKeep } from "../message/deliver.ts";
import { checkKept } from "../message/send_terms.ts";
import { senderFlags, withMailbox } from "../session.ts";
import {
  checkStandardInput,
  draftAliases,
  type DraftFlags,
  draftFlags,
  openDraft,
  type SendOnly,
} from "./send.ts";

interface Flags extends Omit<DraftFlags, "replyTo" | SendOnly> {
  readonly all: boolean;
  readonly quote: boolean;
}

export const examples = [
  "mailctl reply 12 -m 'At noon, then.'",
  "mailctl reply 12 --all --quote < answer.txt",
];

export const command = buildCommand({
  docs: {
    brief: "Answer a message",
    fullDescription:
      "Answer a message, in its thread. The answer goes to the sender. If you sent the\n" +
      "message yourself, it goes to the recipients again. The subject gets one Re: in\n" +
      "front. The body is read from stdin unless -m or --body-file gives it.\n" +
      "\n" +
      "With --all, everybody else named in the message gets a copy. The message is not\n" +
      "marked as read, and its sender gets no receipt: `mailctl read` does both.\n" +
      "\n" +
      "A message with an invalid signature cannot be answered (status 82), nor one\n" +
      "whose sender's key changed (status 81). List or read a message before you answer\n" +
      "it (status 77): until then, the server could show another one by the id.\n" +
      "\n" +
      "Prints the id of your own copy, or with --save-draft of the draft in the folder\n" +
      "Drafts, which `mailctl send --draft ID` sends. With --json, prints what\n" +
      "`mailctl send --json` prints.",
  },
  parameters: {
    flags: {
      all: switchFlag("Send a copy to everybody else named in the message"),
      quote: switchFlag("Quote the message below the body"),
      subject: parsedFlag("TEXT", "Set the subject to TEXT", String),
      ...draftFlags,
      json: jsonFlag,
      ...senderFlags,
    },
    aliases: draftAliases,
    positional: {
      kind: "tuple",
      parameters: [{
        placeholder: "ID",
        brief: "The id of the message, from inbox or sent",
        parse: parseId,
      }],
    },
  },
  func: reply,
});

async function reply(flags: Flags, id: EntryId): Promise<void> {
  checkStandardInput({ ...flags, replyTo: id });
  checkKept(flags);
  const opened = new DisposableStack();
  try {
    const written = await openDraft({ ...flags, replyTo: id }, [], opened);
    await withMailbox(flags, async (mailbox) => {
      await deliverOrKeep(mailbox, await addressed(mailbox, flags, written, id), flags);
    });
  } finally {
    opened.dispose();
  }
}

/** Takes from the message what the answer needs: its people, its subject, and with `--quote` its text. */
async function addressed(
  mailbox: Mailbox,
  { all, quote, subject }: Flags,
  draft: Draft,
  id: EntryId,
): Promise<Draft> {
  const [{ answerTo }, { requireKept }] = await Promise.all([
    import("../../client/sending/reply_draft.ts"),
    import("../../client/reading/burn.ts"),
  ]);
  const { address } = await mailbox.account();
  const opened = quote ? await mailbox.open(id) : null;
  if (opened !== null) requireKept(opened, "quote");
  const answer = answerTo(opened ?? await mailbox.look(id), address, all);
  const body = opened === null ? draft.body : await quoting(draft.body, opened);
  const cc = [...answer.cc, ...draft.cc];
  return { ...draft, to: answer.to, cc, subject: subject ?? answer.subject, body };
}

async function quoting(body: Content, message: OpenedMessage): Promise<Content> {
  const { quoteOf, withQuote } = await import("../message/quote.ts");
  return withQuote(body, await quoteOf(message));
}
