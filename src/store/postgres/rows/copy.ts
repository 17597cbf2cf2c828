/** Copies of a message in mailboxes, in SQL. */
import { concatBytes } from "../../../model/bytes.ts";
import type { AccountId, MessageId } from "../../../model/ids.ts";
import type { Box } from "../../../model/message.ts";
import type { StoredCopy } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import type { Place } from "./place.ts";

/** What all copies of a message share. */
export interface Common {
  readonly senderId: AccountId;
  readonly messageId: MessageId;
  readonly bodyBytes: number;
  readonly storedAt: number;
  /** Recipients' copies are erased when they are read. */
  readonly burn: boolean;
  /** Whose share of a mailbox it takes; null: the sender's. */
  readonly chargedTo: AccountId | null;
}

/** Copies as a statement takes them: envelopes in one string of bytes, which travels as it is, not as text. */
export interface PackedCopies {
  readonly digests: readonly Uint8Array[];
  /** Where each envelope begins; 1 is the first byte. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
  readonly envelopes: Uint8Array;
}

export function packed(copies: readonly StoredCopy[]): PackedCopies {
  const lengths = copies.map(({ envelope }) => envelope.length);
  let next = 1;
  return {
    digests: copies.map(({ envelopeDigest }) => envelopeDigest),
    starts: lengths.map((length) => (next += length) - length),
    lengths,
    envelopes: concatBytes(copies.map(({ envelope }) => envelope)),
  };
}

/** Adds an entry; whoever is to hear of it, the caller tells. */
export async function insertEntry(
  connection: SqlConnection,
  common: Common,
  { place, box, readAt, copy, expiresAt }: {
    place: Place;
    box: Box;
    readAt: number | null;
    copy: StoredCopy;
    expiresAt: number | null;
  },
): Promise<void> {
  await connection.run(
    `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at,
       sealed_bytes, envelope_digest, envelope, expires_at, burn, charged_to)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    place.accountId,
    place.id,
    box,
    common.senderId,
    common.messageId,
    common.storedAt,
    place.latest,
    readAt,
    common.bodyBytes,
    copy.envelopeDigest,
    copy.envelope,
    expiresAt,
    common.burn ? 1 : null,
    common.chargedTo,
  );
}
