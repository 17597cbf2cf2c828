/** Senders whose mail an account does not want, in SQL. */
import type { AccountId } from "../../../model/ids.ts";
import type { BlockStore, StoredBlock } from "../../block_store.ts";
import { requireBlocked, requireRoomToBlock } from "../../rules/blocking.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

const blockJobs = { block, unblock };

export function blockStore(database: Access): BlockStore {
  return {
    ...database.writes(blockJobs),
    blocked: (accountId) => database.ask(blocked, accountId),
  };
}

async function block(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
  blockedAt: number,
): Promise<void> {
  await connection.lock([accountId]);
  await connection.run(
    `INSERT INTO blocked (account_id, address, blocked_at) SELECT $1, unnest($2::text[]), $3
     ON CONFLICT (account_id, address) DO NOTHING`,
    accountId,
    addresses,
    blockedAt,
  );
  const sql = "SELECT count(*) AS count FROM blocked WHERE account_id = $1";
  requireRoomToBlock((await connection.one<{ count: number }>(sql, accountId)).count);
}

async function unblock(
  connection: SqlConnection,
  accountId: AccountId,
  addresses: readonly string[],
): Promise<void> {
  await connection.lock([accountId]);
  const removed = await connection.all<{ address: string }>(
    "DELETE FROM blocked WHERE account_id = $1 AND address = ANY($2) RETURNING address",
    accountId,
    addresses,
  );
  const there = new Set(removed.map(({ address }) => address));
  requireBlocked([...new Set(addresses).difference(there)]);
}

async function blocked(connection: SqlConnection, accountId: AccountId): Promise<StoredBlock[]> {
  return await connection.all<StoredBlock>(
    "SELECT address, blocked_at FROM blocked WHERE account_id = $1 ORDER BY address",
    accountId,
  );
}
