/** Aliases, in SQL. */
import type { AccountName } from "../../model/address.ts";
import type { AliasStore, NewAlias, StoredAlias } from "../alias_store.ts";
import { nameTaken, noSuchAlias } from "../failures.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { findAccountId, isTaken } from "./rows/account.ts";

const aliasJobs = { addAlias, removeAliases };

export function aliasStore(database: Access): AliasStore {
  return {
    ...database.writes(aliasJobs),
    aliases: (page) => database.ask(aliases, page),
    findAliases: (names) => database.ask(findAliases, names),
  };
}

const aliasAndAccount = `SELECT alias.name, account.name AS account
  FROM alias JOIN account ON account.id = alias.account_id`;

async function addAlias(connection: SqlConnection, alias: NewAlias): Promise<boolean> {
  const id = await findAccountId(connection, alias.account);
  if (id === null) return false;
  await connection.lock([id]);
  if (await findAccountId(connection, alias.account) === null) return false; // closed meanwhile
  const taken = await isTaken(connection, alias);
  if (taken && (await findAliases(connection, [alias.name]))[0] === alias.account) return true;
  if (taken) throw nameTaken(alias.name);
  await connection.run(
    "INSERT INTO alias (name, skeleton, account_id) VALUES ($1, $2, $3)",
    alias.name,
    alias.skeleton,
    id,
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
  await connection.lock([]);
  const removed = await connection.all<{ name: AccountName }>(
    "DELETE FROM alias WHERE name = ANY($1) RETURNING name",
    names,
  );
  const there = new Set(removed.map(({ name }) => name));
  const missing = names.filter((name) => !there.delete(name)); // a name given twice is there once
  if (missing.length > 0) throw noSuchAlias(missing);
}

async function findAliases(
  connection: SqlConnection,
  names: readonly AccountName[],
): Promise<(AccountName | null)[]> {
  const sql = `${aliasAndAccount} WHERE alias.name = ANY($1)`;
  const found = await connection.all<StoredAlias>(sql, names);
  const accounts = new Map(found.map(({ name, account }) => [name, account]));
  return names.map((name) => accounts.get(name) ?? null);
}
