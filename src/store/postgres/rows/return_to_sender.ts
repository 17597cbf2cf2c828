/** Mail on its way back to its sender, in SQL: an entry in the sender's inbox, and a row that says why. */
import type { AccountName, Address } from "../../../model/address.ts";
import type { AccountId, EntryId, MessageId } from "../../../model/ids.ts";
import type { BounceReason } from "../../../model/bounce.ts";
import type { Quota } from "../../administration_store.ts";
import { systemAccountId } from "../../inbound_store.ts";
import { isOverQuota } from "../../rules/quota.ts";
import type { StoredSubmission } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import { allocateEntry, inboxAllocation } from "./place.ts";

/** What goes back, and why. */
interface Back {
  readonly messageId: MessageId;
  readonly senderId: AccountId;
  /** An account's name, or an address that was nobody's. */
  readonly recipient: AccountName | Address;
  readonly reason: BounceReason;
  readonly at: number;
  /** Of the sender, as in a message. */
  readonly quota: Quota | undefined;
}

/**
 * Tells a sender that a message did not reach a recipient. Nobody is told where the sender is gone, or is the server. A
 * full mailbox gets the notice without the message: fifty of them would hold fifty times what the message counted.
 */
export async function bounce(connection: SqlConnection, back: Back): Promise<void> {
  const { messageId, senderId, recipient, reason, at, quota } = back;
  const open = "SELECT 1 FROM account WHERE id = $1 AND closed_at IS NULL";
  if (await connection.get(open, senderId) === undefined) return;
  const told = "SELECT 1 FROM bounce WHERE message_id = $1 AND recipient = $2";
  if (await connection.get(told, messageId, recipient) !== undefined) return;
  const bytes = await ownBytes(connection, messageId);
  const place = await allocateEntry(connection, inboxAllocation, senderId, { storedAt: at, bytes });
  const isWhole = !isOverQuota(place, quota);
  if (!isWhole) {
    const sql = "UPDATE mailbox SET bytes = bytes - $1 WHERE account_id = $2";
    await connection.run(sql, bytes, senderId);
  }
  connection.changedInboxes.add(senderId);
  await insertBounce(connection, back, { ...place, isWhole });
  await connection.run("UPDATE message SET holders = holders + 1 WHERE id = $1", messageId);
  await connection.run(
    "INSERT INTO bounce (message_id, recipient, reason, at, entry_id) VALUES ($1, $2, $3, $4, $5)",
    messageId,
    recipient,
    reason,
    at,
    place.id,
  );
}

/** What the sender's own copy counts for its quota; nothing where it is gone. */
async function ownBytes(connection: SqlConnection, messageId: MessageId): Promise<number> {
  const own = await connection.get<{ bytes: number }>(
    `SELECT CASE WHEN own.burn THEN 0 ELSE own.sealed_bytes END + octet_length(own.envelope) AS bytes
     FROM message JOIN entry AS own
       ON own.account_id = message.sender_id AND own.box = 'sent' AND own.id = message.entry_id
     WHERE message.id = $1`,
    messageId,
  );
  return own?.bytes ?? 0;
}

/**
 * Copies the sender's own envelope, which the sender may delete later; there may be none any more. What
 * is erased when it is read comes back without its body: that is in the own copy, as long as anywhere.
 */
async function insertBounce(
  connection: SqlConnection,
  { messageId, senderId, at }: Back,
  place: { readonly id: EntryId; readonly latest: number; readonly isWhole: boolean },
): Promise<void> {
  await connection.run(
    `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at,
       sealed_bytes, envelope_digest, envelope, charged_to)
     SELECT $1, $2, 'inbox', ${systemAccountId}, message.id, $3, $4, NULL,
       CASE WHEN own.burn THEN 0 ELSE coalesce(own.sealed_bytes, 0) END, coalesce(own.envelope_digest, zeroblob(32)),
       coalesce(own.envelope, ''), $1
     FROM message LEFT JOIN entry AS own
       ON own.account_id = $1 AND own.box = 'sent' AND own.id = message.entry_id AND $5
     WHERE message.id = $6`,
    senderId,
    place.id,
    at,
    place.latest,
    place.isWhole ? 1 : 0,
    messageId,
  );
}

/** What came back at once, when the message was sent. */
export async function bouncedAtSend(
  connection: SqlConnection,
  messageId: MessageId,
): Promise<StoredSubmission["bounced"]> {
  return await connection.all(
    `SELECT recipient, entry_id AS id FROM bounce
     WHERE message_id = $1 AND reason = 'no_such_account' ORDER BY entry_id`,
    messageId,
  );
}
