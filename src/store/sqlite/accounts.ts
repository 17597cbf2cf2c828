/** Accounts, their public keys and their keyrings, in SQL. */
import { nameTaken, noSuchAccount } from "../failures.ts";
import type { Connection } from "./connection.ts";
import type { Account, NewAccount, StoredKeys } from "../account_store.ts";
import type { AccountChange } from "../credential_store.ts";

const keyColumns = `signing_key AS signingKey, recipient, signature, fingerprint`;

const accountColumns = `id, name, skeleton, salt, memory_kib AS memoryKiB, passes,
  authentication_hash AS authenticationHash, ${keyColumns}, sealed_keys AS sealedKeys,
  created_at AS createdAt, disabled_at AS disabledAt`;

type AccountRow =
  & Omit<Account, "parameters" | "keys">
  & Account["parameters"]
  & StoredKeys;

export function createAccount(connection: Connection, account: NewAccount): Account {
  const taken = "SELECT 1 FROM account WHERE name = ? OR skeleton = ?";
  if (connection.get(taken, account.name, account.skeleton)) throw nameTaken(account.name);
  const id = insertAccount(connection, account);
  connection.run("INSERT INTO keyring (account_id) VALUES (?)", id);
  connection.run("INSERT INTO mailbox (account_id) VALUES (?)", id);
  return findAccount(connection, account.name)!;
}

function insertAccount(connection: Connection, account: NewAccount): number {
  return connection.one<{ id: number }>(
    `INSERT INTO account (name, skeleton, salt, memory_kib, passes, authentication_hash,
       signing_key, recipient, signature, fingerprint, sealed_keys, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    account.name,
    account.skeleton,
    account.parameters.salt,
    account.parameters.memoryKiB,
    account.parameters.passes,
    account.authenticationHash,
    account.keys.signingKey,
    account.keys.recipient,
    account.keys.signature,
    account.keys.fingerprint,
    account.sealedKeys,
    account.createdAt,
  ).id;
}

export function findAccount(connection: Connection, name: string): Account | null {
  const row = connection.get<AccountRow>(
    `SELECT ${accountColumns} FROM account WHERE name = ? AND closed_at IS NULL`,
    name,
  );
  if (row === undefined) return null;
  const { salt, memoryKiB, passes, signingKey, recipient, signature, fingerprint, ...rest } = row;
  return {
    ...rest,
    parameters: { salt, memoryKiB, passes },
    keys: { signingKey, recipient, signature, fingerprint },
  };
}

/** Tells whether a name was that of an account which is closed now; the server's own is nobody's. */
export function wasAccount(connection: Connection, name: string): boolean {
  const sql = "SELECT 1 FROM account WHERE name = ? AND closed_at IS NOT NULL AND id > 0";
  return connection.get(sql, name) !== undefined;
}

export function findKeys(connection: Connection, names: readonly string[]): (StoredKeys | null)[] {
  const sql = `SELECT ${keyColumns} FROM account WHERE name = ? AND closed_at IS NULL`;
  return names.map((name) => connection.get<StoredKeys>(sql, name) ?? null);
}

export function keyring(
  connection: Connection,
  accountId: number,
): { version: number; sealed: Uint8Array | null } {
  const row = connection.get<{ version: number; sealed: Uint8Array | null }>(
    "SELECT version, sealed FROM keyring WHERE account_id = ?",
    accountId,
  );
  if (row === undefined) throw noSuchAccount(accountId);
  return row;
}

export function replaceKeyring(
  connection: Connection,
  change: { accountId: number; expectedVersion: number; sealed: Uint8Array },
): boolean {
  const changed = connection.run(
    `UPDATE keyring SET version = version + 1, sealed = ? WHERE account_id = ? AND version = ?`,
    change.sealed,
    change.accountId,
    change.expectedVersion,
  );
  return changed === 1;
}

/** True where the sealed keys are still the expected ones. */
export function isExpected(
  connection: Connection,
  { accountId, expectedSealedKeys }: AccountChange,
): boolean {
  const sql = "SELECT 1 FROM account WHERE id = ? AND sealed_keys = ?";
  return connection.get(sql, accountId, expectedSealedKeys) !== undefined;
}
