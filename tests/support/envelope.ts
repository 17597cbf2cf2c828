/** Headers and envelopes in which as little stands as can; tests say what matters to them. */
import { hash } from "node:crypto";
import type { OpenAccount } from "../../src/client/account.ts";
import { openFile } from "../../src/crypto/age/file.ts";
import { AgeIdentity } from "../../src/crypto/age/stanza.ts";
import type { PublicKeys } from "../../src/model/account.ts";
import type { Bytes } from "../../src/model/bytes.ts";
import { asRecipientDigest } from "../../src/model/digests.ts";
import type { BodySeal, Envelope, Headers } from "../../src/model/message.ts";

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

/** Of a body that has no byte. */
export const emptyBody: BodySeal = {
  fileKey: new Uint8Array(16),
  bodyBytes: 0,
  bodyPieces: [],
  encodedBytes: null,
};

/** What an envelope has of its sender's keys. */
export function senderKeysOf({ signingKey, recipient }: PublicKeys) {
  const senderRecipientDigest = digestOf(recipient);
  return { senderSigningKey: signingKey, senderRecipientDigest };
}

/** What stands for a recipient. */
export function digestOf(recipient: string) {
  return asRecipientDigest(new Uint8Array(hash("sha256", recipient, "buffer")));
}

/** Opens a sealed envelope as its reader does. */
export function openSealed(identity: string, sealed: Uint8Array): Promise<Bytes> {
  return openFile([new AgeIdentity(identity)], sealed);
}

type Correspondent = Pick<OpenAccount, "address" | "publicKeys" | "fingerprint">;

/** An envelope from one account to another, of a message without a body. */
export function envelopeBetween(
  from: Correspondent,
  to: Pick<Correspondent, "address" | "fingerprint">,
): Envelope {
  return {
    ...bareHeaders,
    from: from.address,
    to: [to.address],
    subject: "hello",
    ...emptyBody,
    notBefore: null,
    burn: false,
    ...senderKeysOf(from.publicKeys),
    recipients: [{ address: to.address, fingerprint: to.fingerprint, number: 0 }],
    ...notNumbered,
  };
}

/** What an envelope says of numbers where it says nothing. */
export const notNumbered = { since: 0, absent: [], heard: 0, lacks: [] };
