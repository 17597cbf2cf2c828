/** One message as a mail program may see it: with our fields in front, and nothing in it that speaks for us. */
import { burnsWhenRead } from "../../client/reading/burn.ts";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import { type OpenedMessage, outcomeAsListed } from "../../client/reading/opened_entry.ts";
import { contentBytes } from "../../crypto/age/payload.ts";
import type { Outcome } from "../../model/message.ts";
import { cutHeader, eraseForged } from "./header.ts";
import { formatNote, isWithheld } from "./kept_back.ts";
import { markOf, markSubject } from "./subject_mark.ts";
import { formatTrustFields, marksBytes } from "./trust_fields.ts";

/** True for a message that a program may list: a note is shown until it is read, and fetching erases what burns. */
export function isListed(
  message: ListedMessage,
  { erases }: { readonly erases: boolean },
): boolean {
  const isUnread = message.readAt === null;
  return (!isWithheld(message.outcome) || isUnread) && (!burnsWhenRead(message) || erases);
}

/** Bytes that a program gets, as far as they are known before the message is opened; null for a notice. */
export function bytesUnopened(message: ListedMessage): number | null {
  const { outcome, from, sealedBytes } = message;
  if (isWithheld(outcome)) return formatNote(message).length;
  return outcome === "notice" ? null : marksBytes(from) + contentBytes(sealedBytes);
}

/** The message, or null where a note has to stand in its place: why is its outcome. */
export type Presented =
  | { readonly content: AsyncGenerator<Uint8Array, void> }
  | { readonly content: null; readonly outcome: Outcome };

/**
 * Makes of an open message what a program may see of it. `listed` is its outcome when it was listed. Where the content
 * is null or not read to its end, the rest of the body is still to come.
 * @throws {MailError} `bad_signature` while reading
 */
export async function presentMessage(message: OpenedMessage, listed: Outcome): Promise<Presented> {
  const outcome = outcomeAsListed(message.outcome, listed);
  if (isWithheld(outcome)) return { content: null, outcome };
  const cut = await cutHeader(message.source());
  if (cut === null) return { content: null, outcome: "invalid" };
  return { content: written(message, outcome, cut) };
}

async function* written(
  { from: sender, senderFingerprint: fingerprint, origin }: OpenedMessage,
  outcome: Outcome,
  cut: NonNullable<Awaited<ReturnType<typeof cutHeader>>>,
): AsyncGenerator<Uint8Array, void> {
  // Of mail that no account signed, its From is all that there is to say who its author may be.
  const { header, isAuthor } = eraseForged(cut.header, origin === null ? sender : null);
  const shown = isAuthor ? outcome : "invalid";
  const mark = markOf(shown);
  if (mark === null) {
    yield formatTrustFields({ sender, outcome: shown, fingerprint });
    yield header;
  } else {
    const marked = markSubject(header, mark);
    const fields = { sender, outcome: shown, fingerprint: null };
    yield formatTrustFields(fields, marked.length - header.length);
    yield marked;
  }
  yield* cut.rest;
}
