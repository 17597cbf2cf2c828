/** Aliases, in SQL. */
import type { AliasStore, NewAlias, StoredAlias } from "../alias_store.ts";
import { nameTaken, noSuchAlias } from "../failures.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { findAccount, isTaken } from "./rows/account.ts";
import type { AccountName } from "../../model/address.ts";

export const aliasJobs = { addAlias, removeAliases };

export function aliasStore(database: Access): AliasStore {
  return {
    ...database.writes(aliasJobs),
    aliases: (page) => database.read(aliases, page),
    findAliases: (names) => database.read(findAliases, names),
  };
}

const aliasAndAccount = `SELECT alias.name, account.name AS account
  FROM alias JOIN account ON account.id = alias.account_id`;

async function addAlias(connection: SqlConnection, alias: NewAlias): Promise<boolean> {
  const account = await findAccount(connection, alias.account);
  if (account === null) return false;
  if (await findAliases(connection, [alias.name])[0] === account.name) return true;
  if (await isTaken(connection, alias)) throw nameTaken(alias.name);
  await connection.run(
    "INSERT INTO alias (name, skeleton, account_id) VALUES ($1, $2, $3)",
    alias.name,
    alias.skeleton,
    account.id,
  );
  return true;
}

async function aliases(
  connection: SqlConnection,
  { after, limit }: Parameters<AliasStore["aliases"]>[0],
): Promise<StoredAlias[]> {
  const sql = `${aliasAndAccount} WHERE alias.name > $1 ORDER BY alias.name LIMIT $2`;
  return await connection.all<StoredAlias>(sql, after ?? "", limit);
}

async function removeAliases(
  connection: SqlConnection,
  names: readonly AccountName[],
): Promise<void> {
  const missing = names.filter(async (name) =>
    await connection.run("DELETE FROM alias WHERE name = $1", name) === 0
  );
  if (missing.length > 0) throw noSuchAlias(missing);
}

async function findAliases(
  connection: SqlConnection,
  names: readonly AccountName[],
): Promise<(AccountName | null)[]> {
  const sql = `${aliasAndAccount} WHERE alias.name = $1`;
  return names.map(async (name) => await connection.get<StoredAlias>(sql, name)?.account ?? null);
}
