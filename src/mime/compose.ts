/**
 * A draft as one MIME message (RFC 5322, 2045 to 2049), streamed.
 * Never writes a Bcc, a line break handed in with a value, or anything random.
 */

import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import {
  type LeafContent,
  writeBinary,
  writeBody,
  writeMessage,
  type WrittenBody,
  type WrittenPart,
} from "./body.ts";
import { base64Bytes } from "./transfer/encode.ts";
import {
  checkLength,
  foldField,
  formatBareAddress,
  formatList,
  formatMessageId,
  formatParameter,
  formatText,
} from "./header/field.ts";

/** A file that goes with a message. */
export interface DraftAttachment {
  readonly name: string;
  /** A media type; `multipart/*`, and of `message/*` all but `message/rfc822`, travel as application/octet-stream. */
  readonly type: string;
  readonly content: LeafContent;
}

/** The fields at the head of a message. Ids are without brackets, addresses are bare. */
export interface MessageFields {
  readonly messageId: string;
  readonly date: Date;
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string;
  readonly inReplyTo?: string | undefined;
  readonly references: readonly string[];
  /** A token nobody can guess, 1 to 70 characters of RFC 2046 5.1.1 without blanks. */
  readonly boundary: string;
}

/** All that a message is made of. */
export interface MimeDraft extends MessageFields {
  readonly body: LeafContent;
  readonly attachments: readonly DraftAttachment[];
}

/**
 * Composes a message, reading each stream once, in order. Attachments stand in it as they are (RFC 2045 6.2, RFC 3030).
 * Streams not begun when the reader stops stay the caller's to close.
 * @throws {MailError} `malformed` or `too_large`, before the first chunk, where a value cannot be written.
 */
export async function* composeMessage(draft: MimeDraft): AsyncGenerator<Uint8Array> {
  const fields = formatMessageFields(draft);
  const { attachments, boundary } = draft;
  checkAttachmentCount(attachments.length);
  attachments.forEach(checkAttachment);
  const body = await writeBody(draft.body, boundary);
  const parts: WrittenPart[] = [];
  try {
    if (attachments.length === 0) {
      yield utf8(`${fields}${formatBodyFields(body)}\r\n`);
      yield* body.content;
      return;
    }
    for (const { type, content } of attachments) {
      parts.push(isMessage(type) ? await writeMessage(content) : writeBinary(content));
    }
    yield utf8(
      `${fields}Content-Type: multipart/mixed;\r\n boundary="${boundary}"\r\n` +
        `${formatWidest([body, ...parts])}\r\n--${boundary}\r\n${formatBodyFields(body)}\r\n`,
    );
    yield* body.content;
    // Lines of base64 end with the line break that belongs to the delimiter, RFC 2046 5.1.1.
    if (body.encoding !== "base64") yield utf8("\r\n");
    for (const [at, { encoding, content }] of parts.entries()) {
      const header = formatAttachmentFields(attachments[at]!, encoding);
      yield utf8(`--${boundary}\r\n${header}\r\n`);
      yield* content;
      yield utf8("\r\n");
    }
    yield utf8(`--${boundary}--\r\n`);
  } finally {
    await body.close();
    for (const part of parts) await part.close();
  }
}

/** Formats the fields up to MIME-Version. @throws {MailError} as `composeMessage` does */
export function formatMessageFields(draft: MessageFields): string {
  checkLength("subject", draft.subject);
  checkBoundary(draft.boundary);
  const { inReplyTo } = draft;
  return [
    `Date: ${formatDate(draft.date)}\r\n`,
    formatList("From", [formatBareAddress(draft.from)], ","),
    draft.to.length > 0 ? formatList("To", draft.to.map(formatBareAddress), ",") : "",
    draft.cc.length > 0 ? formatList("Cc", draft.cc.map(formatBareAddress), ",") : "",
    draft.subject !== "" ? formatText("Subject", draft.subject) : "",
    formatList("Message-ID", [formatMessageId(draft.messageId)], ""),
    inReplyTo !== undefined ? formatList("In-Reply-To", [formatMessageId(inReplyTo)], "") : "",
    draft.references.length > 0
      ? formatList("References", draft.references.map(formatMessageId), "")
      : "",
    "MIME-Version: 1.0\r\n",
  ].join("");
}

/** By how many bytes `encodeBinaryParts` makes an attachment of so many longer. */
export function encodedGrowth(type: string, bytes: number): number {
  return isMessage(type) ? 0 : base64Bytes(bytes) - lineBreakBytes - bytes;
}

/** The one behind the last line of base64, which is the delimiter's, RFC 2046 5.1.1. */
const lineBreakBytes = 2;

/** RFC 2045 6.4: what holds a part of 8-bit or binary data says so too. */
function formatWidest(parts: readonly { readonly encoding: string }[]): string {
  const widest = ["binary", "8bit"].find((each) => parts.some(({ encoding }) => encoding === each));
  return widest === undefined ? "" : `Content-Transfer-Encoding: ${widest}\r\n`;
}

function formatBodyFields(body: WrittenBody): string {
  const disposition = body.isText ? "" : "Content-Disposition: inline\r\n";
  return `Content-Type: ${body.type}\r\n${disposition}Content-Transfer-Encoding: ${body.encoding}\r\n`;
}

function checkAttachment({ name, type }: DraftAttachment): void {
  checkLength("file name", name);
  if (name === "") throw new MailError("malformed", "Cannot attach a file without a name");
  formatParameter("filename", name);
  formatType(type);
}

function formatAttachmentFields({ name, type }: DraftAttachment, encoding: string): string {
  return `Content-Type: ${formatType(type)}\r\n` +
    foldField("Content-Disposition", ["attachment;", ...formatParameter("filename", name)]) +
    `Content-Transfer-Encoding: ${encoding}\r\n`;
}

function formatType(type: string): string {
  if (!/^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}$/.test(type)) { // RFC 6838 4.2
    throw new MailError("malformed", "Cannot attach a file: its media type is not type/subtype");
  }
  if (isMessage(type)) return type;
  // RFC 2046 5.1 and 5.2 forbid base64 for these, and only base64 is exact.
  return /^(?:message|multipart)\//i.test(type) ? "application/octet-stream" : type;
}

function isMessage(type: string): boolean {
  return /^message\/rfc822$/i.test(type);
}

/** Formats a time as RFC 5322 3.3 has it. */
export function formatDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 1900 && year <= 9999)) { // RFC 5322 3.3; NaN too
    throw new MailError("malformed", "Cannot compose a message: its date is not in 1900 to 9999");
  }
  return date.toUTCString().replace("GMT", "+0000");
}

function checkBoundary(boundary: string): void {
  if (/^[0-9A-Za-z'()+_,./:=?-]{1,70}$/.test(boundary)) return; // RFC 2046 5.1.1
  throw new MailError("malformed", "Cannot compose a message: the boundary is not an RFC 2046 one");
}

function checkAttachmentCount(count: number): void {
  if (count <= limits.maxAttachments) return;
  throw new MailError(
    "too_large",
    `Cannot compose a message with ${count} attachments: the limit is ${limits.maxAttachments}`,
  );
}
