/** Outlines of messages, in SQL. */
import type { AccountId, EntryId } from "../../../model/ids.ts";
import type { EntryOutline, OutlineStore } from "../../outline_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

export const outlineJobs = { saveOutlines };

export function outlineStore(database: Access): OutlineStore {
  return {
    ...database.writes(outlineJobs),
    outlines: (accountId, ids) => database.read(outlines, accountId, ids),
  };
}

/** Overwrites an outline that is about to be dropped, as `blankEntry` does. */
export async function blankOutline(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Promise<void> {
  const sql =
    "UPDATE outline SET sealed = zeroblob(octet_length(sealed)) WHERE account_id = $1 AND id = $2";
  await connection.run(sql, accountId, id);
}

/** Drops the outline of an entry that went, or of one whose body did. */
export async function dropOutline(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Promise<void> {
  await connection.run("DELETE FROM outline WHERE account_id = $1 AND id = $2", accountId, id);
}

async function outlines(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(Uint8Array | null)[]> {
  const sql = "SELECT sealed FROM outline WHERE account_id = $1 AND id = $2";
  return ids.map(async (id) =>
    await connection.get<EntryOutline>(sql, accountId, id)?.sealed ?? null
  );
}

async function saveOutlines(
  connection: SqlConnection,
  accountId: AccountId,
  outlines: readonly EntryOutline[],
): Promise<void> {
  const sql = `INSERT INTO outline (account_id, id, sealed)
    SELECT account_id, id, $1 FROM entry WHERE entry.account_id = $ACCOUNT AND entry.id = $ID AND sealed_bytes > 0
    ON CONFLICT (account_id, id) DO UPDATE SET sealed = excluded.sealed`;
  for (const { id, sealed } of outlines) await connection.run(sql, sealed, accountId, id);
}
