/** From what was typed to a draft that is sent, and from a message to what its answer begins with. */
import type { Mailbox } from "../../../client/mailbox.ts";
import { sha256 } from "../../../crypto/fingerprint.ts";
import type { Progress } from "../../../client/progress.ts";
import { attachmentsOf } from "../../../client/reading/attachment.ts";
import { requireKept } from "../../../client/reading/burn.ts";
import { encodedSource } from "../../../client/reading/encoded_source.ts";
import type { ListedMessage, OpenedMessage } from "../../../client/reading/opened_entry.ts";
import type { Draft, SendResult } from "../../../client/sending/draft.ts";
import {
  answerTo,
  forwardedSubject,
  requireVerified,
} from "../../../client/sending/reply_draft.ts";
import { draftTerms, noTerms, termsIn } from "../../../client/submission/draft_terms.ts";
import { parseAddressList } from "../../../mime/header/address_list.ts";
import { quoteLines } from "../../../mime/quote.ts";
import type { BodyForms } from "../../../mime/text.ts";
import type { Address } from "../../../model/address.ts";
import { utf8 } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import { type EntryId, entryId } from "../../../model/ids.ts";
import { mediaType } from "../../../model/media_type.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import type { Written } from "../page/compose_page.tsx";
import { partsOf } from "../page/plain_text.tsx";
import type { MailboxConnections } from "../state/mailbox_connections.ts";
import type { DraftUpload } from "../state/uploads.ts";
import { newWord } from "../visitors.ts";
import { textOf } from "./form.ts";

/** Nothing yet, but for whom it is. */
export function emptyDraft(to = ""): Written {
  return {
    draft: newWord(),
    stored: null,
    writer: newWord(),
    to,
    cc: "",
    bcc: "",
    subject: "",
    text: "",
    reply: null,
    forward: null,
    ...noTerms,
  };
}

/** Begins an answer: addressed, with the text quoted behind it. @throws {MailError} as `answerTo` */
export function answerDraft(
  message: OpenedMessage,
  { text }: BodyForms,
  own: Address,
  all: boolean,
): Written {
  requireKept(message, "quote");
  const { to, cc, subject } = answerTo(message, own, all);
  const lines = partsOf(text?.text ?? "").join("\n"); // a field is laid out as a whole, too
  const date = new Date(message.headers.date);
  const when = Number.isNaN(date.getTime()) ? "an unknown day" : date.toUTCString();
  return {
    ...emptyDraft(to.join(", ")),
    cc: cc.join(", "),
    subject: visibleLine(subject),
    text: `\n\nOn ${when}, ${visibleLine(message.from)} wrote:\n${quoteLines(lines)}`,
    reply: message.id,
  };
}

/** Begins passing a message on. @throws {MailError} as `requireVerified` */
export function forwardDraft(message: ListedMessage): Written {
  requireKept(message, "forward");
  const headers = requireVerified(message, "forward");
  return { ...emptyDraft(), subject: visibleLine(forwardedSubject(headers)), forward: message.id };
}

/** Reads what was typed. */
export function writtenOf(form: FormData): Written {
  return {
    draft: wordIn(form, "draft"),
    stored: idOf(form, "stored"),
    writer: wordIn(form, "writer"),
    to: textOf(form, "to"),
    cc: textOf(form, "cc"),
    bcc: textOf(form, "bcc"),
    subject: textOf(form, "subject"),
    text: textOf(form, "text"),
    reply: idOf(form, "reply"),
    forward: idOf(form, "forward"),
    ...termsIn((name) => textOf(form, name)),
  };
}

/** Digests what a form sends: one that comes twice, from whatever window, is one message. */
export async function digestOf(written: Written, form: FormData): Promise<string> {
  const { draft: _draft, stored: _stored, writer: _writer, ...content } = written;
  const files = await Promise.all(
    [...form.getAll("attached"), ...form.getAll("file")].map(async (each) =>
      typeof each === "string" ? each : [each.name, (await sha256(await each.bytes())).toHex()]
    ),
  );
  return (await sha256(utf8(JSON.stringify([content, files])))).toHex();
}

/** Sends what was typed, on connections of its own. @throws {MailError} as `Mailbox.send` */
export function send(
  connections: MailboxConnections,
  written: Written,
  uploads: readonly DraftUpload[],
  progress: Progress,
): Promise<SendResult> {
  const draft = draftOf(written, uploads);
  return connections.aside(async (mailbox) => {
    if (written.forward === null) return await mailbox.send(draft, progress);
    return await connections.aside(async (source) => {
      const attachments = [await originalOf(source, written.forward!), ...draft.attachments];
      const forwards = written.forward!;
      return await mailbox.send({ ...draft, forwards, attachments }, progress);
    });
  });
}

/** A message that is passed on, as the first of the files; its bytes are checked as they pass. */
export async function originalOf(
  mailbox: Mailbox,
  id: EntryId,
): Promise<Draft["attachments"][number]> {
  const message = await mailbox.open(id);
  requireKept(message, "forward");
  requireVerified(message, "forward");
  return {
    name: `message-${id}.eml`,
    type: "message/rfc822",
    size: null,
    content: encodedSource(message),
  };
}

/** What was typed as a draft that can be sent, without what it passes on. @throws {MailError} `malformed`, `usage` */
export function draftOf(written: Written, uploads: readonly DraftUpload[]): Draft {
  return {
    to: addressesOf(written.to),
    cc: addressesOf(written.cc),
    bcc: addressesOf(written.bcc),
    subject: written.subject,
    body: utf8(written.text),
    attachments: uploads.map(({ name, bytes }) => ({
      name,
      type: mediaType(name),
      size: bytes.length,
      content: bytes,
    })),
    replyTo: written.reply ?? undefined,
    key: written.draft,
    ...draftTerms(written, Date.now()),
  };
}

/** Commas, semicolons and line breaks stand between addresses. */
function addressesOf(text: string): string[] {
  return parseAddressList(text.replaceAll("\n", ",")).map(({ address }) => address);
}

function wordIn(form: FormData, name: string): string {
  const word = textOf(form, name);
  return /^[\w-]{43}$/.test(word) ? word : newWord();
}

function idOf(form: FormData, name: string): EntryId | null {
  const text = textOf(form, name);
  return /^[1-9]\d{0,14}$/.test(text) ? entryId(Number(text)) : null;
}

/** Hands out one attachment, counted from 1. @throws {MailError} `no_input` where the message has fewer */
export async function* attachmentBytes(
  message: OpenedMessage,
  number: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const { content } of attachmentsOf(message)) {
    if (++at === number) return yield* content;
  }
  throw new MailError("no_input", `Cannot find attachment ${number} in message ${message.id}`);
}
