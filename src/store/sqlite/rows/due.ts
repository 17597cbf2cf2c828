/** What falls due by itself, looked for in SQL. */
import type { AccountId } from "../../../model/ids.ts";
import { DueFirst } from "../../failures.ts";
import type { SqlConnection } from "../connection.ts";

/** When the next message is to be delivered; null: none waits. */
export function nextDelivery(connection: SqlConnection): number | null {
  return connection.get<{ at: number }>(
    `SELECT deliver_at AS at FROM held INDEXED BY held_due WHERE cancelled_at IS NULL
     ORDER BY deliver_at LIMIT 1`,
  )?.at ?? null;
}

/** Tells whether an account has mail whose time is up. */
export function hasExpired(connection: SqlConnection, accountId: AccountId, now: number): boolean {
  return connection.get(
    `SELECT 1 FROM entry INDEXED BY entry_expiring
     WHERE account_id = ? AND expires_at <= ? AND expires_at IS NOT NULL LIMIT 1`,
    accountId,
    now,
  ) !== undefined;
}

/** @throws {DueFirst} */
export function requireNothingDue(
  connection: SqlConnection,
  accountId: AccountId,
  now: number,
): void {
  if ((nextDelivery(connection) ?? Infinity) <= now || hasExpired(connection, accountId, now)) {
    throw new DueFirst();
  }
}
