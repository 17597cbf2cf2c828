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
export function blocks(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
): boolean {
  const sql = "SELECT 1 FROM blocked WHERE account_id = ? AND address = ?";
  return addresses.some((address) => connection.get(sql, accountId, address) !== undefined);
}

function block(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
  blockedAt: number,
): void {
  for (const address of addresses) {
    connection.run(
      "INSERT OR IGNORE INTO blocked (account_id, address, blocked_at) VALUES (?, ?, ?)",
      accountId,
      address,
      blockedAt,
    );
  }
  const sql = "SELECT count(*) AS count FROM blocked WHERE account_id = ?";
  requireRoomToBlock(connection.one<{ count: number }>(sql, accountId).count);
}

function unblock(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
): void {
  const sql = "DELETE FROM blocked WHERE account_id = ? AND address = ?";
  const missing = [...new Set(addresses)].filter((address) =>
    connection.change(sql, accountId, address) === 0
  );
  requireBlocked(missing);
}

function blocked(connection: SqlConnection, accountId: AccountId): StoredBlock[] {
  return connection.all<StoredBlock>(
    "SELECT address, blocked_at AS blockedAt FROM blocked WHERE account_id = ? ORDER BY address",
    accountId,
  );
}
