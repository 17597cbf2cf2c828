/**
 * Messages that wait for their time, in SQL. Their copies lie in a table of their own and get an entry, with the id
 * that is next by then, only when they are released: so whoever follows ids misses nothing. A message is released, or
 * cancelled, in one transaction.
 */
import type { AccountName } from "../../model/address.ts";
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import type { KeyringUpdate } from "../account_store.ts";
import type { Quota } from "../administration_store.ts";
import type { HeldStore } from "../held_store.ts";
import { fateOf, requireCancellable, requireRoomToHold } from "../rules/held.ts";
import type { Fill } from "../rules/quota.ts";
import type { StoredCopy } from "../send_store.ts";
import type { Access } from "./access.ts";
import { replaceKeyring } from "./accounts.ts";
import type { SqlConnection } from "./connection.ts";
import { blocks } from "./rows/blocked.ts";
import { readersLeave } from "./rows/burn.ts";
import { type Common, insertEntry } from "./rows/copy.ts";
import { noteChanges, noteOwnChange } from "./rows/filing.ts";
import { forgetHeld, heldState } from "./rows/held.ts";
import { allocateEntry, inboxAllocation } from "./rows/place.ts";
import { nameOf } from "./rows/recipients.ts";
import { bounce } from "./rows/return_to_sender.ts";
import { isFullWith } from "./rows/sharing.ts";

export const heldJobs = { cancel, release };

export function heldStore(database: Access, sweeper: Sweeper): HeldStore {
  const { cancel, release } = database.writes(heldJobs);
  const next = () => database.read(nextDelivery);
  return {
    cancel,
    deliverDue: async (now, quota) => {
      const due = await next();
      if (due === null || due > now) return false; // no write for every list
      const { more, sweepable } = await release(now, quota);
      if (sweepable) await sweeper.leaveNothing();
      return more;
    },
    nextDelivery: next,
  };
}

/** Of one transaction, with up to 50 copies each: no send waits for long. */
const releasedMessages = 4;

interface Due extends Common {
  readonly expiresAt: number | null;
}

interface DueCopy extends StoredCopy {
  readonly recipientId: AccountId;
  readonly recipient: AccountName;
  readonly isOpen: number;
}

/** Keeps copies until their time. @throws {MailError} `over_quota` for too many of one sender */
export async function hold(
  connection: SqlConnection,
  { messageId, senderId }: Common,
  copies: Iterable<readonly [recipientId: AccountId, copy: StoredCopy]>,
  { deliverAt, expiresAt }: { readonly deliverAt: number; readonly expiresAt: number | null },
): Promise<void> {
  let bytes = 0;
  let position = 0;
  for (const [recipientId, copy] of copies) {
    bytes += copy.envelope.length;
    await connection.run(
      `INSERT INTO held_copy (message_id, position, recipient_id, envelope_digest, envelope)
       VALUES ($1, $2, $3, $4, $5)`,
      messageId,
      position++,
      recipientId,
      copy.envelopeDigest,
      copy.envelope,
    );
  }
  await connection.run(
    `INSERT INTO held (message_id, sender_id, deliver_at, expires_at, bytes) VALUES ($1, $2, $3, $4, $5)`,
    messageId,
    senderId,
    deliverAt,
    expiresAt,
    bytes,
  );
  const all = await connection.one<{ messages: number; bytes: number }>(
    `SELECT count(*) AS messages, sum(bytes) AS bytes FROM held 
     WHERE sender_id = $1 AND cancelled_at IS NULL`,
    senderId,
  );
  requireRoomToHold(all);
}

/** Takes messages back, all or none; those that were taken back before stay so. */
async function cancel(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  cancelledAt: number,
  keyring?: KeyringUpdate | null,
): Promise<void> {
  if (keyring) await replaceKeyring(connection, accountId, keyring);
  const sent = ids.map(async (id) =>
    await connection.get<{ messageId: MessageId }>(
      `SELECT message_id FROM entry WHERE entry.account_id = $ACCOUNT AND entry.id = $ID AND box = 'sent'`,
      accountId,
      id,
    )
  );
  requireCancellable(
    ids,
    sent.map(async (entry) => entry ? await heldState(connection, entry.messageId) : null),
  );
  for (const { messageId } of sent as { messageId: MessageId }[]) {
    const sql = "UPDATE held SET cancelled_at = $1 WHERE message_id = $2 AND cancelled_at IS NULL";
    await connection.run(sql, cancelledAt, messageId);
    await connection.run("DELETE FROM held_copy WHERE message_id = $1", messageId);
  }
  connection.changedInboxes.add(accountId);
  await noteChanges(connection, accountId, ids);
}

