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

function addAlias(connection: SqlConnection, alias: NewAlias): boolean {
  const account = findAccount(connection, alias.account);
  if (account === null) return false;
  if (findAliases(connection, [alias.name])[0] === account.name) return true;
  if (isTaken(connection, alias)) throw nameTaken(alias.name);
  connection.run(
    "INSERT INTO alias (name, skeleton, account_id) VALUES (?, ?, ?)",
    alias.name,
    alias.skeleton,
    account.id,
  );
  return true;
}

function aliases(
  connection: SqlConnection,
  { after, limit }: Parameters<AliasStore["aliases"]>[0],
): StoredAlias[] {
  const sql = `${aliasAndAccount} WHERE alias.name > ? ORDER BY alias.name LIMIT ?`;
  return connection.all<StoredAlias>(sql, after ?? "", limit);
}

function removeAliases(connection: SqlConnection, names: readonly AccountName[]): void {
  const missing = names.filter((name) =>
    connection.change("DELETE FROM alias WHERE name = ?", name) === 0
  );
  if (missing.length > 0) throw noSuchAlias(missing);
}

function findAliases(
  connection: SqlConnection,
  names: readonly AccountName[],
): (AccountName | null)[] {
  const sql = `${aliasAndAccount} WHERE alias.name = ?`;
  return names.map((name) => connection.get<StoredAlias>(sql, name)?.account ?? null);
}
