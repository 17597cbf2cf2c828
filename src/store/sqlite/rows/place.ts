/** The place that a new entry takes in its account's mailbox, counted there. */
import type { AccountId } from "../../../model/ids.ts";
import { accountClosed } from "../../failures.ts";
import type { Fill } from "../../rules/quota.ts";
import type { Place } from "../../rules/rows.ts";
import type { SqlConnection } from "../connection.ts";

export const sentAllocation = placeStatement("sent = sent + 1");
export const inboxAllocation = placeStatement("inbox = inbox + 1, unread = unread + 1");
/** For what comes into the inbox and was read elsewhere. */
export const readPlace = placeStatement("inbox = inbox + 1");

function placeStatement(counted: string): string {
  return `UPDATE mailbox SET next_entry = next_entry + 1, modseq = modseq + 1,
      latest = max(latest, ?), bytes = bytes + ?, ${counted}
    WHERE account_id = ?`;
}

/** By itself: RETURNING would take twice as long as both statements. */
const placeTaken = `SELECT account_id AS accountId, next_entry - 1 AS id, latest, modseq,
    inbox + sent AS messages, bytes, max_messages AS maxMessages, max_bytes AS maxBytes
  FROM mailbox WHERE account_id = ?`;

/** An entry that never moved has its id as its place. */
function insertFiling(connection: SqlConnection, { accountId, id, modseq }: Place): void {
  const sql = "INSERT INTO filing (account_id, id, place, modseq) VALUES (?, ?, ?, ?)";
  connection.run(sql, accountId, id, id, modseq);
}

/**
 * Counts a new entry of so many bytes, which a delete takes off again.
 * @throws {MailError} `denied` for an account that was closed while a session of it was open
 */
export function allocateEntry(
  connection: SqlConnection,
  sql: string,
  account: AccountId,
  { storedAt, bytes }: { readonly storedAt: number; readonly bytes: number },
): Place & Fill {
  connection.run(sql, storedAt, bytes, account);
  const place = connection.get<Place & Fill>(placeTaken, account);
  if (place === undefined) throw accountClosed();
  insertFiling(connection, place);
  connection.changedMailboxes.add(account);
  return place;
}