/** When the next message is due; null: none waits. */
async function nextDelivery(connection: SqlConnection): Promise<number | null> {
  return await connection.get<{ at: number }>(
    `SELECT deliver_at AS at FROM held WHERE cancelled_at IS NULL
     ORDER BY deliver_at LIMIT 1`,
  )?.at ?? null;
}

/** Delivers some of what is due, in the order of its times, and returns whether there may be more. */
async function release(
  connection: SqlConnection,
  now: number,
  quota: Quota | undefined,
): Promise<{ readonly more: boolean; readonly sweepable: boolean }> {
  const due = await connection.all<Omit<Due, "storedAt" | "burn" | "chargedTo"> & { burn: number }>(
    `SELECT held.message_id, held.sender_id, held.expires_at,
       message.readers_left IS NOT NULL AS burn,
       coalesce((SELECT bytes FROM body WHERE body.id = body_id), octet_length(message.body), 0) AS body_bytes
     FROM held JOIN message ON message.id = held.message_id
     WHERE cancelled_at IS NULL AND deliver_at <= $1
     ORDER BY deliver_at, held.message_id LIMIT ${releasedMessages}`,
    now,
  );
  let sweepable = false;
  for (const each of due) {
    const message = { ...each, storedAt: now, burn: each.burn === 1, chargedTo: null };
    sweepable = await releaseOne(connection, message, quota) || sweepable;
  }
  return { more: due.length === releasedMessages, sweepable };
}

/** Returns whether bodies are left to sweep. */
async function releaseOne(
  connection: SqlConnection,
  message: Due,
  quota: Quota | undefined,
): Promise<boolean> {
  const { messageId, senderId, storedAt: at } = message;
  const copies = await connection.all<DueCopy>(
    `SELECT recipient_id, account.name AS recipient, closed_at IS NULL AS is_open,
       envelope_digest, envelope
     FROM held_copy CROSS JOIN account ON account.id = recipient_id
     WHERE message_id = $1 ORDER BY position`,
    messageId,
  );
  await forgetHeld(connection, messageId);
  const senders = [await nameOf(connection, senderId)];
  let delivered = 0;
  for (const copy of copies) {
    const { recipient, recipientId } = copy;
    const fate = fateOf({
      isClosed: copy.isOpen === 0,
      blocks: async () => await blocks(connection, recipientId, senders),
      isFull: async () => await isFull(connection, message, copy, quota),
    });
    if (fate === "delivered") {
      await deliver(connection, message, copy);
      delivered++;
    } else if (fate !== "dropped") {
      await bounce(connection, { messageId, senderId, recipient, reason: fate, at, quota });
    }
  }
  connection.changedInboxes.add(senderId); // who may wait for it
  const sql = "UPDATE message SET holders = holders + $1, released_at = $2 WHERE id = $3";
  await connection.run(sql, delivered, at, messageId);
  await noteOwnChange(connection, messageId);
  return await readersLeave(connection, messageId, copies.length - delivered);
}

async function isFull(
  connection: SqlConnection,
  { bodyBytes, senderId }: Due,
  copy: DueCopy,
  quota: Quota | undefined,
): Promise<boolean> {
  const bytes = bodyBytes + copy.envelope.length;
  const ownerId = copy.recipientId;
  const fill = await connection.one<Fill>(
    `SELECT inbox + sent + 1 AS messages, bytes + $1 AS bytes, max_messages,
       max_bytes FROM mailbox WHERE account_id = $2`,
    bytes,
    ownerId,
  );
  return await isFullWith(connection, fill, { ownerId, senderId, bytes }, quota);
}

async function deliver(connection: SqlConnection, message: Due, copy: DueCopy): Promise<void> {
  const { storedAt, bodyBytes, expiresAt } = message;
  const taking = { storedAt, bytes: bodyBytes + copy.envelope.length };
  const place = await allocateEntry(connection, inboxAllocation, copy.recipientId, taking);
  await insertEntry(connection, message, { place, box: "inbox", readAt: null, copy, expiresAt });
  connection.changedInboxes.add(copy.recipientId);
}
