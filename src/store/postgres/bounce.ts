/**
 * Mail that came back, and what makes it: mail that expires and accounts that are closed, in SQL. A few entries a
 * transaction, each taken out and returned in the same one, so that it happens once whatever interrupts it, and however
 * many processes do it.
 */
import type { AccountId, EntryId } from "../../model/ids.ts";
import type { Quota } from "../administration_store.ts";
import type { Bounce, BounceStore } from "../bounce_store.ts";
import { systemAccountId } from "../inbound_store.ts";
import { keptRequests } from "../rules/requests.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { forgetTombstones } from "./rows/filing.ts";
import { forgetRequests } from "./rows/request.ts";
import { type DueEntry, lockOwners, removeEntries, takenOutAtOnce } from "./rows/take_out.ts";

const jobs = { expireDue };

export function bounceStore(database: Access): BounceStore {
  return {
    ...database.writes(jobs),
    bounced: (accountId, ids) => database.ask(bounced, accountId, ids),
  };
}

async function bounced(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<Bounce[]> {
  return await connection.all<Bounce>(
    `SELECT entry.id, recipient, reason, bounce.at, message.entry_id AS original
     FROM entry JOIN message ON message.id = entry.message_id
       JOIN bounce ON bounce.message_id = entry.message_id
     WHERE entry.account_id = $1 AND entry.id = ANY ($2::bigint[])
       AND (entry.box = 'sent' OR entry.sender_id = ${systemAccountId} AND bounce.entry_id = entry.id)
     ORDER BY array_position($2, entry.id), bounce.entry_id`,
    accountId,
    ids,
  );
}

async function expireDue(
  connection: SqlConnection,
  accountId: AccountId | null,
  now: number,
  quota?: Quota,
): Promise<boolean> {
  const due = accountId === null
    ? await dueOfAll(connection, now)
    : await dueOf(connection, accountId, now);
  if (due.length > 0) {
    await lockOwners(connection, due);
    await removeEntries(connection, due, { reason: "expired", at: now, quota });
  }
  if (accountId !== null || due.length === takenOutAtOnce) return due.length === takenOutAtOnce;
  if (due.length > 0) return true; // the rest is a transaction of its own
  const closed = await connection.get<{ id: AccountId }>(
    "SELECT id FROM account WHERE closed_at IS NOT NULL AND erased_at IS NULL ORDER BY id LIMIT 1",
  );
  if (closed !== undefined) return await eraseSome(connection, closed.id, now, quota);
  if (await connection.get(oldRequest, now - keptRequests.ms) === undefined) return false;
  await connection.lock([]);
  return await forgetRequests(connection, now);
}

const oldRequest = "SELECT 1 FROM request WHERE at <= $1 ORDER BY at LIMIT 1";

async function dueOfAll(connection: SqlConnection, now: number): Promise<DueEntry[]> {
  return await connection.all<DueEntry>(
    `SELECT account_id, id FROM entry
     WHERE expires_at <= $1 AND expires_at IS NOT NULL ORDER BY expires_at LIMIT ${takenOutAtOnce}`,
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
     WHERE account_id = $1 AND expires_at <= $2 AND expires_at IS NOT NULL
     ORDER BY expires_at LIMIT ${takenOutAtOnce}`,
    accountId,
    now,
  );
}

/**
 * Erases a part of a closed account's mail. It has no mailbox to lock: what two processes find at once one of them takes
 * out. @returns true: there may be more
 */
async function eraseSome(
  connection: SqlConnection,
  accountId: AccountId,
  now: number,
  quota: Quota | undefined,
): Promise<true> {
  const entries = await connection.all<DueEntry>(
    `SELECT account_id, id FROM entry WHERE account_id = $1 ORDER BY id LIMIT ${takenOutAtOnce}`,
    accountId,
  );
  await lockOwners(connection, entries);
  await removeEntries(connection, entries, { reason: "account_deleted", at: now, quota });
  const isEmpty = entries.length === 0 && await forgetSends(connection, accountId) === 0 &&
    await forgetTombstones(connection, accountId) === 0;
  if (isEmpty) {
    await connection.run(
      "UPDATE account SET erased_at = $1 WHERE id = $2 AND erased_at IS NULL",
      now,
      accountId,
    );
  }
  return true;
}

/**
 * Erases what is known of an account's sends beside the recipients' copies, and returns of how many. They are nobody's
 * from then on, under keys that say nothing.
 */
async function forgetSends(connection: SqlConnection, accountId: AccountId): Promise<number> {
  return await connection.run(
    `WITH sent AS MATERIALIZED (
       SELECT id FROM message WHERE sender_id = $1
       ORDER BY idempotency_key LIMIT ${takenOutAtOnce}),
     ids AS MATERIALIZED (SELECT coalesce(array_agg(id), '{}') AS ids FROM sent),
     delivered AS (DELETE FROM delivery WHERE message_id = ANY ((SELECT ids FROM ids)::bigint[])),
     returned AS (DELETE FROM bounce WHERE message_id = ANY ((SELECT ids FROM ids)::bigint[])),
     copies AS (DELETE FROM held_copy WHERE message_id = ANY ((SELECT ids FROM ids)::bigint[])),
     waiting AS (DELETE FROM held WHERE message_id = ANY ((SELECT ids FROM ids)::bigint[]))
     UPDATE message
     SET sender_id = 0, idempotency_key = convert_to(id::text, 'UTF8'), content_tag = ''
     WHERE id = ANY ((SELECT ids FROM ids)::bigint[])`,
    accountId,
  );
}
