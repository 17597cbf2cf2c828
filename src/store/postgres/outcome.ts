/**
 * What came of a call, in a row of the same transaction. Where a connection is lost while it commits, nobody knows
 * whether it did: whoever tries again finds the row, or does the call anew.
 */
import { deserialize, serialize } from "node:v8";
import type { SqlConnection } from "./connection.ts";

/** How long one is kept, in seconds: far longer than anybody tries again. */
const keptSeconds = 3_600;

export interface KeptResult {
  readonly result: unknown;
}

/** The statement that keeps a result, of any form that can be cloned; a second one of the same id fails by 23505. */
export function outcomeStatement(id: string, result: unknown): string {
  const bytes = Uint8Array.from(serialize(result)); // not a view into the pool of buffers
  return `INSERT INTO outcome (id, result) VALUES ('${id}', '\\x${bytes.toHex()}')`;
}

export async function findOutcome(
  connection: SqlConnection,
  id: string,
): Promise<KeptResult | null> {
  const sql = "SELECT result FROM outcome WHERE id = $1";
  const row = await connection.get<{ result: Uint8Array }>(sql, id);
  return row === undefined ? null : { result: deserialize(row.result) };
}

/** Drops those that nobody will ask for. */
export async function forgetOutcomes(connection: SqlConnection): Promise<void> {
  await connection.lock([]);
  const sql = "DELETE FROM outcome WHERE at < now() - make_interval(secs => $1)";
  await connection.run(sql, keptSeconds);
}
