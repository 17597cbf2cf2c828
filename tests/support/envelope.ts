/** Headers and envelopes in which as little stands as can; tests say what matters to them. */
import type { OpenAccount } from "../../src/client/account.ts";
import type { Envelope, Headers } from "../../src/model/message.ts";

/** Headers of a message by nobody to nobody. */
export const bareHeaders: Headers = {
  messageId: "1@example.org",
  date: 1,
  from: "",
  to: [],
  cc: [],
  bcc: [],
  subject: "",
  inReplyTo: null,
  references: [],
  attachments: [],
};

type Correspondent = Pick<OpenAccount, "address" | "publicKeys" | "fingerprint">;

/** An envelope from one account to another, of a message without a body. */
export function envelopeBetween(from: Correspondent, to: Correspondent): Envelope {
  return {
    ...bareHeaders,
    from: from.address,
    to: [to.address],
    subject: "hello",
    bodyBytes: 0,
    bodyPieces: [],
    senderSigningKey: from.publicKeys.signingKey,
    senderRecipient: from.publicKeys.recipient,
    recipients: [{ address: to.address, fingerprint: to.fingerprint }],
  };
}
