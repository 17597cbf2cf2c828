/** Outlines of messages, in SQL. */
import type { AccountId, EntryId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { EntryOutline, OutlineStore } from "../../outline_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

const outlineJobs = { saveOutlines };

export function outlineStore(database: Access): OutlineStore {
  return {
    ...database.writes(outlineJobs),
    outlines: (accountId, ids) => database.ask(outlines, accountId, ids),
  };
}

async function outlines(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(Uint8Array | null)[]> {
  const rows = await connection.all<{ sealed: Uint8Array | null }>(
    `SELECT (SELECT sealed FROM outline WHERE account_id = $1 AND outline.id = asked.id)
     FROM unnest($2::bigint[]) AS asked (id)`,
    accountId,
    ids,
  );
  return rows.map(({ sealed }) => sealed);
}

async function saveOutlines(
  connection: SqlConnection,
  accountId: AccountId,
  outlines: readonly EntryOutline[],
): Promise<void> {
  await connection.lock([accountId]);
  const byId = new Map(outlines.map(({ id, sealed }) => [id, sealed])); // the last of each
  await connection.run(
    `INSERT INTO outline (account_id, id, sealed)
     SELECT $1, entry.id, given.sealed
     FROM unnest($2::bigint[], $3::bytea[]) AS given (id, sealed)
       JOIN entry ON entry.account_id = $1 AND entry.id = given.id
     WHERE sealed_bytes > 0 AND octet_length(given.sealed) <= sealed_bytes + $4
     ON CONFLICT (account_id, id) DO UPDATE SET sealed = excluded.sealed`,
    accountId,
    [...byId.keys()],
    [...byId.values()],
    limits.outlineMarginBytes,
  );
}
