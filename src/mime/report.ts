/** A notice that a message was not delivered, or was: multipart/report (RFC 6522) with a status (RFC 3464), streamed. */
import { formatDate, formatMessageFields, type MessageFields } from "./compose.ts";
import { formatBareAddress } from "./field.ts";

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
  /** Whom the sender first meant, RFC 3461 4.2: `type;address`, printable ASCII. */
  readonly originalRecipient?: string | undefined;
  readonly at: Date;
  /** The MIME source of the message that came back, and the name of its file; null: there is none to show. */
  readonly original: { readonly name: string; readonly source: AsyncIterable<Uint8Array> } | null;
}

const encoder = new TextEncoder();

/** Composes the notice. The original travels as it is, so that what is read of it is what was sent. */
export async function* composeReport(report: Report): AsyncGenerator<Uint8Array, void> {
  const { boundary, original } = report;
  yield encoder.encode(
    `${formatMessageFields(report)}Auto-Submitted: auto-replied\r\n` + // RFC 3834 5
      `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"\r\n\r\n` +
      `--${boundary}\r\n${textPart(report.text)}\r\n--${boundary}\r\n${statusPart(report)}\r\n`,
  );
  if (original !== null) {
    yield encoder.encode(
      `--${boundary}\r\nContent-Type: message/rfc822\r\n` +
        `Content-Disposition: attachment; filename="${original.name}"\r\n` +
        `Content-Transfer-Encoding: 8bit\r\n\r\n`,
    );
    yield* original.source;
    yield encoder.encode("\r\n");
  }
  yield encoder.encode(`--${boundary}--\r\n`);
}

/** Composes a notice that is text only. */
export async function* composeTextNotice(
  notice: MessageFields & { readonly text: string },
): AsyncGenerator<Uint8Array, void> {
  const head = `${formatMessageFields(notice)}Auto-Submitted: auto-generated\r\n`; // RFC 3834 5
  yield encoder.encode(head + textPart(notice.text));
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
  return `Content-Type: ${kind}\r\n` + (isAscii ? "" : "Content-Transfer-Encoding: 8bit\r\n") +
    `\r\nReporting-MTA: dns; ${domain}\r\n${line("Original-Envelope-Id", envelopeId)}\r\n` +
    line("Original-Recipient", originalRecipient) +
    `Final-Recipient: ${isAscii ? "rfc822" : "utf-8"}; ${address}\r\n` +
    `Action: ${action}\r\nStatus: ${status}\r\nLast-Attempt-Date: ${formatDate(at)}\r\n`;
}

function line(name: string, value: string | undefined): string {
  return value === undefined ? "" : `${name}: ${value.slice(0, 500).replace(/[^ -~]/g, "?")}\r\n`;
}
