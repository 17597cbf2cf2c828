/** How accounts are entered, in SQL. */
import type { AccountName } from "../../model/address.ts";
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
import { dropAppPasswords, findAccount } from "./rows/account.ts";
import { carryDevices } from "./rows/device.ts";
import { dropRecovery } from "./rows/recovery.ts";
import { findLines, replaceKeys } from "./rows/successions.ts";

export const credentialJobs = {
  replacePassword,
  replaceRecovery,
  recover,
  replaceKeys,
  replaceSealedKeys,
};

export function credentialStore(database: Access): CredentialStore {
  return {
    ...database.writes(credentialJobs),
    findRecovery: (name) => database.read(findRecovery, name),
    findLines: (names) => database.read(findLines, names),
  };
}

function replacePassword(
  connection: SqlConnection,
  { accountId, devices, ...password }: AccountChange & DeviceChange & StoredPassword,
): number {
  carryDevices(connection, accountId, devices);
  return setPassword(connection, accountId, password);
}

function replaceRecovery(
  connection: SqlConnection,
  { accountId, recovery }: AccountChange & { recovery: StoredRecovery | null },
): void {
  dropRecovery(connection, accountId);
  if (recovery === null) return;
  connection.run(
    "INSERT INTO recovery (account_id, public_key, sealed_keys) VALUES (?, ?, ?)",
    accountId,
    recovery.key,
    recovery.sealedKeys,
  );
}

function findRecovery(
  connection: SqlConnection,
  name: AccountName,
): { account: Account; recovery: StoredRecovery } | null {
  const recovery = connection.get<StoredRecovery>(
    `SELECT recovery.public_key AS key, recovery.sealed_keys AS sealedKeys
     FROM account JOIN recovery ON recovery.account_id = account.id WHERE account.name = ?`,
    name,
  );
  return recovery === undefined ? null : { account: findAccount(connection, name)!, recovery };
}

function recover(
  connection: SqlConnection,
  { accountId, recoveryKey, ...password }: RecoveryChange,
): boolean {
  const sql = "DELETE FROM recovery WHERE account_id = ? AND public_key = ?";
  if (connection.change(sql, accountId, recoveryKey) === 0) return false;
  dropAppPasswords(connection, accountId);
  carryDevices(connection, accountId, []);
  setPassword(connection, accountId, password);
  return true;
}

function replaceSealedKeys(
  connection: SqlConnection,
  { accountId, sealedKeys, devices }: SealedKeysChange,
): ChangedKeys {
  carryDevices(connection, accountId, devices);
  const sql = "UPDATE account SET sealed_keys = ?, epoch = epoch + 1 WHERE id = ? RETURNING epoch";
  const { epoch } = connection.one<{ epoch: number }>(sql, sealedKeys, accountId);
  return { epoch, recoveryEnded: dropRecovery(connection, accountId) };
}

/** Returns the epoch that the account has from then on. */
function setPassword(
  connection: SqlConnection,
  accountId: AccountId,
  { parameters, loginKey, sealedKeys }: StoredPassword,
): number {
  return connection.one<{ epoch: number }>(
    `UPDATE account SET salt = ?, memory_kib = ?, passes = ?, login_key = ?, sealed_keys = ?,
       epoch = epoch + 1 WHERE id = ? RETURNING epoch`,
    parameters.salt,
    parameters.memoryKiB,
    parameters.passes,
    loginKey,
    sealedKeys,
    accountId,
  ).epoch;
}
