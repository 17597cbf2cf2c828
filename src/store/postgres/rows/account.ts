/** Rows of accounts, as other subjects read them. */
import type { AccountName } from "../../../model/address.ts";
import type { AccountId } from "../../../model/ids.ts";
import type { Account, StoredKeys } from "../../account_store.ts";
import type { SqlConnection } from "../connection.ts";

export const keyColumns = "signing_key, recipient, signature, fingerprint";

/** What `accountOf` makes an account of. */
export const accountColumns = `id, name, skeleton, epoch, salt, memory_kib AS "memoryKiB", passes,
  login_key, ${keyColumns}, sealed_keys, created_at, disabled_at`;

export type AccountRow =
  & Omit<Account, "parameters" | "keys">
  & Account["parameters"]
  & StoredKeys;

export function accountOf(row: AccountRow): Account {
  const { salt, memoryKiB, passes, signingKey, recipient, signature, fingerprint, ...rest } = row;
  return {
    ...rest,
    parameters: { salt, memoryKiB, passes },
    keys: { signingKey, recipient, signature, fingerprint },
  };
}

export async function findAccount(
  connection: SqlConnection,
  name: AccountName,
): Promise<Account | null> {
  const row = await connection.get<AccountRow>(
    `SELECT ${accountColumns} FROM account WHERE name = $1 AND closed_at IS NULL`,
    name,
  );
  return row === undefined ? null : accountOf(row);
}

/** The id of an account that is not closed, for `lock`; null: there is none. */
export async function findAccountId(
  connection: SqlConnection,
  name: AccountName,
): Promise<AccountId | null> {
  const sql = "SELECT id FROM account WHERE name = $1 AND closed_at IS NULL";
  return (await connection.get<{ id: AccountId }>(sql, name))?.id ?? null;
}

export async function findKeys(
  connection: SqlConnection,
  names: readonly AccountName[],
): Promise<(StoredKeys | null)[]> {
  const rows = await connection.all<StoredKeys & { name: AccountName }>(
    `SELECT name, ${keyColumns} FROM account WHERE name = ANY($1) AND closed_at IS NULL`,
    names,
  );
  const byName = new Map(rows.map(({ name, ...keys }) => [name, keys]));
  return names.map((name) => byName.get(name) ?? null);
}

/**
 * True where an account, closed or not, or an alias has the name, or looks like it. Nobody else takes it until the
 * transaction ends: no constraint spans both tables.
 */
export async function isTaken(
  connection: SqlConnection,
  { name, skeleton }: { readonly name: string; readonly skeleton: string },
): Promise<boolean> {
  // In their order, so that no two wait for each other; and by a statement of its own: the next sees what was done.
  await connection.all(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT hashtextextended(taken, 0) AS key FROM unnest($1::text[]) AS taken ORDER BY key
     ) AS keys`,
    [name, skeleton],
  );
  const sql = `SELECT 1 FROM account WHERE name = $1
    UNION ALL SELECT 1 FROM account WHERE skeleton = $2
    UNION ALL SELECT 1 FROM alias WHERE name = $1
    UNION ALL SELECT 1 FROM alias WHERE skeleton = $2`;
  return await connection.get(sql, name, skeleton) !== undefined;
}

/** Ends all application passwords of an account. */
export async function dropAppPasswords(
  connection: SqlConnection,
  accountId: AccountId,
): Promise<void> {
  await connection.run("DELETE FROM app_password WHERE account_id = $1", accountId);
}
