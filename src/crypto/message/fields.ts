/** The fields that envelopes and summaries of every kind have: WIRE.md 8.1. */
import { limits } from "../../model/limits.ts";
import { fixed, list, matching, optional, struct, text, u64 } from "../../wire/fields.ts";
import { pieceDigest } from "../../wire/layouts.ts";

/** What the author wrote: of mail that nobody signed, it may be anything. */
const written = text(1024);
const allWritten = list(written, limits.maxRecipients);
/** Of the largest body that `serve --max-message` allows, base64 and all. */
const maxPieces = 2 * limits.maxMessageCeilingBytes / limits.digestPieceBytes;

/** RFC 5322 3.6.4 as it is written today, without the angle brackets. */
const messageId = matching(text(998), /^[!-;=?-~]+$/);

/** Blind recipients, as far as a copy may know of them. */
export const bcc = allWritten;

/** What envelopes and summaries begin with: all headers but `bcc`, what opens the body, and what holds it to them. */
export const commonFields = {
  messageId,
  date: u64,
  from: written,
  to: allWritten,
  cc: allWritten,
  subject: text(limits.maxSubjectBytes),
  inReplyTo: optional(messageId),
  references: list(messageId, limits.maxReferences),
  attachments: list(
    struct({ name: text(limits.maxFileNameBytes), type: text(255), size: u64 }),
    limits.maxAttachments,
  ),
  fileKey: fixed(16),
  bodyBytes: u64,
  bodyPieces: list(pieceDigest, maxPieces),
  encodedBytes: optional(u64),
};

/** Bound for all lists of numbers: WIRE.md 9.2. */
const range = { first: u64, last: u64 };
const ranges = list(struct(range), limits.maxNumberRanges);
const absent = list(struct({ ...range, expires: u64 }), limits.maxNumberRanges);

/** What envelopes and summaries have of numbers. */
export const numbering = { since: u64, absent, heard: u64, lacks: ranges };

export const signedKind = 1;
/** Of mail that no account signed as its author. */
export const unsignedKind = 2;
