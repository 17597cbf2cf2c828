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
    findAccount: (name) => database.ask(findAccount, name),
    wasAccount: (name) => database.ask(wasAccount, name),
    findKeys: (names) => database.ask(findKeys, names),
    keyring: (accountId, known) => database.read(keyring, accountId, known),
  };
}

export async function createAccount(
  connection: SqlConnection,
  account: NewAccount,
): Promise<AccountId> {
  await connection.lock([]);
  if (await isTaken(connection, account)) throw nameTaken(account.name);
  const id = await insertAccount(connection, account);
  await connection.run("INSERT INTO folder_list (account_id) VALUES ($1)", id);
  await connection.run("INSERT INTO mailbox (account_id) VALUES ($1)", id);
  return id;
}

async function insertAccount(connection: SqlConnection, account: NewAccount): Promise<AccountId> {
  const { id } = await connection.one<{ id: AccountId }>(
    `INSERT INTO account (name, skeleton, salt, memory_kib, passes, login_key,
       signing_key, recipient, signature, fingerprint, sealed_keys, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
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
  );
  return id;
}

/** Tells whether a name was that of an account which is closed now; the server's own is nobody's. */
async function wasAccount(connection: SqlConnection, name: AccountName): Promise<boolean> {
  const sql = "SELECT 1 FROM account WHERE name = $1 AND closed_at IS NOT NULL AND id > 0";
  return await connection.get(sql, name) !== undefined;
}

async function keyring(
  connection: SqlConnection,
  accountId: AccountId,
  known: KeyringTag | null = null,
): Promise<StoredKeyring> {
  const mailbox = await connection.get<{ restoredAt: number }>(
    "SELECT restored_at FROM mailbox WHERE account_id = $1",
    accountId,
  );
  if (mailbox === undefined) throw noSuchAccount(accountId);
  const there = known && await connection.get<{ version: number }>(
    "SELECT version FROM keyring WHERE account_id = $1 AND tag = $2",
    accountId,
    known,
  );
  const parts = await connection.all<KeyringPart>(
    "SELECT version, sealed FROM keyring WHERE account_id = $1 AND version > $2 ORDER BY version",
    accountId,
    there?.version ?? 0,
  );
  return { isWhole: !there, parts, ...mailbox };
}

export async function replaceKeyring(
  connection: SqlConnection,
  accountId: AccountId,
  update: KeyringUpdate,
): Promise<void> {
  const newest = await connection.get<{ version: number; tag: KeyringTag }>(
    "SELECT version, tag FROM keyring WHERE account_id = $1 ORDER BY version DESC LIMIT 1",
    accountId,
  );
  requireNewest(update, newest);
  if (update.after === null) {
    await connection.run("DELETE FROM keyring WHERE account_id = $1", accountId);
  }
  await connection.run(
    "INSERT INTO keyring (account_id, version, tag, sealed) VALUES ($1, $2, $3, $4)",
    accountId,
    update.version,
    tagOf(update),
    update.sealed,
  );
  if (update.after === null) return;
  requireRoomForPart(
    await connection.one(
      "SELECT count(*) AS count, sum(octet_length(sealed)) AS bytes FROM keyring WHERE account_id = $1",
      accountId,
    ),
  );
}

/** Erases all of an account but its mail; nobody finds it from now on. */
async function closeAccount(
  connection: SqlConnection,
  accountId: AccountId,
  closedAt: number,
): Promise<void> {
  const closed = await connection.run(
    `UPDATE account SET closed_at = $1, epoch = epoch + 1, salt = '', memory_kib = 0, passes = 0, signing_key = '',
       login_key = '', recipient = '', signature = '', fingerprint = '', sealed_keys = ''
     WHERE id = $2 AND closed_at IS NULL`,
    closedAt,
    accountId,
  );
  if (closed === 0) return;
  await cancelAll(connection, accountId, closedAt);
  await connection.run("DELETE FROM keyring WHERE account_id = $1", accountId);
  await connection.run("DELETE FROM folder_list WHERE account_id = $1", accountId);
  await connection.run("DELETE FROM recovery WHERE account_id = $1", accountId);
  await connection.run("DELETE FROM succession WHERE account_id = $1", accountId);
  await connection.run("DELETE FROM alias WHERE account_id = $1", accountId);
  await dropAppPasswords(connection, accountId);
  await carryDevices(connection, accountId, []);
  await connection.run("DELETE FROM request WHERE account_id = $1", accountId);
  await connection.run("DELETE FROM blocked WHERE account_id = $1", accountId);
  await connection.run("DELETE FROM mailbox WHERE account_id = $1", accountId);
  await connection.run("DELETE FROM retention_notice WHERE account_id = $1", accountId);
  await connection.run(
    "UPDATE body SET holders = 0 WHERE account_id = $1 AND holders IS NULL",
    accountId,
  );
}
