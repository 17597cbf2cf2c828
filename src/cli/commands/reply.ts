/** `mailctl reply` */
import type { EntryId } from "../../model/ids.ts";
import { buildCommand } from "@stricli/core";
import type { Content, Draft, Mailbox, Progress } from "../../client/mailbox.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { jsonFlag, parseId, switchFlag, textFlag } from "../flag.ts";
import { writeJson, writeLine } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";
import { senderFlags, withMailbox } from "../session.ts";
import {
  checkStandardInput,
  draftAliases,
  type DraftFlags,
  draftFlags,
  openDraft,
  resultJson,
  type Terms,
} from "./send.ts";

interface Flags extends Omit<DraftFlags, "replyTo" | Terms> {
  readonly all: boolean;
  readonly quote: boolean;
}

export const examples = [
  "mailctl reply 12 -m 'At noon, then.'",
  "mailctl reply 12 --all --quote < answer.txt",
];

export const command = buildCommand({
  docs: {
    brief: "Answer a message, in its thread",
    fullDescription:
      "Answer a message: to its sender, or, of one you sent, to those you sent it to; with --all\n" +
      "the others that it shows get a copy. The subject is its own with one Re: before it, the body\n" +
      "is standard input unless -m or --body-file gives it. What does not verify is not answered\n" +
      "(82; 81 where a key changed). Prints the id of your own copy; with --json what send prints.",
  },
  parameters: {
    flags: {
      all: switchFlag("Send a copy to everybody else that the message shows"),
      quote: switchFlag("Put the text of the message, quoted, behind the body"),
      subject: textFlag("TEXT", "Another subject"),
      ...draftFlags,
      json: jsonFlag,
      ...senderFlags,
    },
    aliases: draftAliases,
    positional: {
      kind: "tuple",
      parameters: [{
        placeholder: "ID",
        brief: "The message, as inbox and sent list it",
        parse: parseId,
      }],
    },
  },
  func: reply,
});

async function reply(flags: Flags, id: EntryId): Promise<void> {
  checkStandardInput({ ...flags, replyTo: id });
  const opened = new DisposableStack();
  try {
    const written = await openDraft({ ...flags, replyTo: id }, [], opened);
    const { draft, result } = await withMailbox(flags, async (mailbox) => {
      const draft = await addressed(mailbox, flags, written, id);
      const send = (progress: Progress) => mailbox.send(draft, progress);
      return { draft, result: await withProgress("Sending", send) };
    });
    await (flags.json ? writeJson(resultJson(result, draft)) : writeLine(String(result.id)));
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
