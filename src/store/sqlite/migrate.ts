/** A database brought to the schema of this version; never one that is not ours, or newer than we are. */
import { MailError } from "../../model/errors.ts";
import type { SqlConnection } from "./connection.ts";
import { migrations } from "./schema.ts";

/** "mctl" in ASCII: tells file(1) and us whose database it is. */
const applicationId = 0x6d63746c;

/** "mail": of the protocol's first version, whose mail and accounts this one cannot use. */
const firstApplicationId = 0x6d61696c;

/** Another program's database. */
export class AnotherDatabase extends MailError {}

/**
 * Brings a database to the newest version, an empty file included.
 * @throws {MailError} `configuration` for another program's database, one of the protocol's first version, or a newer
 *   mailctl's
 */
export function migrate(connection: SqlConnection, path: string): void {
  connection.transaction("IMMEDIATE", () => {
    for (const migration of migrations.slice(schemaVersion(connection, path))) {
      connection.execute(migration);
    }
    connection.execute(`PRAGMA user_version = ${migrations.length}`);
    connection.execute(`PRAGMA application_id = ${applicationId}`);
  });
}

/** Returns the version of a database's schema. @throws {MailError} `configuration`, as `migrate` does */
export function schemaVersion(connection: SqlConnection, path: string): number {
  const version = versionOf(connection, path);
  if (version > migrations.length) throw tooNew(path, version);
  return version;
}

function versionOf(connection: SqlConnection, path: string): number {
  const owner = connection.one<{ id: number }>(
    "SELECT application_id AS id FROM pragma_application_id",
  );
  if (owner.id === applicationId) {
    return connection.one<{ n: number }>("SELECT user_version AS n FROM pragma_user_version").n;
  }
  if (owner.id === firstApplicationId) throw tooOld(path);
  const objects = connection.one<{ n: number }>("SELECT count(*) AS n FROM sqlite_schema").n;
  if (owner.id !== 0 || objects > 0) {
    throw new AnotherDatabase("configuration", `Cannot open ${path}: it is not a mailctl database`);
  }
  return 0;
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
