/** One message as a mail program may see it: with our fields in front, and nothing in it that speaks for us. */
import { burnsWhenRead } from "../../client/reading/burn.ts";
import { encodedSource } from "../../client/reading/encoded_source.ts";
import type { ListedMessage, OpenedMessage } from "../../client/reading/opened_entry.ts";
import { contentBytes } from "../../crypto/age/payload.ts";
import { type Cut, cutHeader, eraseForged, eraseReserved } from "./header.ts";
import { formatNote, isWithheld } from "./kept_back.ts";
import { markOf, markSubject } from "./subject_mark.ts";
import { formatTrustFields, marksBytes, type TrustFields } from "./trust_fields.ts";

/** True for a message that POP3 may list: a note is shown until it is read, and fetching erases what burns. */
export function isListed(
  message: ListedMessage,
  { erases }: { readonly erases: boolean },
): boolean {
  const isUnread = message.readAt === null;
  return (!isWithheld(message.outcome) || isUnread) && (!burnsWhenRead(message) || erases);
}

/** Bytes that a program gets, as far as they are known before the message is opened; null for a notice. */
export function bytesUnopened(message: ListedMessage): number | null {
  const { outcome, encodedBytes, sealedBytes } = message;
  if (isWithheld(outcome)) return formatNote(message, outcome).length;
  if (outcome === "notice") return null;
  const sender = namedSender(message);
  return (sender === null ? 0 : marksBytes(sender)) + (encodedBytes ?? contentBytes(sealedBytes));
}

/** Who is named in front; null: nothing stands there, since its owner brought the message in. */
function namedSender(
  { from, origin }: Pick<ListedMessage, "from" | "origin">,
): TrustFields["sender"] | null {
  if (origin === null) return from;
  return origin.kind === "import" ? null : "unsigned";
}

/**
 * Makes of an open message, which is not to be withheld, what a program may see of it: always the same bytes. Where it
 * is not read to its end, the rest of the body is still to come. @throws {MailError} `bad_signature`
 */
export async function* presentMessage(message: OpenedMessage): AsyncGenerator<Uint8Array, void> {
  const cut = await cutHeader(encodedSource(message));
  const sender = namedSender(message);
  if (sender === null) yield eraseReserved(cut.header);
  else yield* signedBy(sender, message, cut);
  yield* cut.rest;
}

function* signedBy(
  sender: TrustFields["sender"],
  { senderFingerprint: fingerprint, origin, from, outcome }: OpenedMessage,
  cut: Cut,
): Generator<Uint8Array, void> {
  // Of mail that no account signed, its From is all that there is to say who its author may be.
  const { header, isAuthor } = eraseForged(cut.header, origin === null ? from : null);
  const mark = markOf(isAuthor ? outcome : "invalid");
  const marked = mark === null ? header : markSubject(header, mark);
  const fields = { sender, fingerprint: mark === null ? fingerprint : null };
  yield formatTrustFields(fields, marked.length - header.length);
  yield marked;
}
