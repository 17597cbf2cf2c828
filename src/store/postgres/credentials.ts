/** How accounts are entered, in SQL. */
import type { AccountName } from "../../model/address.ts";
import type { RecoveryKey } from "../../model/digests.ts";
import type { AccountId } from "../../model/ids.ts";
import type { Account } from "../account_store.ts";
import type {
  AccountChange,
  ChangedKeys,
  CredentialStore,
  DeviceChange,
  RecoveryChange,
  SealedKeysChange,
  StoredPassword,
  StoredRecovery,
} from "../credential_store.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { accountColumns, accountOf, type AccountRow, dropAppPasswords } from "./rows/account.ts";
import { carryDevices } from "./rows/device.ts";
import { dropRecovery } from "./rows/recovery.ts";
import { findLines, replaceKeys } from "./rows/successions.ts";

const credentialJobs = {
  replacePassword,
  replaceRecovery,
  recover,
  replaceKeys,
  replaceSealedKeys,
};

export function credentialStore(database: Access): CredentialStore {
  return {
    ...database.writes(credentialJobs),
    findRecovery: (name) => database.ask(findRecovery, name),
    findLines: (names) => database.ask(findLines, names),
  };
}

async function replacePassword(
  connection: SqlConnection,
  { accountId, devices, ...password }: AccountChange & DeviceChange & StoredPassword,
): Promise<number> {
  await connection.lock([accountId]);
  await carryDevices(connection, accountId, devices);
  return await setPassword(connection, accountId, password);
}

async function replaceRecovery(
  connection: SqlConnection,
  { accountId, recovery }: AccountChange & { recovery: StoredRecovery | null },
): Promise<void> {
  await connection.lock([accountId]);
  if (recovery === null) {
    await dropRecovery(connection, accountId);
    return;
  }
  await connection.run(
    `INSERT INTO recovery (account_id, public_key, sealed_keys) VALUES ($1, $2, $3)
     ON CONFLICT (account_id) DO UPDATE
     SET public_key = excluded.public_key, sealed_keys = excluded.sealed_keys`,
    accountId,
    recovery.key,
    recovery.sealedKeys,
  );
}

async function findRecovery(
  connection: SqlConnection,
  name: AccountName,
): Promise<{ account: Account; recovery: StoredRecovery } | null> {
  const row = await connection.get<AccountRow & { codeKey: RecoveryKey; codeSealed: Uint8Array }>(
    `SELECT ${accountColumns}, code_key, code_sealed FROM account
     JOIN (SELECT account_id, public_key AS code_key, sealed_keys AS code_sealed FROM recovery)
       AS recovery ON recovery.account_id = account.id
     WHERE account.name = $1`,
    name,
  );
  if (row === undefined) return null;
  const { codeKey, codeSealed, ...account } = row;
  return { account: accountOf(account), recovery: { key: codeKey, sealedKeys: codeSealed } };
}

async function recover(
  connection: SqlConnection,
  { accountId, recoveryKey, ...password }: RecoveryChange,
): Promise<boolean> {
  await connection.lock([accountId]);
  const sql = "DELETE FROM recovery WHERE account_id = $1 AND public_key = $2";
  if (await connection.run(sql, accountId, recoveryKey) === 0) return false;
  await dropAppPasswords(connection, accountId);
  await carryDevices(connection, accountId, []);
  await setPassword(connection, accountId, password);
  return true;
}

async function replaceSealedKeys(
  connection: SqlConnection,
  { accountId, sealedKeys, devices }: SealedKeysChange,
): Promise<ChangedKeys> {
  await connection.lock([accountId]);
  await carryDevices(connection, accountId, devices);
  const sql =
    "UPDATE account SET sealed_keys = $1, epoch = epoch + 1 WHERE id = $2 RETURNING epoch";
  const { epoch } = await connection.one<{ epoch: number }>(sql, sealedKeys, accountId);
  return { epoch, recoveryEnded: await dropRecovery(connection, accountId) };
}

/** Returns the epoch that the account has from then on. */
async function setPassword(
  connection: SqlConnection,
  accountId: AccountId,
  { parameters, loginKey, sealedKeys }: StoredPassword,
): Promise<number> {
  const { epoch } = await connection.one<{ epoch: number }>(
    `UPDATE account SET salt = $1, memory_kib = $2, passes = $3, login_key = $4, sealed_keys = $5,
       epoch = epoch + 1 WHERE id = $6 RETURNING epoch`,
    parameters.salt,
    parameters.memoryKiB,
    parameters.passes,
    loginKey,
    sealedKeys,
    accountId,
  );
  return epoch;
}
