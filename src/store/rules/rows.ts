/** Rows as both databases have them, between one statement and the next. */
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import type { StoredCopy } from "../send_store.ts";

/** The place that a new entry takes in its account's mailbox. */
export interface Place {
  readonly accountId: AccountId;
  readonly id: EntryId;
  /** The highest `storedAt` of the account up to this entry. */
  readonly latest: number;
  /** The count of the mailbox, which an arrival raises. */
  readonly modseq: number;
}

/** What all copies of a message share. */
export interface SharedByCopies {
  readonly senderId: AccountId;
  readonly messageId: MessageId;
  readonly bodyBytes: number;
  readonly storedAt: number;
  /** Recipients' copies are erased when they are read. */
  readonly burn: boolean;
  /** Whose share of a mailbox it takes; null: the sender's. */
  readonly chargedTo: AccountId | null;
}

/** One copy of a message in one mailbox. */
export interface NewEntry {
  readonly place: Place;
  readonly box: Box;
  readonly readAt: number | null;
  readonly copy: StoredCopy;
  readonly expiresAt: number | null;
}

export const entryColumns =
  `account_id, id, box, sender_id, message_id, stored_at, latest, read_at, sealed_bytes, envelope_digest,
   envelope, expires_at, burn, charged_to`;

/** The values of `entryColumns`. */
export function entryValues(
  shared: SharedByCopies,
  { place, box, readAt, copy, expiresAt }: NewEntry,
) {
  return [
    place.accountId,
    place.id,
    box,
    shared.senderId,
    shared.messageId,
    shared.storedAt,
    place.latest,
    readAt,
    shared.bodyBytes,
    copy.envelopeDigest,
    copy.envelope,
    expiresAt,
    shared.burn ? 1 : null,
    shared.chargedTo,
  ] as const;
}

/** An entry that was deleted; 1 where it was that. */
export interface Gone {
  readonly id: EntryId;
  readonly message: MessageId;
  readonly inbox: number;
  readonly unread: number;
  /** It was unread again. */
  readonly wasRead: number;
  readonly aside: number;
  /** It was to be erased when read. */
  readonly burn: number;
  /** What it counted for, but for its filing. */
  readonly bytes: number;
}
