/** The envelope of a message: encoded, signed by its sender, sealed to one reader, and checked again. WIRE.md 8. */
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import {
  type AccountFingerprint,
  asContentsDigest,
  type ContentsDigest,
  type ReceiptDigest,
} from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import type { Envelope, Headers } from "../../model/message.ts";
import {
  bytes,
  decode,
  encode,
  fixed,
  list,
  matching,
  optional,
  struct,
  text,
  u64,
  versioned,
} from "../../wire/fields.ts";
import {
  address,
  contentsDigest,
  fingerprint,
  pieceDigest,
  receiptDigest,
} from "../../wire/layouts.ts";
import { openFile, sealFile } from "../age/file.ts";
import { AgeIdentity } from "../age/stanza.ts";
import { sha256 } from "../fingerprint.ts";
import { sign, verify } from "../signature.ts";

/** What the author wrote: of mail that nobody signed, it may be anything. */
const written = text(1024);
const allWritten = list(written, limits.maxRecipients);
/** Of the largest body that `serve --max-message` allows, base64 and all. */
const maxPieces = 2 * limits.maxMessageCeilingBytes / limits.digestPieceBytes;

/** RFC 5322 3.6.4 as it is written today, without the angle brackets. */
const messageId = matching(text(998), /^[!-;=?-~]+$/);

/** The fields that all forms of envelope and summary begin with. */
export const headerFields = {
  messageId,
  date: u64,
  from: written,
  to: allWritten,
  cc: allWritten,
  bcc: allWritten,
  subject: text(limits.maxSubjectBytes),
  inReplyTo: optional(messageId),
  references: list(messageId, limits.maxReferences),
  attachments: list(
    struct({ name: text(limits.maxFileNameBytes), type: text(255), size: u64 }),
    limits.maxAttachments,
  ),
};

/** What holds the body to an envelope. */
export const bodyFields = { bodyBytes: u64, bodyPieces: list(pieceDigest, maxPieces) };

const fields = struct({
  ...headerFields,
  ...bodyFields,
  senderSigningKey: fixed(32),
  senderRecipient: text(limits.maxAgeRecipientBytes),
  recipients: list(struct({ address, fingerprint }), limits.maxRecipients + 1),
});

const burnVersion = 3;
/** Both have the same fields; the second says that the message burns. */
const keptLayout = versioned(1, fields);
const burnLayout = versioned(burnVersion, fields);

const firstSummaryLayout = versioned(
  1,
  struct({ ...headerFields, senderFingerprint: fingerprint }),
);
const secondSummaryLayout = versioned(
  2,
  struct({
    ...headerFields,
    senderFingerprint: fingerprint,
    contents: contentsDigest,
    receipts: list(receiptDigest, limits.maxRecipients),
  }),
);

/** What an account keeps of an envelope that it has found to hold: WIRE.md 8.4. */
export interface Summary extends Headers {
  readonly senderFingerprint: AccountFingerprint;
  /** As `digestContents` has it; null in a summary of before there were receipts. */
  readonly contents: ContentsDigest | null;
  /** SHA-256 of each receipt whose signature was found to hold. */
  readonly receipts: readonly ReceiptDigest[];
}

export const signedLayout = struct({
  envelope: bytes(limits.maxEnvelopeBytes),
  signature: fixed(64),
});

const signatureLabel = utf8("mailctl envelope v1\0");

/** The versions of envelopes and summaries of mail that no account signed as its author: `unsigned.ts` has them. */
export const unsignedVersion = 2;
export const unsignedSummaryVersion = 3;

/** Tells by its version what was opened; true says nothing of what it is worth. */
export function isUnsigned(signed: Uint8Array): boolean {
  return signed[4] === unsignedVersion; // behind the length of the envelope
}

/** Tells by its version which kind of summary it is. */
export function isUnsignedSummary(encoded: Uint8Array): boolean {
  return encoded[0] === unsignedSummaryVersion;
}

/** Encodes and signs an envelope. */
export async function signEnvelope(signingSeed: Uint8Array, envelope: Envelope): Promise<Bytes> {
  const encoded = encode(envelope.burn ? burnLayout : keptLayout, envelope);
  const signature = await sign(signingSeed, concatBytes([signatureLabel, encoded]));
  return encode(signedLayout, { envelope: encoded, signature });
}

/** Decodes a signed envelope without checking it. @throws {MailError} `protocol` */
export function decodeEnvelope(signed: Uint8Array): Envelope {
  return decodeEither(decode(signedLayout, signed).envelope);
}

function decodeEither(encoded: Uint8Array): Envelope {
  const burns = encoded[0] === burnVersion;
  return burns ? { ...decode(burnLayout, encoded), burn: true } : decode(keptLayout, encoded);
}

/** Checks a signed envelope by the key that it names itself; whose key that is, is the keyring's to say. */
export function verifyEnvelope(signed: Uint8Array): Promise<boolean> {
  const { envelope, signature } = decode(signedLayout, signed);
  const { senderSigningKey } = decodeEither(envelope);
  return verify(senderSigningKey, signature, concatBytes([signatureLabel, envelope]));
}

const { bcc: _, ...shownHeaders } = headerFields;
const contentsLayout = struct({
  ...shownHeaders,
  ...bodyFields,
  senderSigningKey: fixed(32),
  senderRecipient: text(limits.maxAgeRecipientBytes),
});

/** Digests what all copies of a message share, the sender's own too: all but blind recipients and keys sealed to. */
export async function digestContents(envelope: Envelope): Promise<ContentsDigest> {
  const shared = concatBytes([utf8("mailctl contents v1\0"), encode(contentsLayout, envelope)]);
  return asContentsDigest(await sha256(shared));
}

/** Encodes a summary, which is sealed by `MailboxKey`. */
export function encodeSummary(summary: Summary & { readonly contents: ContentsDigest }): Bytes {
  return encode(secondSummaryLayout, summary);
}

/** Decodes a summary. @throws {MailError} `protocol` */
export function decodeSummary(encoded: Uint8Array): Summary {
  return encoded[0] === 2
    ? decode(secondSummaryLayout, encoded)
    : { ...decode(firstSummaryLayout, encoded), contents: null, receipts: [] };
}

/** Seals a signed envelope to one age recipient. @throws {MailError} `bad_signature` for what is none */
export function sealEnvelope(recipient: string, signed: Uint8Array): Promise<Bytes> {
  return sealFile(recipient, signed);
}

/** Opens a sealed envelope, with any of the identities. @throws {MailError} `bad_signature`, the same for every cause. */
export function openEnvelope(
  identities: string | readonly string[],
  sealed: Uint8Array,
): Promise<Bytes> {
  return openFile([identities].flat().map((each) => new AgeIdentity(each)), sealed);
}
