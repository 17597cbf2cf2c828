/** Application passwords, in SQL. */
import type { AccountId } from "../../model/ids.ts";
import type { AppPassword, AppPasswordStore, NewAppPassword } from "../app_password_store.ts";
import type { AccountChange } from "../credential_store.ts";
import { requireRoomForAppPassword } from "../rules/labels.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";

export const appPasswordJobs = { addAppPassword, removeAppPassword, noteAppPasswordUse };

export function appPasswordStore(database: Access): AppPasswordStore {
  return {
    ...database.writes(appPasswordJobs),
    appPasswords: (accountId) => database.read(appPasswords, accountId),
  };
}

function addAppPassword(
  connection: SqlConnection,
  { accountId, ...added }: AccountChange & NewAppPassword,
): void {
  requireRoomForAppPassword(appPasswords(connection, accountId), added.label);
  connection.run(
    `INSERT INTO app_password (account_id, label, scope, verifier, created_at)
     VALUES (?, ?, ?, ?, ?)`,
    accountId,
    added.label,
    added.scope,
    added.verifier,
    added.createdAt,
  );
}

function appPasswords(connection: SqlConnection, accountId: AccountId): AppPassword[] {
  return connection.all<AppPassword>(
    `SELECT label, scope, verifier, created_at AS createdAt, used_at AS usedAt
     FROM app_password WHERE account_id = ? ORDER BY label`,
    accountId,
  );
}

function removeAppPassword(
  connection: SqlConnection,
  accountId: AccountId,
  label: string,
): boolean {
  const sql = "DELETE FROM app_password WHERE account_id = ? AND label = ?";
  return connection.change(sql, accountId, label) > 0;
}

function noteAppPasswordUse(
  connection: SqlConnection,
  accountId: AccountId,
  label: string,
  usedAt: number,
): void {
  const sql = "UPDATE app_password SET used_at = ? WHERE account_id = ? AND label = ?";
  connection.run(sql, usedAt, accountId, label);
}
