/** A message as its reader knows it: the signed envelope, and what checking it found. */
import type { AccountName, Address } from "./address.ts";
import type { AccountFingerprint, PieceDigest, RecipientDigest } from "./digests.ts";

export interface Attachment {
  readonly name: string;
  /** The media type its sender gave it. */
  readonly type: string;
  /** Bytes of content, before any encoding. */
  readonly size: number;
}

/** The number of a message among those of its sender to one recipient: 1, 2, 3 and so on. */
export interface NumberedCopy {
  readonly address: Address;
  /** 0: it has none, or this copy is not the one to say it. */
  readonly number: number;
}

/** A recipient and the fingerprint of the key that was sealed to. */
export interface SignedRecipient extends NumberedCopy {
  readonly fingerprint: AccountFingerprint;
}

/** All that a list shows of a message. */
export interface Headers {
  /** RFC 5322 3.6.4, without the angle brackets. */
  readonly messageId: string;
  /** The sender's clock, milliseconds since 1970. */
  readonly date: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  /** Empty but in the sender's own copy and in the copy of the one it names. */
  readonly bcc: readonly string[];
  readonly subject: string;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly attachments: readonly Attachment[];
}

/** What holds a body to its envelope. */
export interface BodyDigests {
  /** Bytes of the MIME source. */
  readonly bodyBytes: number;
  /** SHA-256 of each successive `limits.digestPieceBytes` of the MIME source. */
  readonly bodyPieces: readonly PieceDigest[];
}

/** What opens a body as the server keeps it, and holds it to its envelope. */
export interface BodySeal extends BodyDigests {
  /** 16 bytes, for this body alone. */
  readonly fileKey: Uint8Array;
  /** Bytes of the MIME source once its binary parts are base64 (`encodeBinaryParts`); null: it is not to be encoded. */
  readonly encodedBytes: number | null;
}

/** Numbers from `first` to `last`. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** Numbers that may never come. */
export interface AbsentRange extends NumberRange {
  /** Until then they have to be there, milliseconds since 1970; 0: they do not. */
  readonly expires: number;
}

/** What a sender signs of the numbers of messages, in the copy of one reader: WIRE.md 9.2. */
export interface Numbering {
  /** The first number that the sender's current keys signed; 0: there were no others. */
  readonly since: number;
  /** Lower numbers that may never come: they wait, expire, were taken back, or came back. */
  readonly absent: readonly AbsentRange[];
  /** The highest number of the reader's messages that the sender has seen; 0: none. */
  readonly heard: number;
  /** Numbers below `heard` that the sender has not seen. */
  readonly lacks: readonly NumberRange[];
}

/** The small sealed part of a message: its headers, and what holds the body and the readers to them. */
export interface Envelope extends Headers, BodySeal, Numbering {
  /** Of mail that waits, when its sender lets its recipients have it, milliseconds since 1970; null: at once. */
  readonly notBefore: number | null;
  readonly senderSigningKey: Uint8Array;
  readonly senderRecipientDigest: RecipientDigest;
  /** Whoever reads it is to keep none of it. */
  readonly burn: boolean;
  /** Everybody this copy admits to having been sent to, with the key that was used. */
  readonly recipients: readonly SignedRecipient[];
}

/** That its reader brought a message in. */
export interface ImportOrigin {
  readonly kind: "import";
  /** Milliseconds since 1970. */
  readonly importedAt: number;
}

/** That the server took a message from somebody who is no account of ours, or cannot sign: all of it is its word. */
export interface SmtpOrigin {
  readonly kind: "smtp";
  /** `name@domain` of the account that was logged in; null: none was. */
  readonly account: Address | null;
  /** RFC 5321 MAIL FROM, without brackets; empty where there is none. */
  readonly sender: string;
  /** What the other host called itself. */
  readonly host: string;
  /** Its network address. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
}

/** Where a message comes from that no account signed as its author. */
export type Origin = ImportOrigin | SmtpOrigin;

/** Who brought a message in, and into which box: signed, so that nobody else can plant one or move it. */
export interface Importer {
  /** `name@domain` */
  readonly address: Address;
  readonly box: Box;
  readonly signingKey: Uint8Array;
  readonly recipientDigest: RecipientDigest;
}

/** The envelope of a message that no account signed as its author: its headers are what the message says itself. */
export interface UnsignedEnvelope extends Headers, BodySeal {
  readonly origin: Origin;
  /** Of an import; null for any other. */
  readonly importer: Importer | null;
}

/**
 * What checking a message found, from best to worst.
 * `verified` the signature holds and the key was compared by a person;
 * `signed` it holds and the key is the one pinned on first use;
 * `unknown` it holds, by a key never seen before;
 * `changed` it holds, but by another key than the pinned one;
 * `invalid` it does not hold, or the server contradicts it: by its routing, or by showing it a second time;
 * `notice` nobody signed it: the server says so by itself. Where own mail came back, that holds;
 * `imported` its reader brought it in and signed that; who wrote it, nobody signed;
 * `unsigned` nobody signed it: it came from outside, and who wrote it is only what it says itself.
 */
export type Outcome = typeof outcomes[number];

export const outcomes = [
  "verified",
  "signed",
  "unknown",
  "changed",
  "invalid",
  "notice",
  "imported",
  "unsigned",
] as const;

export type Box = "inbox" | "sent";

/** How far a message got with one of its recipients. */
export interface Delivery {
  readonly recipient: AccountName;
  /** What its reader signed on reading it (crypto/receipt); null: nothing yet, or the reader gives none. */
  readonly receipt: Uint8Array | null;
}

/** A number of messages, in words. */
export function amount(messages: number): string {
  return messages === 1 ? "1 message" : `${messages} messages`;
}
