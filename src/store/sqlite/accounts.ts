/** Accounts and their keyrings, in SQL. */
import type { AccountName } from "../../model/address.ts";
import type { AccountId } from "../../model/ids.ts";
import type { AccountStore, KeyringUpdate, NewAccount, StoredKeyring } from "../account_store.ts";
import { keyringChanged, nameTaken, noSuchAccount } from "../failures.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { dropAppPasswords, findAccount, findKeys, isTaken } from "./rows/account.ts";
import { carryDevices } from "./rows/device.ts";
import { cancelAll } from "./rows/held.ts";

export const accountJobs = { createAccount, replaceKeyring, closeAccount };

export function accountStore(database: Access): AccountStore {
  return {
    ...database.writes(accountJobs),
    findAccount: (name) => database.read(findAccount, name),
    wasAccount: (name) => database.read(wasAccount, name),
    findKeys: (names) => database.read(findKeys, names),
    keyring: (accountId) => database.read(keyring, accountId),
  };
}

export function createAccount(connection: SqlConnection, account: NewAccount): AccountId {
  if (isTaken(connection, account)) throw nameTaken(account.name);
  const id = insertAccount(connection, account);
  connection.run("INSERT INTO keyring (account_id) VALUES (?)", id);
  connection.run("INSERT INTO folder_list (account_id) VALUES (?)", id);
  connection.run("INSERT INTO mailbox (account_id) VALUES (?)", id);
  return id;
}

function insertAccount(connection: SqlConnection, account: NewAccount): AccountId {
  return connection.one<{ id: AccountId }>(
    `INSERT INTO account (name, skeleton, salt, memory_kib, passes, login_key,
       signing_key, recipient, signature, fingerprint, sealed_keys, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    account.name,
    account.skeleton,
    account.parameters.salt,
    account.parameters.memoryKiB,
    account.parameters.passes,
    account.loginKey,
    account.keys.signingKey,
    account.keys.recipient,
    account.keys.signature,
    account.keys.fingerprint,
    account.sealedKeys,
    account.createdAt,
  ).id;
}

/** Tells whether a name was that of an account which is closed now; the server's own is nobody's. */
function wasAccount(connection: SqlConnection, name: AccountName): boolean {
  const sql = "SELECT 1 FROM account WHERE name = ? AND closed_at IS NOT NULL AND id > 0";
  return connection.get(sql, name) !== undefined;
}

function keyring(
  connection: SqlConnection,
  accountId: AccountId,
): StoredKeyring {
  const row = connection.get<StoredKeyring>(
    "SELECT version, sealed, restored_at AS restoredAt FROM keyring WHERE account_id = ?",
    accountId,
  );
  if (row === undefined) throw noSuchAccount(accountId);
  return row;
}

export function replaceKeyring(
  connection: SqlConnection,
  accountId: AccountId,
  { expectedVersion, version, sealed }: KeyringUpdate,
): void {
  const changed = connection.run(
    `UPDATE keyring SET version = ?, sealed = ? WHERE account_id = ? AND version = ?`,
    version,
    sealed,
    accountId,
    expectedVersion,
  );
  if (changed === 0) throw keyringChanged();
}

/** Erases all of an account but its mail; nobody finds it from now on. */
function closeAccount(connection: SqlConnection, accountId: AccountId, closedAt: number): void {
  const closed = connection.run(
    `UPDATE account SET closed_at = ?, epoch = epoch + 1, salt = x'', memory_kib = 0, passes = 0, signing_key = x'',
       login_key = x'', recipient = '', signature = x'', fingerprint = x'', sealed_keys = x''
     WHERE id = ? AND closed_at IS NULL`,
    closedAt,
    accountId,
  );
  if (closed === 0) return;
  cancelAll(connection, accountId, closedAt);
  connection.run("DELETE FROM keyring WHERE account_id = ?", accountId);
  connection.run("DELETE FROM folder_list WHERE account_id = ?", accountId);
  connection.run("DELETE FROM recovery WHERE account_id = ?", accountId);
  connection.run("DELETE FROM succession WHERE account_id = ?", accountId);
  connection.run("DELETE FROM alias WHERE account_id = ?", accountId);
  dropAppPasswords(connection, accountId);
  carryDevices(connection, accountId, []);
  connection.run("DELETE FROM request WHERE account_id = ?", accountId);
  connection.run("DELETE FROM blocked WHERE account_id = ?", accountId);
  connection.run("DELETE FROM mailbox WHERE account_id = ?", accountId);
  connection.run("DELETE FROM retention_notice WHERE account_id = ?", accountId);
  connection.run(
    "UPDATE body SET holders = 0 WHERE account_id = ? AND holders IS NULL",
    accountId,
  );
}
