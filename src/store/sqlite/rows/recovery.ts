/** Rows of second ways in, as other subjects end them. */
import type { Connection } from "../connection.ts";

/** Returns whether there was one. */
export function dropRecovery(connection: Connection, accountId: number): boolean {
  return connection.run("DELETE FROM recovery WHERE account_id = ?", accountId) > 0;
}
