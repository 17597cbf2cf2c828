/** The notice that a message has arrived, for the account that handed it over and asked for it: RFC 3461 5.2.3. */
import { composeReport } from "../../mime/report.ts";
import { randomBytes } from "../../model/bytes.ts";
import { systemDisplayName } from "../../model/bounce.ts";

export interface Success {
  readonly domain: string;
  /** As MAIL FROM had it. */
  readonly sender: string;
  readonly recipient: string;
  readonly original: string | null;
  readonly envelopeId: string | null;
  /** Of the message, as it came. */
  readonly header: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Composes the notice. */
export function successNotice(
  { domain, sender, recipient, original, envelopeId, header, at }: Success,
): AsyncGenerator<Uint8Array> {
  const token = randomBytes(16).toHex();
  return composeReport({
    messageId: `${token}@${domain}`,
    date: new Date(at),
    from: `${systemDisplayName}@${domain}`,
    to: [sender],
    cc: [],
    subject: `Delivered: ${recipient}`,
    references: [],
    boundary: `mailctl-${token}`,
    text:
      `Your message is encrypted and in the mailbox of ${recipient}.\nThe recipient may not have read it yet.\n`,
    domain,
    recipient,
    status: "2.0.0",
    action: "delivered",
    envelopeId: envelopeId ?? undefined,
    originalRecipient: original ?? undefined,
    at: new Date(at),
    original: { name: "header.txt", source: [header], isHeader: true }, // RFC 3461 6.2
  });
}
