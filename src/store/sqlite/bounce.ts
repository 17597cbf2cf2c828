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
import { hasExpired } from "./rows/due.ts";
import { forgetTombstones } from "./rows/filing.ts";
import { forgetHeld } from "./rows/held.ts";
import { forgetRequests } from "./rows/request.ts";
import { type DueEntry, removeEntries, takenOutAtOnce } from "./rows/take_out.ts";
import { ofAccount } from "./schema.ts";
import type { Sweeper } from "./sweeper.ts";

export const bounceJobs = { expireDue };

export function bounceStore(
  database: Access,
  sweeper: Sweeper,
): BounceStore {
  const jobs = database.writes(bounceJobs);
  return {
    bounced: (accountId, ids) => database.read(bounced, accountId, ids),
    expireDue: async (accountId, now, quota) => {
      if (accountId !== null && !await database.read(hasExpired, accountId, now)) {
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

function bounced(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Bounce[] {
  return ids.flatMap((id) =>
    connection.all<Bounce>(
      `SELECT entry.id, recipient, reason, at, message.entry_id AS original
       FROM entry JOIN message ON message.id = entry.message_id
         JOIN bounce ON bounce.message_id = entry.message_id
       WHERE ${ofAccount}
         AND (entry.box = 'sent' OR entry.sender_id = ${systemAccountId} AND bounce.entry_id = entry.id)
       ORDER BY bounce.entry_id`,
      accountId,
      id,
    )
  );
}

function expireDue(
  connection: SqlConnection,
  accountId: AccountId | null,
  now: number,
  quota?: Quota,
): Expired {
  const due = accountId === null ? dueOfAll(connection, now) : dueOf(connection, accountId, now);
  const sweepable = removeEntries(connection, due, { reason: "expired", at: now, quota });
  const more = due.length === takenOutAtOnce ||
    accountId === null && forgetRequests(connection, now);
  if (more || accountId !== null) return { more, sweepable, emptied: null };
  const closing = connection.get<{ id: AccountId }>(
    `SELECT id FROM account INDEXED BY account_closing
     WHERE closed_at IS NOT NULL AND erased_at IS NULL LIMIT 1`,
  );
  if (closing === undefined) return { more, sweepable, emptied: null };
  const part = eraseSome(connection, closing.id, now, quota);
  return { ...part, sweepable: sweepable || part.sweepable };
}

function dueOfAll(connection: SqlConnection, now: number): DueEntry[] {
  return connection.all<DueEntry>(
    `SELECT account_id AS accountId, id FROM entry INDEXED BY entry_due
     WHERE expires_at <= ? AND expires_at IS NOT NULL LIMIT ${takenOutAtOnce}`,
    now,
  );
}

function dueOf(connection: SqlConnection, accountId: AccountId, now: number): DueEntry[] {
  return connection.all<DueEntry>(
    `SELECT account_id AS accountId, id FROM entry INDEXED BY entry_expiring
     WHERE account_id = ? AND expires_at <= ? AND expires_at IS NOT NULL LIMIT ${takenOutAtOnce}`,
    accountId,
    now,
  );
}

/** Erases a part of a closed account's mail. */
function eraseSome(
  connection: SqlConnection,
  accountId: AccountId,
  now: number,
  quota: Quota | undefined,
): Expired {
  const entries = connection.all<DueEntry>(
    `SELECT account_id AS accountId, id FROM entry
     WHERE account_id = ? AND box IN ('inbox', 'sent') LIMIT ${takenOutAtOnce}`,
    accountId,
  );
  const sweepable = removeEntries(connection, entries, {
    reason: "account_deleted",
    at: now,
    quota,
  });
  const isEmpty = entries.length === 0 && forgetSends(connection, accountId) === 0 &&
    forgetTombstones(connection, accountId) === 0;
  return { more: true, sweepable, emptied: isEmpty ? accountId : null };
}

/** Erases what is known of an account's sends beside the recipients' copies, and returns of how many. */
function forgetSends(connection: SqlConnection, accountId: AccountId): number {
  const messages = connection.all<{ id: MessageId }>(
    `SELECT id FROM message WHERE sender_id = ? LIMIT ${takenOutAtOnce}`,
    accountId,
  );
  for (const { id } of messages) {
    connection.run("DELETE FROM delivery WHERE message_id = ?", id);
    connection.run("DELETE FROM bounce WHERE message_id = ?", id);
    forgetHeld(connection, id);
    connection.run( // nobody's from now on, under a key that says nothing
      `UPDATE message SET sender_id = 0, idempotency_key = CAST(id AS BLOB), content_tag = x''
       WHERE id = ?`,
      id,
    );
  }
  return messages.length;
}
