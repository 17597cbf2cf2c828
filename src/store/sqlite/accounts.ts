/** Accounts and their keyrings, in SQL. */
import type { AccountName } from "../../model/address.ts";
import type { KeyringTag } from "../../model/digests.ts";
import type { AccountId } from "../../model/ids.ts";
import { type KeyringPart, tagOf } from "../../model/keyring.ts";
import type { AccountStore, KeyringUpdate, NewAccount, StoredKeyring } from "../account_store.ts";
import { nameTaken, noSuchAccount } from "../failures.ts";
import { requireNewest, requireRoomForPart } from "../rules/keyring.ts";
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
    keyring: (accountId, known) => database.read(keyring, accountId, known),
  };
}

export function createAccount(connection: SqlConnection, account: NewAccount): AccountId {
  if (isTaken(connection, account)) throw nameTaken(account.name);
  const id = insertAccount(connection, account);
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
  known: KeyringTag | null = null,
): StoredKeyring {
  const mailbox = connection.get<{ restoredAt: number }>(
    "SELECT restored_at AS restoredAt FROM mailbox WHERE account_id = ?",
    accountId,
  );
  if (mailbox === undefined) throw noSuchAccount(accountId);
  const there = known && connection.get<{ version: number }>(
    "SELECT version FROM keyring WHERE account_id = ? AND tag = ?",
    accountId,
    known,
  );
  const parts = connection.all<KeyringPart>(
    "SELECT version, sealed FROM keyring WHERE account_id = ? AND version > ? ORDER BY version",
    accountId,
    there?.version ?? 0,
  );
  return { isWhole: !there, parts, ...mailbox };
}

export function replaceKeyring(
  connection: SqlConnection,
  accountId: AccountId,
  update: KeyringUpdate,
): void {
  const newest = connection.get<{ version: number; tag: KeyringTag }>(
    "SELECT version, tag FROM keyring WHERE account_id = ? ORDER BY version DESC LIMIT 1",
    accountId,
  );
  requireNewest(update, newest);
  if (update.after === null) {
    connection.run("DELETE FROM keyring WHERE account_id = ?", accountId);
  }
  connection.run(
    "INSERT INTO keyring (account_id, version, tag, sealed) VALUES (?, ?, ?, ?)",
    accountId,
    update.version,
    tagOf(update),
    update.sealed,
  );
  if (update.after === null) return;
  requireRoomForPart(connection.one(
    "SELECT count(*) AS count, sum(length(sealed)) AS bytes FROM keyring WHERE account_id = ?",
    accountId,
  ));
}

/** Erases all of an account but its mail; nobody finds it from now on. */
function closeAccount(connection: SqlConnection, accountId: AccountId, closedAt: number): void {
  const closed = connection.change(
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
