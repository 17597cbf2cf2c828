/** Requests that were carried out, in SQL: a row is of the same transaction as what it changed. */
import type { AccountId } from "../../../model/ids.ts";
import type { RequestKey, RequestStore } from "../../request_store.ts";
import { keptRequests, requireSameCall } from "../../rules/requests.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

/** Rows that one look drops. */
const droppedAtOnce = 256;

export function requestStore(database: Access): RequestStore {
  return {
    wasCarriedOut: (request) => database.read((reader) => earlier(reader, request) !== undefined),
  };
}

interface RequestRow {
  readonly call: string;
  /** JSON; null: none. */
  readonly result: string | null;
}

/** Does work, and keeps its result; of a request that was carried out it tells the first one. */
export function once(connection: SqlConnection, request: RequestKey, work: () => unknown): unknown {
  const row = earlier(connection, request);
  if (row !== undefined) return row.result === null ? undefined : JSON.parse(row.result);
  const result = work();
  keep(connection, request, result);
  return result;
}

function earlier(connection: SqlConnection, request: RequestKey): RequestRow | undefined {
  const row = connection.get<RequestRow>(
    `SELECT call, result FROM request
     WHERE account_id = (SELECT id FROM account WHERE name = ?) AND id = ?`,
    request.account,
    request.id,
  );
  if (row !== undefined) requireSameCall(row, request);
  return row;
}

function keep(connection: SqlConnection, { account, id, call, at }: RequestKey, result: unknown) {
  const { owner } = connection.one<{ owner: AccountId }>(
    "SELECT id AS owner FROM account WHERE name = ?",
    account,
  );
  connection.run(
    "INSERT INTO request (account_id, id, call, result, at) VALUES (?, ?, ?, ?, ?)",
    owner,
    id,
    call,
    result === undefined ? null : JSON.stringify(result),
    at,
  );
  connection.run(
    `DELETE FROM request WHERE account_id = ?1 AND key <= (
       SELECT key FROM request WHERE account_id = ?1 ORDER BY key DESC LIMIT 1 OFFSET ?2)`,
    owner,
    keptRequests.most,
  );
}

/** Drops some that are kept long enough, and returns whether there may be more. */
export function forgetRequests(connection: SqlConnection, now: number): boolean {
  return connection.change(
    `DELETE FROM request WHERE key IN (
       SELECT key FROM request WHERE at <= ? LIMIT ${droppedAtOnce})`,
    now - keptRequests.ms,
  ) === droppedAtOnce;
}
