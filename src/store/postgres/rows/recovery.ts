/** Rows of second ways in, as other subjects end them. */
import type { AccountId } from "../../../model/ids.ts";
import type { SqlConnection } from "../connection.ts";

/** Returns whether there was one. */
export async function dropRecovery(
  connection: SqlConnection,
  accountId: AccountId,
): Promise<boolean> {
  return await connection.run("DELETE FROM recovery WHERE account_id = $1", accountId) > 0;
}
