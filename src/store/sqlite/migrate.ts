/** A database brought to the schema of this version; never one that is not ours, or newer than we are. */
import { MailError } from "../../model/errors.ts";
import { parseGivenOut, passingOver } from "../rules/passing_over.ts";
import type { SqlConnection } from "./connection.ts";
import { migrations } from "./schema.ts";

/** "mctl" in ASCII: tells file(1) and us whose database it is. */
const applicationId = 0x6d63746c;

/** "mctb": a backup. Whoever opens it as a store has restored it, whether by us or by copying a file. */
const backupId = 0x6d637462;

/** "mail": of the protocol's first version, whose mail and accounts this one cannot use. */
const firstApplicationId = 0x6d61696c;

/** Another program's database. */
export class AnotherDatabase extends MailError {}

/**
 * Brings a database to the newest version, an empty file included. A backup becomes a store, which gives no id and no
 * number again that came after it, in the store that it replaced: `noted` in the data folder.
 * @throws {MailError} `configuration` for another program's database, one of the protocol's first version, or a newer
 *   mailctl's
 */
export function migrate(connection: SqlConnection, path: string, noted = ""): void {
  connection.transaction("IMMEDIATE", () => {
    for (const migration of migrations.slice(schemaVersion(connection, path))) {
      connection.execute(migration);
    }
    connection.execute(`PRAGMA user_version = ${migrations.length}`);
    if (ownerOf(connection) === backupId) {
      const replaced = parseGivenOut(noted);
      for (const statement of passingOver(Date.now(), replaced)) connection.run(statement);
    }
    connection.execute(`PRAGMA application_id = ${applicationId}`);
  });
}

/** Has a copy of a database be known as a backup. */
export function markBackup(copy: SqlConnection): void {
  copy.run(`PRAGMA application_id = ${backupId}`);
}

/** Returns the version of a database's schema. @throws {MailError} `configuration`, as `migrate` does */
export function schemaVersion(connection: SqlConnection, path: string): number {
  const version = versionOf(connection, path);
  if (version > migrations.length) throw tooNew(path, version);
  return version;
}

function versionOf(connection: SqlConnection, path: string): number {
  const owner = ownerOf(connection);
  if (owner === applicationId || owner === backupId) {
    return connection.one<{ n: number }>("SELECT user_version AS n FROM pragma_user_version").n;
  }
  if (owner === firstApplicationId) throw tooOld(path);
  const objects = connection.one<{ n: number }>("SELECT count(*) AS n FROM sqlite_schema").n;
  if (owner !== 0 || objects > 0) {
    throw new AnotherDatabase("configuration", `Cannot open ${path}: it is not a mailctl database`);
  }
  return 0;
}

function ownerOf(connection: SqlConnection): number {
  return connection.one<{ id: number }>("SELECT application_id AS id FROM pragma_application_id")
    .id;
}

function tooOld(path: string): MailError {
  return new MailError(
    "configuration",
    `Cannot open ${path}: it is of protocol version 1, which this mailctl does not know`,
    { hint: "Use another folder as --data, and register the accounts again." },
  );
}

function tooNew(path: string, version: number): MailError {
  return new MailError(
    "configuration",
    `Cannot open ${path}: its schema has version ${version}, and this mailctl knows ${migrations.length}`,
    { hint: "Use the newer version of mailctl that wrote it." },
  );
}
