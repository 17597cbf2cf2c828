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
import { findAccount, findKeys, isTaken } from "./rows/account.ts";
import { cancelAll } from "./rows/held.ts";

const accountJobs = { createAccount, replaceKeyring: changeKeyring, closeAccount };

export function accountStore(database: Access): AccountStore {
  return {
    ...database.writes(accountJobs),
    findAccount: (name) => database.ask(findAccount, name),
    wasAccount: (name) => database.ask(wasAccount, name),
    findKeys: (names) => database.ask(findKeys, names),
    keyring: (accountId, known) => database.ask(keyring, accountId, known),
  };
}

async function createAccount(connection: SqlConnection, account: NewAccount): Promise<AccountId> {
  await connection.lock([]);
  return await insertAccount(connection, account, null);
}

/** Makes an account with its own bound of bytes; null: the server's. @throws {MailError} `name_taken` */
export async function insertAccount(
  connection: SqlConnection,
  account: NewAccount,
  maxBytes: number | null,
): Promise<AccountId> {
  if (await isTaken(connection, account)) throw nameTaken(account.name);
  const { id } = await connection.one<{ id: AccountId }>(
    `WITH added AS (
       INSERT INTO account (name, skeleton, salt, memory_kib, passes, login_key,
         signing_key, recipient, signature, fingerprint, sealed_keys, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id),
     listed AS (INSERT INTO folder_list (account_id) SELECT id FROM added)
     INSERT INTO mailbox (account_id, max_bytes) SELECT id, $13::bigint FROM added
     RETURNING account_id AS id`,
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
    maxBytes,
  );
  return id;
}

/** Tells whether a name was that of an account which is closed now; the server's own is nobody's. */
async function wasAccount(connection: SqlConnection, name: AccountName): Promise<boolean> {
  const sql = "SELECT 1 FROM account WHERE name = $1 AND closed_at IS NOT NULL AND id > 0";
  return await connection.get(sql, name) !== undefined;
}

/** A part with what is the same for all of them; the part is null where there is none to tell. */
interface KeyringRow {
  readonly restoredAt: number;
  /** The version of the part that was known; null: there is none. */
  readonly known: number | null;
  readonly version: number | null;
  readonly sealed: Uint8Array | null;
}

async function keyring(
  connection: SqlConnection,
  accountId: AccountId,
  known: KeyringTag | null = null,
): Promise<StoredKeyring> {
  const rows = await connection.all<KeyringRow>(
    `SELECT restored_at, known.version AS known, part.version, part.sealed FROM mailbox
     LEFT JOIN LATERAL (SELECT version FROM keyring
       WHERE account_id = $1 AND tag = $2 ORDER BY version LIMIT 1) known ON true
     LEFT JOIN keyring part
       ON part.account_id = $1 AND part.version > coalesce(known.version, 0)
     WHERE mailbox.account_id = $1 ORDER BY part.version`,
    accountId,
    known,
  );
  const [first] = rows;
  if (first === undefined) throw noSuchAccount(accountId);
  return { isWhole: first.known === null, parts: partsOf(rows), restoredAt: first.restoredAt };
}

function partsOf(rows: readonly KeyringRow[]): KeyringPart[] {
  return rows.flatMap(({ version, sealed }) =>
    version === null || sealed === null ? [] : [{ version, sealed }]
  );
}

async function changeKeyring(
  connection: SqlConnection,
  accountId: AccountId,
  update: KeyringUpdate,
): Promise<void> {
  await connection.lock([accountId]);
  await replaceKeyring(connection, accountId, update);
}

/** Changes the keyring of an account that is locked. @throws {MailError} as `AccountStore.replaceKeyring` */
export async function replaceKeyring(
  connection: SqlConnection,
  accountId: AccountId,
  update: KeyringUpdate,
): Promise<void> {
  const newest = await connection.get<
    { version: number; tag: KeyringTag; count: number; bytes: number }
  >(
    `SELECT version, tag, count(*) OVER () AS count, sum(octet_length(sealed)) OVER () AS bytes
     FROM keyring WHERE account_id = $1 ORDER BY version DESC LIMIT 1`,
    accountId,
  );
  requireNewest(update, newest);
  if (update.after !== null) {
    const { count = 0, bytes = 0 } = newest ?? {};
    requireRoomForPart({ count: count + 1, bytes: bytes + update.sealed.length });
  }
  await connection.run(
    `WITH replaced AS (DELETE FROM keyring WHERE account_id = $1 AND $2::boolean)
     INSERT INTO keyring (account_id, version, tag, sealed) VALUES ($1, $3, $4, $5)`,
    accountId,
    update.after === null,
    update.version,
    tagOf(update),
    update.sealed,
  );
}

/** Erases all of an account but its mail; nobody finds it from now on. */
async function closeAccount(
  connection: SqlConnection,
  accountId: AccountId,
  closedAt: number,
): Promise<void> {
  await connection.lock([accountId]);
  const closed = await connection.run(
    `UPDATE account SET closed_at = $1, epoch = epoch + 1, salt = '', memory_kib = 0, passes = 0,
       signing_key = '', login_key = '', recipient = '', signature = '', fingerprint = '',
       sealed_keys = ''
     WHERE id = $2 AND closed_at IS NULL`,
    closedAt,
    accountId,
  );
  if (closed === 0) return;
  await cancelAll(connection, accountId, closedAt);
  await dropUploads(connection, accountId);
  await connection.run(erasing, accountId);
}

/** Rows of an account that go when it is closed, by table. */
const erased = [
  "keyring",
  "folder_list",
  "recovery",
  "succession",
  "alias",
  "app_password",
  "device",
  "request",
  "blocked",
  "retention_notice",
];

const erasing = `WITH ${
  erased.map((table) => `of_${table} AS (DELETE FROM ${table} WHERE account_id = $1)`).join(", ")
} DELETE FROM mailbox WHERE account_id = $1`;

/** Two statements: a chunk that comes meanwhile holds its upload, and is seen by the second. */
async function dropUploads(connection: SqlConnection, accountId: AccountId): Promise<void> {
  const dropped = await connection.all<{ id: number }>(
    "DELETE FROM body WHERE account_id = $1 AND holders IS NULL RETURNING id",
    accountId,
  );
  if (dropped.length === 0) return;
  const sql = "DELETE FROM body_chunk WHERE body_id = ANY($1::bigint[])";
  await connection.run(sql, dropped.map(({ id }) => id));
}
