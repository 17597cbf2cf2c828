/**
 * Messages that wait for their time, in SQL. Their copies lie in a table of their own and get an entry, with the id
 * that is next by then, only when they are released: so whoever follows ids misses nothing. A message is released, or
 * cancelled, in one transaction; of several processes one releases it.
 */
import type { AccountName } from "../../model/address.ts";
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import type { KeyringUpdate } from "../account_store.ts";
import type { Quota } from "../administration_store.ts";
import type { HeldStore } from "../held_store.ts";
import { fateOf, type HeldState, requireCancellable, requireRoomToHold } from "../rules/held.ts";
import type { StoredCopy } from "../send_store.ts";
import type { Access } from "./access.ts";
import { replaceKeyring } from "./accounts.ts";
import type { SqlConnection } from "./connection.ts";
import { readersLeave } from "./rows/burn.ts";
import { packed } from "./rows/copy.ts";
import type { SharedByCopies } from "../rules/rows.ts";
import { noteChanges, noteOwnChange } from "./rows/filing.ts";
import { forgetHeld, type HeldRow, heldStateOf } from "./rows/held.ts";
import { noteNewMail } from "./rows/recipients.ts";
import { bounce } from "./rows/return_to_sender.ts";
import { sharesOf } from "./rows/sharing.ts";

const jobs = { cancel, deliverDue };

export function heldStore(database: Access): HeldStore {
  return {
    ...database.writes(jobs),
    nextDelivery: () => database.ask(nextDelivery),
  };
}

interface Due {
  readonly messageId: MessageId;
  readonly senderId: AccountId;
  readonly bodyBytes: number;
  readonly expiresAt: number | null;
  readonly burn: boolean;
}

interface Waiting {
  readonly recipientId: AccountId;
  readonly recipient: AccountName;
  readonly isClosed: boolean;
  readonly blocks: boolean;
  readonly isFull: boolean;
}

