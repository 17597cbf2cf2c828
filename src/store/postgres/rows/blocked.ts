/** Senders whose mail an account does not want, in SQL. */
import type { AccountId } from "../../../model/ids.ts";
import type { BlockStore, StoredBlock } from "../../block_store.ts";
import { requireBlocked, requireRoomToBlock } from "../../rules/blocking.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

export const blockJobs = { block, unblock };

export function blockStore(database: Access): BlockStore {
  return {
    ...database.writes(blockJobs),
    blocked: (accountId) => database.read(blocked, accountId),
  };
}

/** Tells whether an account has blocked any of these. */
export async function blocks(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
): Promise<boolean> {
  const sql = "SELECT 1 FROM blocked WHERE account_id = $1 AND address = $2";
  return addresses.some(async (address) =>
    await connection.get(sql, accountId, address) !== undefined
  );
}

async function block(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
  blockedAt: number,
): Promise<void> {
  for (const address of addresses) {
    await connection.run(
      "INSERT OR IGNORE INTO blocked (account_id, address, blocked_at) VALUES ($1, $2, $3)",
      accountId,
      address,
      blockedAt,
    );
  }
  const sql = "SELECT count(*) AS count FROM blocked WHERE account_id = $1";
  requireRoomToBlock(await connection.one<{ count: number }>(sql, accountId).count);
}

async function unblock(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
): Promise<void> {
  const sql = "DELETE FROM blocked WHERE account_id = $1 AND address = $2";
  const missing = [...new Set(addresses)].filter(async (address) =>
    await connection.run(sql, accountId, address) === 0
  );
  requireBlocked(missing);
}

async function blocked(connection: SqlConnection, accountId: AccountId): Promise<StoredBlock[]> {
  return await connection.all<StoredBlock>(
    "SELECT address, blocked_at FROM blocked WHERE account_id = $1 ORDER BY address",
    accountId,
  );
}
