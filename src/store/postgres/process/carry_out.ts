/** A call in one transaction, with what came of it. */
import { bestEffort } from "../../../model/promises.ts";
import type { Cause } from "../../store.ts";
import type { SqlConnection } from "../connection.ts";
import { isLostConnection, passes } from "../failures.ts";
import { type KeptResult, outcomeStatement } from "../outcome.ts";
import { earlier, keep } from "../rows/request.ts";

/** Does a job, and keeps its result in the same transaction. */
export async function carryOut(
  connection: SqlConnection,
  { request }: Cause,
  { outcome, work }: { readonly outcome: string; readonly work: () => Promise<unknown> },
): Promise<unknown> {
  const before = request === null ? null : await earlier(connection, request);
  if (before !== null) return before.result;
  const result = await work();
  if (request !== null) {
    if (!connection.isWriting) await connection.lock([]);
    await keep(connection, request, result);
  }
  if (connection.isWriting) await connection.commit(outcomeStatement(outcome, result));
  else await connection.requireCurrent();
  return result;
}

/** Finds what came of a request that failed: it may have failed because the same one was carried out at once. */
export async function doneMeanwhile(
  connection: SqlConnection,
  { request }: Cause,
  error: unknown,
): Promise<KeptResult | null> {
  if (request === null || passes(error)) return null; // what is tried again looks first
  return await earlier(connection, request);
}

/** Rolls back what fails; a connection that was lost has done so. */
export async function inTransaction<T>(
  connection: SqlConnection,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLostConnection(error)) await bestEffort(connection.rollBack()); // what is wrong is known
    throw error;
  }
}
