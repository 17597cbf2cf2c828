/**
 * What ends, in SQL: accounts that are closed and mail that expires. A few entries a transaction, each taken out and
 * returned in the same one, so that it happens once whatever interrupts it.
 */
import type { ReturnReason } from "../../model/returned.ts";
import { dropAppPasswords } from "./app_passwords.ts";
import type { Connection } from "./connection.ts";
import { type Gone, goneColumns, letGo, uncount } from "./entries.ts";
import { cancelAll, forgetHeld } from "./held.ts";
import { announce, dueEntries, forgetLapsed, type Look } from "./retention.ts";
import { returnToSender } from "./returned.ts";
import { ofAccount } from "./schema.ts";

/** Of one transaction: no send waits for long. */
const settledEntries = 64;

/** What became of a part. */
interface Settled {
  readonly more: boolean;
  /** Bodies are left to sweep. */
  readonly sweepable: boolean;
  /** The account of which nothing is left but in the log; null: none was emptied. */
  readonly emptied: number | null;
}

interface Due {
  readonly accountId: number;
  readonly id: number;
}

/** Erases all of an account but its mail; nobody finds it from now on. */
export function closeAccount(
  connection: Connection,
  { accountId, closedAt }: { accountId: number; closedAt: number },
): void {
  const closed = connection.run(
    `UPDATE account SET closed_at = ?, salt = x'', memory_kib = 0, passes = 0, signing_key = x'',
       authentication_hash = x'', recipient = '', signature = x'', fingerprint = x'', sealed_keys = x''
     WHERE id = ? AND closed_at IS NULL`,
    closedAt,
    accountId,
  );
  if (closed === 0) return;
  cancelAll(connection, accountId, closedAt);
  connection.run("DELETE FROM keyring WHERE account_id = ?", accountId);
  connection.run("DELETE FROM recovery WHERE account_id = ?", accountId);
  connection.run("DELETE FROM succession WHERE account_id = ?", accountId);
  dropAppPasswords(connection, accountId);
  connection.run("DELETE FROM mailbox WHERE account_id = ?", accountId);
  connection.run("DELETE FROM removal WHERE account_id = ?", accountId);
  connection.run(
    "UPDATE body SET holders = 0 WHERE account_id = ? AND holders IS NULL",
    accountId,
  );
}

/** Takes out a part of what was kept long enough; announces what comes next. See `Store.retain`. */
export function retain(connection: Connection, look: Look): Settled {
  const isOpen = "SELECT 1 FROM mailbox WHERE account_id = ?";
  if (connection.get(isOpen, look.accountId) === undefined) {
    return { more: false, sweepable: false, emptied: null };
  }
  const due = dueEntries(connection, look).slice(0, settledEntries)
    .map((id) => ({ accountId: look.accountId, id }));
  const sweepable = takeOut(connection, due, "not_kept", look.now);
  announce(connection, look);
  forgetLapsed(connection, look);
  return { more: due.length === settledEntries, sweepable, emptied: null };
}

export function settle(
  connection: Connection,
  { accountId, now }: { accountId: number | null; now: number },
): Settled {
  const due = accountId === null ? dueOfAll(connection, now) : dueOf(connection, accountId, now);
  const sweepable = takeOut(connection, due, "expired", now);
  const more = due.length === settledEntries;
  if (more || accountId !== null) return { more, sweepable, emptied: null };
  const closing = connection.get<{ id: number }>(
    `SELECT id FROM account INDEXED BY account_closing
     WHERE closed_at IS NOT NULL AND erased_at IS NULL LIMIT 1`,
  );
  if (closing === undefined) return { more, sweepable, emptied: null };
  const part = eraseSome(connection, closing.id, now);
  return { ...part, sweepable: sweepable || part.sweepable };
}

/** A mark for the writer, which empties the log when the batch is committed, and tells whether it could. */
export function truncateLog(_connection: Connection, _argument: undefined): boolean {
  return false;
}

/** Notes that nothing is left of an account in any file; until then every start looks again. */
export function markErased(
  connection: Connection,
  { accountId, erasedAt }: { accountId: number; erasedAt: number },
): void {
  connection.run("UPDATE account SET erased_at = ? WHERE id = ?", erasedAt, accountId);
}

function dueOfAll(connection: Connection, now: number): Due[] {
  return connection.all<Due>(
    `SELECT account_id AS accountId, id FROM entry INDEXED BY entry_due
     WHERE expires_at <= ? AND expires_at IS NOT NULL LIMIT ${settledEntries}`,
    now,
  );
}

function dueOf(connection: Connection, accountId: number, now: number): Due[] {
  return connection.all<Due>(
    `SELECT account_id AS accountId, id FROM entry INDEXED BY entry_expiring
     WHERE account_id = ? AND expires_at <= ? AND expires_at IS NOT NULL LIMIT ${settledEntries}`,
    accountId,
    now,
  );
}

/** Erases a part of a closed account's mail. */
function eraseSome(connection: Connection, accountId: number, now: number): Settled {
  const entries = connection.all<Due>(
    `SELECT account_id AS accountId, id FROM entry
     WHERE account_id = ? AND box IN ('inbox', 'sent') LIMIT ${settledEntries}`,
    accountId,
  );
  const sweepable = takeOut(connection, entries, "account_deleted", now);
  const isEmpty = entries.length === 0 && forgetSends(connection, accountId) === 0;
  return { more: true, sweepable, emptied: isEmpty ? accountId : null };
}

/** Erases what is known of an account's sends beside the recipients' copies, and returns of how many. */
function forgetSends(connection: Connection, accountId: number): number {
  const messages = connection.all<{ id: number }>(
    `SELECT id FROM message WHERE sender_id = ? LIMIT ${settledEntries}`,
    accountId,
  );
  for (const { id } of messages) {
    connection.run("DELETE FROM delivery WHERE message_id = ?", id);
    connection.run("DELETE FROM returned WHERE message_id = ?", id);
    forgetHeld(connection, id);
    connection.run( // nobody's from now on, under a key that says nothing
      `UPDATE message SET sender_id = 0, idempotency_key = CAST(id AS BLOB), content_tag = x''
       WHERE id = ?`,
      id,
    );
  }
  return messages.length;
}

/** Takes entries out, each unread one back to who sent it here; returns whether bodies are left to sweep. */
function takeOut(
  connection: Connection,
  entries: readonly Due[],
  reason: ReturnReason,
  at: number,
): boolean {
  let sweepable = false;
  for (const { accountId, id } of entries) {
    const gone = connection.one<Gone & { senderId: number; recipient: string; sentHere: number }>(
      `DELETE FROM entry WHERE ${ofAccount}
       RETURNING ${goneColumns}, sender_id AS senderId,
         (SELECT name FROM account WHERE id = account_id) AS recipient,
         EXISTS (SELECT 1 FROM delivery
           WHERE message_id = entry.message_id AND recipient_id = account_id) AS sentHere`,
      accountId,
      id,
    );
    const { message: messageId, senderId, recipient } = gone;
    uncount(connection, accountId, gone);
    // Before the message is let go of, or its body would go.
    if (gone.inbox && gone.unread && gone.sentHere) {
      returnToSender(connection, { messageId, senderId, recipient, reason, at });
    }
    sweepable = letGo(connection, gone) || sweepable;
  }
  return sweepable;
}
