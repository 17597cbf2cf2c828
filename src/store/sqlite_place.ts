/** The place that a new entry takes in its account's mailbox, counted there. */
import { accountClosed } from "./failures.ts";
import type { Connection } from "./sqlite_connection.ts";

export interface Place {
  readonly accountId: number;
  readonly id: number;
  /** The highest `storedAt` of the account up to this entry. */
  readonly latest: number;
}

export const sentPlace = placeStatement("sent = sent + 1");
export const inboxPlace = placeStatement("inbox = inbox + 1, unread = unread + 1");

function placeStatement(counted: string): string {
  return `UPDATE mailbox SET next_entry = next_entry + 1, latest = max(latest, ?), ${counted}
    WHERE account_id = ? RETURNING account_id AS accountId, next_entry - 1 AS id, latest`;
}

/** @throws {MailError} `denied` for an account that was closed while a session of it was open */
export function takePlace(
  connection: Connection,
  sql: string,
  account: number,
  storedAt: number,
): Place {
  const place = connection.get<Place>(sql, storedAt, account);
  if (place === undefined) throw accountClosed();
  return place;
}
