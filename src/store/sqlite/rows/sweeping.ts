/** What an erased body or account leaves behind, taken away in SQL, a part a transaction. */
import type { AccountId } from "../../../model/ids.ts";
import type { SqlConnection } from "../connection.ts";

export const sweepJobs = { discardLeftovers, sweep, truncateLog, markErased };

/** At most 8 MiB a transaction: a deleted body of any size keeps no send waiting for long. */
const sweptChunks = 32;

/** Drops every upload that an earlier run of the server left and returns how many. */
function discardLeftovers(connection: SqlConnection): number {
  return connection.change("UPDATE body SET holders = 0 WHERE holders IS NULL");
}

/** Deletes some chunks that nobody holds and returns whether there may be more. */
function sweep(connection: SqlConnection): boolean {
  const chunks = connection.change(
    `DELETE FROM body_chunk WHERE id IN (
       SELECT body_chunk.id FROM body CROSS JOIN body_chunk ON body_chunk.body_id = body.id
       WHERE body.holders = 0 LIMIT ${sweptChunks})`,
  );
  connection.run(
    `DELETE FROM body WHERE holders = 0
       AND NOT EXISTS (SELECT 1 FROM body_chunk WHERE body_chunk.body_id = body.id)`,
  );
  return chunks === sweptChunks;
}

/** Tells whether something is left to sweep. */
export function isLittered(connection: SqlConnection): boolean {
  return connection.get("SELECT 1 FROM body WHERE holders = 0 LIMIT 1") !== undefined;
}

/** A mark for the writer, which empties the log when the batch is committed, and tells whether it could. */
function truncateLog(_connection: SqlConnection): boolean {
  return false;
}

/** Notes that nothing is left of an account in any file; until then every start looks again. */
function markErased(connection: SqlConnection, accountId: AccountId, erasedAt: number): void {
  connection.run("UPDATE account SET erased_at = ? WHERE id = ?", erasedAt, accountId);
}