/** Keeps copies until their time. @throws {MailError} `over_quota` for too many of one sender */
export async function hold(
  connection: SqlConnection,
  { messageId, senderId }: SharedByCopies,
  copies: ReadonlyMap<AccountId, StoredCopy>,
  { deliverAt, expiresAt }: { readonly deliverAt: number; readonly expiresAt: number | null },
): Promise<void> {
  const { digests, starts, lengths, envelopes } = packed([...copies.values()]);
  await connection.run(
    `INSERT INTO held_copy (message_id, position, recipient_id, envelope_digest, envelope)
     SELECT $1, at - 1, owner, digest, substring($2::bytea FROM start::int FOR bytes::int)
     FROM unnest($3::bigint[], $4::bytea[], $5::bigint[], $6::bigint[]) WITH ORDINALITY
       AS copy (owner, digest, start, bytes, at)`,
    messageId,
    envelopes,
    [...copies.keys()],
    digests,
    starts,
    lengths,
  );
  await connection.run(
    "INSERT INTO held (message_id, sender_id, deliver_at, expires_at, bytes) VALUES ($1, $2, $3, $4, $5)",
    messageId,
    senderId,
    deliverAt,
    expiresAt,
    envelopes.length,
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
  await connection.lock([accountId]);
  if (keyring) await replaceKeyring(connection, accountId, keyring);
  const sent = await connection.all<HeldRow & { id: EntryId; messageId: MessageId }>(
    `SELECT entry.id, entry.message_id, deliver_at, cancelled_at
     FROM entry LEFT JOIN held ON held.message_id = entry.message_id
     WHERE account_id = $1 AND entry.id = ANY ($2::bigint[]) AND (box = 'sent') IS TRUE`,
    accountId,
    ids,
  );
  const states = new Map<EntryId, HeldState>(sent.map((row) => [row.id, heldStateOf(row)]));
  requireCancellable(ids, ids.map((id) => states.get(id) ?? null));
  await connection.run(
    `WITH dropped AS (DELETE FROM held_copy WHERE message_id = ANY ($1::bigint[]))
     UPDATE held SET cancelled_at = $2 WHERE message_id = ANY ($1) AND cancelled_at IS NULL`,
    sent.map(({ messageId }) => messageId),
    cancelledAt,
  );
  connection.changedInboxes.add(accountId);
  await noteChanges(connection, accountId, ids);
}

/** When the next message is due; null: none waits. */
async function nextDelivery(connection: SqlConnection): Promise<number | null> {
  const next = await connection.get<{ at: number }>(
    "SELECT deliver_at AS at FROM held WHERE cancelled_at IS NULL ORDER BY deliver_at LIMIT 1",
  );
  return next?.at ?? null;
}

/** Delivers the message that is due first, and returns whether there may be more. */
async function deliverDue(
  connection: SqlConnection,
  now: number,
  quota?: Quota,
): Promise<boolean> {
  const first = await firstDue(connection, now);
  if (first === undefined) return false;
  await connection.lock([first.senderId, ...first.recipientIds]);
  const due = await stillDue(connection, first.messageId, now);
  if (due !== undefined) await release(connection, due, { now, quota });
  return true;
}

interface FirstDue {
  readonly messageId: MessageId;
  readonly senderId: AccountId;
  readonly recipientIds: readonly AccountId[];
}

/** Passes over what another process releases at this moment. */
async function firstDue(connection: SqlConnection, now: number): Promise<FirstDue | undefined> {
  const first = await connection.get<Omit<FirstDue, "recipientIds"> & { recipients: string }>(
    `SELECT message_id, sender_id, (SELECT coalesce(json_agg(recipient_id), '[]')::text
       FROM held_copy WHERE held_copy.message_id = held.message_id) AS recipients
     FROM held WHERE cancelled_at IS NULL AND deliver_at <= $1
     ORDER BY deliver_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
    now,
  );
  return first && { ...first, recipientIds: JSON.parse(first.recipients) };
}

async function stillDue(
  connection: SqlConnection,
  messageId: MessageId,
  now: number,
): Promise<Due | undefined> {
  return await connection.get<Due>(
    `SELECT held.message_id, held.sender_id, held.expires_at, message.readers_left IS NOT NULL AS burn,
       coalesce((SELECT bytes FROM body WHERE body.id = body_id), octet_length(body), 0) AS body_bytes
     FROM held JOIN message ON message.id = held.message_id
     WHERE held.message_id = $1 AND cancelled_at IS NULL AND deliver_at <= $2 FOR UPDATE OF held`,
    messageId,
    now,
  );
}

async function release(
  connection: SqlConnection,
  due: Due,
  { now, quota }: { readonly now: number; readonly quota: Quota | undefined },
): Promise<void> {
  const { messageId, senderId } = due;
  const fates = (await waiting(connection, due, quota)).map((copy) => ({
    ...copy,
    fate: fateOf({
      isClosed: copy.isClosed,
      blocks: () => copy.blocks,
      isFull: () => copy.isFull,
    }),
  }));
  const delivered = fates.filter(({ fate }) => fate === "delivered")
    .map(({ recipientId }) => recipientId);
  await deliver(connection, due, delivered, { now, quota });
  const backs = fates.flatMap(({ fate: reason, recipient }) =>
    reason === "delivered" || reason === "dropped"
      ? []
      : [{ messageId, senderId, recipient, reason }]
  );
  await bounce(connection, backs, { at: now, quota });
  await forgetHeld(connection, messageId);
  connection.changedInboxes.add(senderId); // who may wait for it
  const sql = "UPDATE message SET holders = holders + $1, released_at = $2 WHERE id = $3";
  await connection.run(sql, delivered.length, now, messageId);
  await noteOwnChange(connection, messageId);
  await readersLeave(connection, messageId, fates.length - delivered.length);
}

/** Finds what becomes of each copy, in order. */
async function waiting(
  connection: SqlConnection,
  { messageId, senderId, bodyBytes }: Due,
  quota: Quota | undefined,
): Promise<Waiting[]> {
  return await connection.all<Waiting>(
    `SELECT recipient_id, account.name AS recipient, closed_at IS NOT NULL AS is_closed,
       blocks(recipient_id, ARRAY(SELECT name FROM account WHERE account.id = $2)) AS blocks,
       coalesce(is_full_for($2, recipient_id, inbox + sent + 1, bytes + $3 + octet_length(envelope),
         $3 + octet_length(envelope), coalesce(max_messages, $4), coalesce(max_bytes, $5), $6, $7),
         false) AS is_full
     FROM held_copy JOIN account ON account.id = recipient_id
       LEFT JOIN mailbox ON mailbox.account_id = recipient_id
     WHERE message_id = $1 ORDER BY position`,
    messageId,
    senderId,
    bodyBytes,
    ...sharesOf(quota, senderId),
  );
}

async function deliver(
  connection: SqlConnection,
  { messageId, senderId, bodyBytes, expiresAt, burn }: Due,
  recipientIds: readonly AccountId[],
  { now, quota }: { readonly now: number; readonly quota: Quota | undefined },
): Promise<void> {
  await connection.all(
    `SELECT deliver(recipient_id, $1, NULL, $2, $3, $4, envelope_digest, envelope, $5, $6, $7, $8, $9, $10)
     FROM held_copy WHERE message_id = $2 AND recipient_id = ANY ($11::bigint[])`,
    senderId,
    messageId,
    now,
    bodyBytes,
    expiresAt,
    burn,
    ...sharesOf(quota, senderId),
    recipientIds,
  );
  noteNewMail(connection, recipientIds);
}
