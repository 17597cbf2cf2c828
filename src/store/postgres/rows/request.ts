/** Requests that were carried out, in SQL: a row is of the same transaction as what it changed. */
import type { RequestKey, RequestStore } from "../../request_store.ts";
import { keptRequests, requireSameCall } from "../../rules/requests.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";
import type { KeptResult } from "../outcome.ts";

/** Rows that one look drops. */
const droppedAtOnce = 256;

export function requestStore(database: Access): RequestStore {
  return {
    wasCarriedOut: async (request) => await database.ask(earlier, request) !== null,
  };
}

interface RequestRow {
  readonly call: string;
  /** JSON; null: none. */
  readonly result: string | null;
}

/** Finds what came of a request. @throws {MailError} `conflict` where its id was another call's */
export async function earlier(
  connection: SqlConnection,
  request: RequestKey,
): Promise<KeptResult | null> {
  const row = await connection.get<RequestRow>(
    `SELECT call, result FROM request
     WHERE account_id = (SELECT id FROM account WHERE name = $1) AND id = $2`,
    request.account,
    request.id,
  );
  if (row === undefined) return null;
  requireSameCall(row, request);
  return { result: row.result === null ? undefined : JSON.parse(row.result) };
}

/** Keeps what came of a request; the same one twice at once fails by SQLSTATE 23505. */
export async function keep(
  connection: SqlConnection,
  { account, id, call, at }: RequestKey,
  result: unknown,
): Promise<void> {
  await connection.run(
    `WITH owner AS (SELECT id FROM account WHERE name = $1),
       kept AS (INSERT INTO request (account_id, id, call, result, at)
         SELECT owner.id, $2, $3, $4, $5 FROM owner)
     DELETE FROM request WHERE account_id = (SELECT id FROM owner) AND key <= (
       SELECT key FROM request WHERE account_id = (SELECT id FROM owner)
       ORDER BY key DESC LIMIT 1 OFFSET $6)`,
    account,
    id,
    call,
    result === undefined ? null : JSON.stringify(result),
    at,
    keptRequests.most - 1, // the new one is not seen yet
  );
}

/** Drops some that are kept long enough, and returns whether there may be more. */
export async function forgetRequests(connection: SqlConnection, now: number): Promise<boolean> {
  return await connection.run(
    `DELETE FROM request WHERE key IN (
       SELECT key FROM request WHERE at <= $1 ORDER BY at LIMIT ${droppedAtOnce}
       FOR UPDATE SKIP LOCKED)`,
    now - keptRequests.ms,
  ) === droppedAtOnce;
}
