/** Rows of accounts, as other subjects read them. */
import type { AccountName } from "../../../model/address.ts";
import type { AccountId } from "../../../model/ids.ts";
import type { Account, StoredKeys } from "../../account_store.ts";
import { sessionOver } from "../../failures.ts";
import type { Actor } from "../../store.ts";
import type { SqlConnection } from "../connection.ts";

const keyColumns = `signing_key AS signingKey, recipient, signature, fingerprint`;

const accountColumns = `id, name, skeleton, epoch, salt, memory_kib AS memoryKiB, passes,
  login_key AS loginKey, ${keyColumns}, sealed_keys AS sealedKeys,
  created_at AS createdAt, disabled_at AS disabledAt`;

type AccountRow =
  & Omit<Account, "parameters" | "keys">
  & Account["parameters"]
  & StoredKeys;

export function findAccount(connection: SqlConnection, name: AccountName): Account | null {
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

export function findKeys(
  connection: SqlConnection,
  names: readonly AccountName[],
): (StoredKeys | null)[] {
  const sql = `SELECT ${keyColumns} FROM account WHERE name = ? AND closed_at IS NULL`;
  return names.map((name) => connection.get<StoredKeys>(sql, name) ?? null);
}

/** True where an account, closed or not, or an alias has the name, or looks like it. */
export function isTaken(
  connection: SqlConnection,
  { name, skeleton }: { readonly name: string; readonly skeleton: string },
): boolean {
  const sql = `SELECT 1 FROM account WHERE name = ? OR skeleton = ?
    UNION ALL SELECT 1 FROM alias WHERE name = ? OR skeleton = ?`;
  return connection.get(sql, name, skeleton, name, skeleton) !== undefined;
}

/** @throws {MailError} `unavailable` where the account has another epoch by now, or the device was revoked */
export function requireCurrent(connection: SqlConnection, { id, epoch, device }: Actor): void {
  const account = "SELECT 1 FROM account WHERE id = ? AND epoch = ?";
  const found = device === undefined
    ? connection.get(account, id, epoch)
    : connection.get(`${account} AND EXISTS (${ofDevice})`, id, epoch, id, device);
  if (found === undefined) throw sessionOver();
}

const ofDevice = "SELECT 1 FROM device WHERE account_id = ? AND public_key = ?";

/** Ends all application passwords of an account. */
export function dropAppPasswords(connection: SqlConnection, accountId: AccountId): void {
  connection.run("DELETE FROM app_password WHERE account_id = ?", accountId);
}
