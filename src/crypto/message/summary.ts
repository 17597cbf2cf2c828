/** What an account keeps of an envelope that it has found to hold, sealed by `MailboxKey`: WIRE.md 8.4. */
import type { Bytes } from "../../model/bytes.ts";
import type { AccountFingerprint, ContentsDigest, ReceiptDigest } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import type { BodySeal, Headers, NumberedCopy, Numbering } from "../../model/message.ts";
import { bool, decode, encode, list, optional, struct, u64, versioned } from "../../wire/fields.ts";
import { address, contentsDigest, fingerprint, receiptDigest } from "../../wire/layouts.ts";
import { bcc, commonFields, numbering, signedKind, unsignedKind } from "./fields.ts";

/** All that a second opening needs. */
export interface Summary extends Headers, BodySeal, Numbering {
  /** As in the envelope. */
  readonly notBefore: number | null;
  readonly burn: boolean;
  /** Of one's own copies, each recipient's; of others, the reader's own. */
  readonly numbers: readonly NumberedCopy[];
  readonly senderFingerprint: AccountFingerprint;
  /** As `digestContents` has it. */
  readonly contents: ContentsDigest;
  /** SHA-256 of each receipt whose signature was found to hold. */
  readonly receipts: readonly ReceiptDigest[];
}

const layout = versioned(
  signedKind,
  struct({
    ...commonFields,
    bcc,
    notBefore: optional(u64),
    burn: bool,
    numbers: list(struct({ address, number: u64 }), limits.maxRecipients),
    ...numbering,
    senderFingerprint: fingerprint,
    contents: contentsDigest,
    receipts: list(receiptDigest, limits.maxRecipients),
  }),
);

/** Tells by its first byte which kind of summary it is. */
export function isUnsignedSummary(encoded: Uint8Array): boolean {
  return encoded[0] === unsignedKind;
}

export function encodeSummary(summary: Summary): Bytes {
  return encode(layout, summary);
}

/** @throws {MailError} `protocol` */
export function decodeSummary(encoded: Uint8Array): Summary {
  return decode(layout, encoded);
}
