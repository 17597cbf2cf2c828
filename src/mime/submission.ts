/**
 * What a message that is MIME already says of itself, and its header as it goes out (RFC 5322 3.6, RFC 6409 8): from
 * the account that signs it, with a date and an id, and without what names hidden recipients.
 */

import { concatBytes, cutText, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { type ListedAddress, parseAddressList, readAddressList } from "./header/address_list.ts";
import { parseDate } from "./header/date.ts";
import { encodePhrase, foldField, formatBareAddress, formatMessageId } from "./header/field.ts";
import { bytesOfString, byteString } from "./byte_string.ts";
import { parseHeader } from "./header/header.ts";

/** The header of a submitted message, read. Ids are without brackets. */
export interface Submission {
  readonly subject: string;
  /** The name of its author for a person; null where there is none. */
  readonly fromName: string | null;
  /** Null: there is none, or none that can be used. */
  readonly messageId: string | null;
  /** Milliseconds since 1970; null as above. */
  readonly date: number | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** Whom its fields name. */
  readonly to: readonly ListedAddress[];
  readonly cc: readonly ListedAddress[];
  readonly bcc: readonly ListedAddress[];
  /** Null, or why not all whom they name are known. */
  readonly unread: MailError | null;
}

/** Reads the header of a submitted message. Where it was sent again (RFC 5322 3.6.6) the Resent fields name whom to. */
export function readSubmission(bytes: Uint8Array): Submission {
  const header = parseHeader(bytes);
  const unread: MailError[] = [];
  const list = (name: string) =>
    header.getAllStructured(name).flatMap((text) => addressesOf(text, unread));
  const resent = { to: list("resent-to"), cc: list("resent-cc"), bcc: list("resent-bcc") };
  const isResent = Object.values(resent).some((each) => each.length > 0);
  const named = isResent ? resent : { to: list("to"), cc: list("cc"), bcc: list("bcc") };
  const ids = (name: string) => idsOf(header.getStructured(name) ?? "");
  return {
    subject: cutText(header.get("subject") ?? "", limits.maxSubjectBytes),
    fromName: authorName(header.getStructured("from") ?? ""),
    messageId: only(header.getAllStructured("message-id").flatMap(idsOf)),
    date: parseDate(only(header.getAllStructured("date")) ?? ""),
    inReplyTo: ids("in-reply-to")[0] ?? null,
    references: ids("references").slice(-limits.maxReferences),
    ...named,
    unread: unread[0] ?? null,
  };
}

/** What replaces, or completes, what a submitted message says of itself. */
export interface Stamp {
  /** `name@domain` of the account. */
  readonly from: string;
  readonly name: string | null;
  /** Null: the one that is there is kept. */
  readonly messageId: string | null;
  /** Milliseconds since 1970; null as above. */
  readonly date: number | null;
}

/** Writes a header anew. All but the fields named here stay as they are, in their order. */
export function rewriteHeader(bytes: Uint8Array, stamp: Stamp): Uint8Array {
  const fields = fieldsOf(bytes);
  const { from, name, messageId, date } = stamp;
  const stamped = [
    date === null ? "" : foldField("Date", [formatDate(date)]),
    foldField("From", authorWords(from, name)),
    messageId === null ? "" : foldField("Message-ID", [formatMessageId(messageId)]),
  ];
  const original = fields.filter((field) => isOtherAuthor(field, from))
    .map((field) => field.replace(/^[^:]*/, "Original-From")); // RFC 5703 8
  const dropped = new Set([
    ...alwaysDropped,
    ...(date === null ? [] : ["date"]),
    ...(messageId === null ? [] : ["message-id"]),
  ]);
  const kept = fields.filter((field) => !dropped.has(nameOf(field)));
  return concatBytes([utf8(stamped.join("")), bytesOfString([...original, ...kept].join(""))]);
}

/**
 * Leaves out of the header of a draft what is no reader's. There the program that wrote it notes for itself where its copy
 * goes (`Fcc`, `Gcc`), whom it hides (`Lcc`), what it answers and by which account, under names of its own.
 */
export function withoutNotes(bytes: Uint8Array): Uint8Array {
  return bytesOfString(fieldsOf(bytes).filter(isReaders).join(""));
}

/** RFC 5322 3.6, RFC 4021, RFC 3834, RFC 5064, and what is common. */
const readersFields: ReadonlySet<string> = new Set([
  ...["date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to"],
  ...["references", "subject", "comments", "keywords", "organization", "mime-version"],
  ...["importance", "priority", "x-priority", "sensitivity", "auto-submitted", "autocrypt"],
  ...["disposition-notification-to", "mail-followup-to", "user-agent", "x-mailer"],
  ...["archived-at", "expires", "openpgp", "thread-index", "thread-topic"],
]);

function isReaders(field: string): boolean {
  const name = nameOf(field);
  return readersFields.has(name) || /^(?:content|list|resent)-/.test(name);
}

/** Puts a header, without its blank line, and its body together. */
export async function* joinMessage(
  header: Uint8Array,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield concatBytes([header, utf8("\r\n")]);
  yield* body;
}

/** RFC 5321 4.4 adds the first, RFC 5322 3.6.2 has no Sender where one person is both. */
const alwaysDropped: readonly string[] = ["return-path", "bcc", "resent-bcc", "from", "sender"];

function fieldsOf(header: Uint8Array): readonly string[] {
  return byteString(header).match(/^[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*/gm) ?? [];
}

function nameOf(field: string): string {
  return field.slice(0, Math.max(0, field.indexOf(":"))).trimEnd().toLowerCase();
}

function authorWords(from: string, name: string | null): string[] {
  const words = encodePhrase(name ?? "");
  const address = formatBareAddress(from);
  return words.length === 0 ? [address] : [...words, `<${address}>`];
}

function formatDate(date: number): string {
  return new Date(date).toUTCString().replace("GMT", "+0000");
}

function isOtherAuthor(field: string, own: string): boolean {
  if (nameOf(field) !== "from") return false;
  const { found, unread } = readAddressList(field.slice(field.indexOf(":") + 1), {
    withNames: false,
  });
  return unread.length > 0 || found.some(({ address }) => address !== own);
}

function authorName(text: string): string | null {
  return readAddressList(text).found[0]?.name ?? null;
}

/** What is no list of addresses names nobody, and is told of. */
function addressesOf(text: string, unread: MailError[]): ListedAddress[] {
  try {
    return parseAddressList(text);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    unread.push(error);
    return [];
  }
}

/** The ids of a field that can be signed as they are; comments and phrases between them are passed over. */
export function idsOf(text: string): string[] {
  const found = text.matchAll(/<([!-;=?-~]{1,900})>/g);
  return [...found].map(([, id]) => id!);
}

/** RFC 5322 3.6 has these fields once. */
function only(values: readonly string[]): string | null {
  return values.length === 1 ? values[0]! : null;
}
