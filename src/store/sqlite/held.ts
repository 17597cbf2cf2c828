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
import { insertEntry } from "./rows/copy.ts";
import type { SharedByCopies } from "../rules/rows.ts";
import { nextDelivery } from "./rows/due.ts";
import { noteChanges, noteOwnChange } from "./rows/filing.ts";
import { forgetHeld, heldState } from "./rows/held.ts";
import { allocateEntry, inboxAllocation } from "./rows/place.ts";
import { nameOf } from "./rows/recipients.ts";
import { bounce } from "./rows/return_to_sender.ts";
import { isFullWith } from "./rows/sharing.ts";
import { ofAccount } from "./schema.ts";
import type { Sweeper } from "./sweeper.ts";

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

interface Due extends SharedByCopies {
  readonly expiresAt: number | null;
}

interface DueCopy extends StoredCopy {
  readonly recipientId: AccountId;
  readonly recipient: AccountName;
  readonly isOpen: number;
}

/** Keeps copies until their time. @throws {MailError} `over_quota` for too many of one sender */
export function hold(
  connection: SqlConnection,
  { messageId, senderId }: SharedByCopies,
  copies: Iterable<readonly [recipientId: AccountId, copy: StoredCopy]>,
  { deliverAt, expiresAt }: { readonly deliverAt: number; readonly expiresAt: number | null },
): void {
  let bytes = 0;
  let position = 0;
  for (const [recipientId, copy] of copies) {
    bytes += copy.envelope.length;
    connection.run(
      `INSERT INTO held_copy (message_id, position, recipient_id, envelope_digest, envelope)
       VALUES (?, ?, ?, ?, ?)`,
      messageId,
      position++,
      recipientId,
      copy.envelopeDigest,
      copy.envelope,
    );
  }
  connection.run(
    `INSERT INTO held (message_id, sender_id, deliver_at, expires_at, bytes) VALUES (?, ?, ?, ?, ?)`,
    messageId,
    senderId,
    deliverAt,
    expiresAt,
    bytes,
  );
  const all = connection.one<{ messages: number; bytes: number }>(
    `SELECT count(*) AS messages, sum(bytes) AS bytes FROM held INDEXED BY held_by_sender
     WHERE sender_id = ? AND cancelled_at IS NULL`,
    senderId,
  );
  requireRoomToHold(all);
}

/** Takes messages back, all or none; those that were taken back before stay so. */
function cancel(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  cancelledAt: number,
  keyring?: KeyringUpdate | null,
): void {
  if (keyring) replaceKeyring(connection, accountId, keyring);
  const sent = ids.map((id) =>
    connection.get<{ messageId: MessageId }>(
      `SELECT message_id AS messageId FROM entry WHERE ${ofAccount} AND box = 'sent'`,
      accountId,
      id,
    )
  );
  requireCancellable(
    ids,
    sent.map((entry) => entry ? heldState(connection, entry.messageId) : null),
  );
  for (const { messageId } of sent as { messageId: MessageId }[]) {
    const sql = "UPDATE held SET cancelled_at = ? WHERE message_id = ? AND cancelled_at IS NULL";
    connection.run(sql, cancelledAt, messageId);
    connection.run("DELETE FROM held_copy WHERE message_id = ?", messageId);
  }
  connection.changedInboxes.add(accountId);
  noteChanges(connection, accountId, ids);
}

/** Delivers some of what is due, in the order of its times, and returns whether there may be more. */
function release(
  connection: SqlConnection,
  now: number,
  quota: Quota | undefined,
): { readonly more: boolean; readonly sweepable: boolean } {
  const due = connection.all<Omit<Due, "storedAt" | "burn" | "chargedTo"> & { burn: number }>(
    `SELECT held.message_id AS messageId, held.sender_id AS senderId, held.expires_at AS expiresAt,
       message.readers_left IS NOT NULL AS burn,
       coalesce((SELECT bytes FROM body WHERE body.id = body_id), length(message.body), 0) AS bodyBytes
     FROM held INDEXED BY held_due JOIN message ON message.id = held.message_id
     WHERE cancelled_at IS NULL AND deliver_at <= ?
     ORDER BY deliver_at, held.message_id LIMIT ${releasedMessages}`,
    now,
  );
  let sweepable = false;
  for (const each of due) {
    const message = { ...each, storedAt: now, burn: each.burn === 1, chargedTo: null };
    sweepable = releaseOne(connection, message, quota) || sweepable;
  }
  return { more: due.length === releasedMessages, sweepable };
}

/** Returns whether bodies are left to sweep. */
function releaseOne(connection: SqlConnection, message: Due, quota: Quota | undefined): boolean {
  const { messageId, senderId, storedAt: at } = message;
  const copies = connection.all<DueCopy>(
    `SELECT recipient_id AS recipientId, account.name AS recipient, closed_at IS NULL AS isOpen,
       envelope_digest AS envelopeDigest, envelope
     FROM held_copy CROSS JOIN account ON account.id = recipient_id
     WHERE message_id = ? ORDER BY position`,
    messageId,
  );
  forgetHeld(connection, messageId);
  const senders = [nameOf(connection, senderId)];
  let delivered = 0;
  for (const copy of copies) {
    const { recipient, recipientId } = copy;
    const fate = fateOf({
      isClosed: copy.isOpen === 0,
      blocks: () => blocks(connection, recipientId, senders),
      isFull: () => isFull(connection, message, copy, quota),
    });
    if (fate === "delivered") {
      deliver(connection, message, copy);
      delivered++;
    } else if (fate !== "dropped") {
      bounce(connection, { messageId, senderId, recipient, reason: fate, at, quota });
    }
  }
  connection.changedInboxes.add(senderId); // who may wait for it
  const sql = "UPDATE message SET holders = holders + ?, released_at = ? WHERE id = ?";
  connection.run(sql, delivered, at, messageId);
  noteOwnChange(connection, messageId);
  return readersLeave(connection, messageId, copies.length - delivered);
}

function isFull(
  connection: SqlConnection,
  { bodyBytes, senderId }: Due,
  copy: DueCopy,
  quota: Quota | undefined,
): boolean {
  const bytes = bodyBytes + copy.envelope.length;
  const ownerId = copy.recipientId;
  const fill = connection.one<Fill>(
    `SELECT inbox + sent + 1 AS messages, bytes + ? AS bytes, max_messages AS maxMessages,
       max_bytes AS maxBytes FROM mailbox WHERE account_id = ?`,
    bytes,
    ownerId,
  );
  return isFullWith(connection, fill, { ownerId, senderId, bytes }, quota);
}

function deliver(connection: SqlConnection, message: Due, copy: DueCopy): void {
  const { storedAt, bodyBytes, expiresAt } = message;
  const taking = { storedAt, bytes: bodyBytes + copy.envelope.length };
  const place = allocateEntry(connection, inboxAllocation, copy.recipientId, taking);
  insertEntry(connection, message, { place, box: "inbox", readAt: null, copy, expiresAt });
  connection.changedInboxes.add(copy.recipientId);
}
