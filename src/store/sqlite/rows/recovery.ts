/** Rows of second ways in, as other subjects end them. */
import type { AccountId } from "../../../model/ids.ts";
import type { SqlConnection } from "../connection.ts";

/** Returns whether there was one. */
export function dropRecovery(connection: SqlConnection, accountId: AccountId): boolean {
  return connection.change("DELETE FROM recovery WHERE account_id = ?", accountId) > 0;
}
