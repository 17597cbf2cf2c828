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

/** An entry that never moved has its id as its place. */
function placeStatement(counted: string): string {
  return `WITH placed AS (
      UPDATE mailbox SET next_entry = next_entry + 1, modseq = modseq + 1,
        latest = greatest(latest, $1), bytes = bytes + $2, ${counted}
      WHERE account_id = $3 RETURNING account_id, next_entry - 1 AS id, latest, modseq,
        inbox + sent AS messages, bytes, max_messages, max_bytes),
    filed AS (
      INSERT INTO filing (account_id, id, place, modseq) SELECT account_id, id, id, modseq FROM placed)
    SELECT * FROM placed`;
}

/**
 * Counts a new entry of so many bytes, which a delete takes off again, and files it.
 * @throws {MailError} `denied` for an account that was closed while a session of it was open
 */
export async function allocateEntry(
  connection: SqlConnection,
  sql: string,
  account: AccountId,
  { storedAt, bytes }: { readonly storedAt: number; readonly bytes: number },
): Promise<Place & Fill> {
  const place = await connection.get<Place & Fill>(sql, storedAt, bytes, account);
  if (place === undefined) throw accountClosed();
  connection.changedMailboxes.add(account);
  return place;
}
