/** A notice that a message was not delivered, or was: multipart/report (RFC 6522) with a status (RFC 3464), streamed. */
import { utf8 } from "../model/bytes.ts";
import { formatDate, formatMessageFields, type MessageFields } from "./compose.ts";
import { formatBareAddress } from "./header/field.ts";

export interface Report extends MessageFields {
  /** For a person: lines that end with LF. */
  readonly text: string;
  readonly domain: string;
  readonly recipient: string;
  /** RFC 3463, such as `5.1.1`. */
  readonly status: string;
  /** `failed` unless it is said. */
  readonly action?: "failed" | "delivered" | undefined;
  /** What the sender called the message, RFC 3461 4.4; printable ASCII. */
  readonly envelopeId?: string | undefined;
  /** Whom the sender first meant, RFC 3461 4.2: `type;address`. */
  readonly originalRecipient?: string | undefined;
  readonly at: Date;
  readonly original: Original | null;
}

/** The message that the notice is about. */
export interface Original {
  /** Of the file that it is in. */
  readonly name: string;
  /** MIME. */
  readonly source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** True: no more of it than its header. */
  readonly isHeader?: boolean | undefined;
}

/** Composes the notice. The original travels as it is, so that what is read of it is what was sent. */
export async function* composeReport(report: Report): AsyncGenerator<Uint8Array, void> {
  const { boundary, original } = report;
  yield utf8(
    `${formatMessageFields(report)}Auto-Submitted: auto-replied\r\n` + // RFC 3834 5
      `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"\r\n\r\n` +
      `--${boundary}\r\n${textPart(report.text)}\r\n--${boundary}\r\n${statusPart(report)}\r\n`,
  );
  if (original !== null) {
    yield utf8(
      `--${boundary}\r\n` +
        `Content-Type: ${original.isHeader ? "text/rfc822-headers" : "message/rfc822"}\r\n` +
        `Content-Disposition: attachment; filename="${original.name}"\r\n` +
        `Content-Transfer-Encoding: 8bit\r\n\r\n`,
    );
    yield* original.source;
    yield utf8("\r\n");
  }
  yield utf8(`--${boundary}--\r\n`);
}

/** Composes a notice that is text only. */
export async function* composeTextNotice(
  notice: MessageFields & { readonly text: string },
): AsyncGenerator<Uint8Array, void> {
  const head = `${formatMessageFields(notice)}Auto-Submitted: auto-generated\r\n`; // RFC 3834 5
  yield utf8(head + textPart(notice.text));
}

function textPart(text: string): string {
  return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
    text.replaceAll("\n", "\r\n");
}

function statusPart(report: Report): string {
  const { domain, recipient, status, at, action = "failed" } = report;
  const { envelopeId, originalRecipient } = report;
  const address = formatBareAddress(recipient);
  // deno-lint-ignore no-control-regex
  const isAscii = /^[\x00-\x7f]*$/.test(address);
  const kind = isAscii ? "message/delivery-status" : "message/global-delivery-status"; // RFC 6533
  return `Content-Type: ${kind}\r\nContent-Disposition: inline\r\n` +
    (isAscii ? "" : "Content-Transfer-Encoding: 8bit\r\n") +
    `\r\nReporting-MTA: dns; ${domain}\r\n${line("Original-Envelope-Id", envelopeId)}\r\n` +
    line("Original-Recipient", originalRecipient?.replace(/[^\0-\x7f]/gu, embed)) +
    `Final-Recipient: ${isAscii ? "rfc822" : "utf-8"}; ${address}\r\n` +
    `Action: ${action}\r\nStatus: ${status}\r\nLast-Attempt-Date: ${formatDate(at)}\r\n`;
}

/** RFC 6533 3: one letter as ASCII. */
function embed(letter: string): string {
  return `\\x{${letter.codePointAt(0)!.toString(16).toUpperCase()}}`;
}

function line(name: string, value: string | undefined): string {
  return value === undefined ? "" : `${name}: ${value.slice(0, 500).replace(/[^ -~]/g, "?")}\r\n`;
}
