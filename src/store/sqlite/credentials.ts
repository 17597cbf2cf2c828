/** How accounts are entered, in SQL: each change holds only where the account is still what it was made for. */
import type { AccountName } from "../../model/address.ts";
import type { AccountId } from "../../model/ids.ts";
import type { Account } from "../account_store.ts";
import type {
  AccountChange,
  CredentialStore,
  DeviceChange,
  RecoveryChange,
  StoredPassword,
  StoredRecovery,
} from "../credential_store.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { dropAppPasswords, findAccount, isExpected } from "./rows/account.ts";
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
  { accountId, expectedSealedKeys, devices, ...password }:
    & AccountChange
    & DeviceChange
    & StoredPassword,
): boolean {
  if (!isExpected(connection, { accountId, expectedSealedKeys })) return false;
  carryDevices(connection, accountId, devices);
  setPassword(connection, accountId, password);
  return true;
}

function replaceRecovery(
  connection: SqlConnection,
  { recovery, ...expected }: AccountChange & { recovery: StoredRecovery | null },
): boolean {
  if (!isExpected(connection, expected)) return false;
  dropRecovery(connection, expected.accountId);
  if (recovery !== null) {
    connection.run(
      "INSERT INTO recovery (account_id, public_key, sealed_keys) VALUES (?, ?, ?)",
      expected.accountId,
      recovery.key,
      recovery.sealedKeys,
    );
  }
  return true;
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
  if (connection.run(sql, accountId, recoveryKey) === 0) return false;
  dropAppPasswords(connection, accountId);
  carryDevices(connection, accountId, []);
  setPassword(connection, accountId, password);
  return true;
}

function replaceSealedKeys(
  connection: SqlConnection,
  { sealedKeys, devices, ...expected }:
    & AccountChange
    & DeviceChange
    & { readonly sealedKeys: Uint8Array },
): { readonly recoveryEnded: boolean } | null {
  const { accountId } = expected;
  if (!isExpected(connection, expected)) return null;
  carryDevices(connection, accountId, devices);
  const sql = "UPDATE account SET sealed_keys = ?, epoch = epoch + 1 WHERE id = ?";
  connection.run(sql, sealedKeys, accountId);
  return { recoveryEnded: dropRecovery(connection, accountId) };
}

function setPassword(
  connection: SqlConnection,
  accountId: AccountId,
  { parameters, loginKey, sealedKeys }: StoredPassword,
): void {
  connection.run(
    `UPDATE account SET salt = ?, memory_kib = ?, passes = ?, login_key = ?, sealed_keys = ?,
       epoch = epoch + 1 WHERE id = ?`,
    parameters.salt,
    parameters.memoryKiB,
    parameters.passes,
    loginKey,
    sealedKeys,
    accountId,
  );
}
