/** Application passwords, in SQL. */
import type { AccountId } from "../../model/ids.ts";
import type { AppPassword, AppPasswordStore, NewAppPassword } from "../app_password_store.ts";
import type { AccountChange } from "../credential_store.ts";
import { requireRoomForAppPassword } from "../rules/labels.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";

const appPasswordJobs = { addAppPassword, removeAppPassword, noteAppPasswordUse };

export function appPasswordStore(database: Access): AppPasswordStore {
  return {
    ...database.writes(appPasswordJobs),
    appPasswords: (accountId) => database.ask(appPasswords, accountId),
  };
}

async function addAppPassword(
  connection: SqlConnection,
  { accountId, ...added }: AccountChange & NewAppPassword,
): Promise<void> {
  await connection.lock([accountId]);
  requireRoomForAppPassword(await appPasswords(connection, accountId), added.label);
  await connection.run(
    `INSERT INTO app_password (account_id, label, scope, verifier, created_at)
     VALUES ($1, $2, $3, $4, $5)`,
    accountId,
    added.label,
    added.scope,
    added.verifier,
    added.createdAt,
  );
}

async function appPasswords(
  connection: SqlConnection,
  accountId: AccountId,
): Promise<AppPassword[]> {
  return await connection.all<AppPassword>(
    `SELECT label, scope, verifier, created_at, used_at
     FROM app_password WHERE account_id = $1 ORDER BY label`,
    accountId,
  );
}

async function removeAppPassword(
  connection: SqlConnection,
  accountId: AccountId,
  label: string,
): Promise<boolean> {
  await connection.lock([accountId]);
  const sql = "DELETE FROM app_password WHERE account_id = $1 AND label = $2";
  return await connection.run(sql, accountId, label) > 0;
}

async function noteAppPasswordUse(
  connection: SqlConnection,
  accountId: AccountId,
  label: string,
  usedAt: number,
): Promise<void> {
  await connection.lock([]);
  const sql = "UPDATE app_password SET used_at = $1 WHERE account_id = $2 AND label = $3";
  await connection.run(sql, usedAt, accountId, label);
}
