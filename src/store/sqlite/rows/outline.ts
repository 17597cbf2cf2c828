/** Outlines of messages, in SQL. */
import type { AccountId, EntryId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { EntryOutline, OutlineStore } from "../../outline_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";
import { ofAccount } from "../schema.ts";

export const outlineJobs = { saveOutlines };

export function outlineStore(database: Access): OutlineStore {
  return {
    ...database.writes(outlineJobs),
    outlines: (accountId, ids) => database.read(outlines, accountId, ids),
  };
}

/** Overwrites an outline that is about to be dropped, as `blankEntry` does. */
export function blankOutline(connection: SqlConnection, accountId: AccountId, id: EntryId): void {
  const sql =
    "UPDATE outline SET sealed = zeroblob(length(sealed)) WHERE account_id = ? AND id = ?";
  connection.run(sql, accountId, id);
}

/** Drops the outline of an entry that went, or of one whose body did. */
export function dropOutline(connection: SqlConnection, accountId: AccountId, id: EntryId): void {
  connection.run("DELETE FROM outline WHERE account_id = ? AND id = ?", accountId, id);
}

function outlines(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): (Uint8Array | null)[] {
  const sql = "SELECT sealed FROM outline WHERE account_id = ? AND id = ?";
  return ids.map((id) => connection.get<EntryOutline>(sql, accountId, id)?.sealed ?? null);
}

function saveOutlines(
  connection: SqlConnection,
  accountId: AccountId,
  outlines: readonly EntryOutline[],
): void {
  const sql = `INSERT INTO outline (account_id, id, sealed)
    SELECT account_id, id, ? FROM entry WHERE ${ofAccount} AND sealed_bytes > 0 AND ? <= sealed_bytes
    ON CONFLICT (account_id, id) DO UPDATE SET sealed = excluded.sealed`;
  for (const { id, sealed } of outlines) {
    connection.run(sql, sealed, accountId, id, sealed.length - limits.outlineMarginBytes);
  }
}
