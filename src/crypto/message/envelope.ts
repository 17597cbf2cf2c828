/** The envelope of a message: encoded, signed by its sender, and checked again. WIRE.md 8.1, 8.2. */
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import { asContentsDigest, type ContentsDigest } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import type { Envelope } from "../../model/message.ts";
import {
  bool,
  bytes,
  decode,
  encode,
  fixed,
  list,
  optional,
  struct,
  u64,
  versioned,
} from "../../wire/fields.ts";
import { address, fingerprint, recipientDigest } from "../../wire/layouts.ts";
import { sha256 } from "../fingerprint.ts";
import { sign, verify } from "../signature.ts";
import { bcc, commonFields, numbering, signedKind, unsignedKind } from "./fields.ts";

/** What is the same in all copies of a message. */
const sharedFields = {
  ...commonFields,
  notBefore: optional(u64),
  burn: bool,
  senderSigningKey: fixed(32),
  senderRecipientDigest: recipientDigest,
};

/** Behind them, what each copy has of its own. */
const layout = versioned(
  signedKind,
  struct({
    ...sharedFields,
    bcc,
    recipients: list(struct({ address, fingerprint, number: u64 }), limits.maxRecipients + 1),
    ...numbering,
  }),
);

/** An envelope of either kind, and what was signed of it. */
export const signedLayout = struct({
  envelope: bytes(limits.maxEnvelopeBytes),
  signature: fixed(64),
});

const signatureLabel = utf8("mailctl envelope v2\0");

/** Tells by its first byte what was opened; true says nothing of what it is worth. */
export function isUnsigned(signed: Uint8Array): boolean {
  return signed[4] === unsignedKind; // behind the length of the envelope
}

/** Encodes and signs an envelope. */
export async function signEnvelope(signingSeed: Uint8Array, envelope: Envelope): Promise<Bytes> {
  const encoded = encode(layout, envelope);
  const signature = await sign(signingSeed, concatBytes([signatureLabel, encoded]));
  return encode(signedLayout, { envelope: encoded, signature });
}

/** Decodes a signed envelope without checking it. @throws {MailError} `protocol` */
export function decodeEnvelope(signed: Uint8Array): Envelope {
  return decode(layout, decode(signedLayout, signed).envelope);
}

/** Checks a signed envelope by the key that it names itself; whose key that is, is the keyring's to say. */
export function verifyEnvelope(
  signed: Uint8Array,
  { senderSigningKey }: Pick<Envelope, "senderSigningKey"> = decodeEnvelope(signed),
): Promise<boolean> {
  const { envelope, signature } = decode(signedLayout, signed);
  return verify(senderSigningKey, signature, concatBytes([signatureLabel, envelope]));
}

const contentsLayout = struct(sharedFields);

/** Digests what all copies of a message share, the sender's own too: all but blind recipients and keys sealed to. */
export async function digestContents(envelope: Envelope): Promise<ContentsDigest> {
  const shared = concatBytes([utf8("mailctl contents v2\0"), encode(contentsLayout, envelope)]);
  return asContentsDigest(await sha256(shared));
}
