/**
 * Mail that came back, and what makes it: mail that expires and accounts that are closed, in SQL. A few entries a
 * transaction, each taken out and returned in the same one, so that it happens once whatever interrupts it.
 */
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import type { Quota } from "../administration_store.ts";
import type { Bounce, BounceStore } from "../bounce_store.ts";
import { systemAccountId } from "../inbound_store.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { forgetTombstones } from "./rows/filing.ts";
import { forgetHeld } from "./rows/held.ts";
import { forgetRequests } from "./rows/request.ts";
import { type DueEntry, removeEntries, takenOutAtOnce } from "./rows/take_out.ts";

export const bounceJobs = { expireDue };

export function bounceStore(
  database: Access,
  sweeper: Sweeper,
): BounceStore {
  const jobs = database.writes(bounceJobs);
  return {
    bounced: (accountId, ids) => database.read(bounced, accountId, ids),
    expireDue: async (accountId, now, quota) => {
      if (accountId !== null && !await database.read(expired, accountId, now)) {
        return false; // no write for every list
      }
      const { more, sweepable, emptied } = await jobs.expireDue(accountId, now, quota);
      if (sweepable) sweeper.sweep();
      if (accountId === null) await sweeper.finishLog();
      return emptied === null ? more : await sweeper.finishErasing(emptied, now);
    },
  };
}

/** What became of a part. */
interface Expired {
  readonly more: boolean;
  /** Bodies are left to sweep. */
  readonly sweepable: boolean;
  /** The account of which nothing is left but in the log; null: none was emptied. */
  readonly emptied: AccountId | null;
}

async function bounced(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<Bounce[]> {
  return ids.flatMap(async (id) =>
    await connection.all<Bounce>(
      `SELECT entry.id, recipient, reason, at, message.entry_id AS original
       FROM entry JOIN message ON message.id = entry.message_id
         JOIN bounce ON bounce.message_id = entry.message_id
       WHERE entry.account_id = $ACCOUNT AND entry.id = $ID
         AND (entry.box = 'sent' OR entry.sender_id = ${systemAccountId} AND bounce.entry_id = entry.id)
       ORDER BY bounce.entry_id`,
      accountId,
      id,
    )
  );
}

/** Tells whether an account has mail whose time is up. */
async function expired(
  connection: SqlConnection,
  accountId: AccountId,
  now: number,
): Promise<boolean> {
  return await connection.get(
    `SELECT 1 FROM entry 
     WHERE account_id = $1 AND expires_at <= $2 AND expires_at IS NOT NULL LIMIT 1`,
    accountId,
    now,
  ) !== undefined;
}

async function expireDue(
  connection: SqlConnection,
  accountId: AccountId | null,
  now: number,
  quota?: Quota,
): Promise<Expired> {
  const due = accountId === null
    ? await dueOfAll(connection, now)
    : await dueOf(connection, accountId, now);
  const sweepable = await removeEntries(connection, due, { reason: "expired", at: now, quota });
  const more = due.length === takenOutAtOnce ||
    accountId === null && await forgetRequests(connection, now);
  if (more || accountId !== null) return { more, sweepable, emptied: null };
  const closing = await connection.get<{ id: AccountId }>(
    `SELECT id FROM account 
     WHERE closed_at IS NOT NULL AND erased_at IS NULL LIMIT 1`,
  );
  if (closing === undefined) return { more, sweepable, emptied: null };
  const part = await eraseSome(connection, closing.id, now, quota);
  return { ...part, sweepable: sweepable || part.sweepable };
}

async function dueOfAll(connection: SqlConnection, now: number): Promise<DueEntry[]> {
  return await connection.all<DueEntry>(
    `SELECT account_id, id FROM entry 
     WHERE expires_at <= $1 AND expires_at IS NOT NULL LIMIT ${takenOutAtOnce}`,
    now,
  );
}

async function dueOf(
  connection: SqlConnection,
  accountId: AccountId,
  now: number,
): Promise<DueEntry[]> {
  return await connection.all<DueEntry>(
    `SELECT account_id, id FROM entry 
     WHERE account_id = $1 AND expires_at <= $2 AND expires_at IS NOT NULL LIMIT ${takenOutAtOnce}`,
    accountId,
    now,
  );
}

/** Erases a part of a closed account's mail. */
async function eraseSome(
  connection: SqlConnection,
  accountId: AccountId,
  now: number,
  quota: Quota | undefined,
): Promise<Expired> {
  const entries = await connection.all<DueEntry>(
    `SELECT account_id, id FROM entry
     WHERE account_id = $1 AND box IN ('inbox', 'sent') LIMIT ${takenOutAtOnce}`,
    accountId,
  );
  const sweepable = await removeEntries(connection, entries, {
    reason: "account_deleted",
    at: now,
    quota,
  });
  const isEmpty = entries.length === 0 && await forgetSends(connection, accountId) === 0 &&
    await forgetTombstones(connection, accountId) === 0;
  return { more: true, sweepable, emptied: isEmpty ? accountId : null };
}

/** Erases what is known of an account's sends beside the recipients' copies, and returns of how many. */
async function forgetSends(connection: SqlConnection, accountId: AccountId): Promise<number> {
  const messages = await connection.all<{ id: MessageId }>(
    `SELECT id FROM message WHERE sender_id = $1 LIMIT ${takenOutAtOnce}`,
    accountId,
  );
  for (const { id } of messages) {
    await connection.run("DELETE FROM delivery WHERE message_id = $1", id);
    await connection.run("DELETE FROM bounce WHERE message_id = $1", id);
    await forgetHeld(connection, id);
    await connection.run( // nobody's from now on, under a key that says nothing
      `UPDATE message SET sender_id = 0, idempotency_key = CAST(id AS BLOB), content_tag = ''
       WHERE id = $1`,
      id,
    );
  }
  return messages.length;
}
