/** A database brought to the schema of this version; never one that is another program's, or newer than we can use. */
import { bestEffort } from "../../model/promises.ts";
import { MailError } from "../../model/errors.ts";
import type { OpenOptions } from "../open_options.ts";
import type { Identity } from "../store.ts";
import type { DriverClient } from "./driver.ts";
import { identify } from "./identity.ts";
import { migrations, readableFrom } from "./schema.ts";

/** Of the lock that whoever migrates has: "mail" in ASCII. */
const lockKey = 0x6d61696c;

/** Works in a transaction, all of it or nothing. Until it ends, others wait before they open the database. */
export async function alone<T>(client: DriverClient, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${lockKey})`);
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await bestEffort(client.query("ROLLBACK")); // what is wrong is known
    throw error;
  }
}

/**
 * Brings a database to the newest version, an empty one included, and tells whose it is. Whoever does so is `alone`.
 * @throws {MailError} `configuration` as `identify` does, for another program's database, and for one that a newer
 * mailctl keeps
 */
export async function migrate(client: DriverClient, options: OpenOptions): Promise<Identity> {
  const version = await versionOf(client);
  const missing = migrations.slice(version);
  for (const migration of missing) await client.query(migration);
  if (version > 0 && missing.length > 0) {
    await client.query(
      `UPDATE meta SET schema = ${migrations.length}, readable_from = greatest(readable_from, ${readableFrom})`,
    );
  }
  return await identify(client, options);
}

/** @throws {MailError} `configuration` for a database that is empty, and as `migrate` does */
export async function requireOurs(client: DriverClient): Promise<void> {
  if (await versionOf(client) > 0) return;
  throw new MailError("configuration", "Cannot use the database: it is empty", {
    hint: "Run `mailctl serve` with it first, or `mailctl admin restore FILE`.",
  });
}

/** Returns how many migrations a database has had: 0 for an empty one. @throws {MailError} as `migrate` does */
async function versionOf(client: DriverClient): Promise<number> {
  const { tables, ours } = await ask<{ tables: number; ours: number }>(
    client,
    `SELECT count(*)::int AS tables, (count(*) FILTER (WHERE relname = 'meta'))::int AS ours
     FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`,
  );
  if (tables === 0) return 0;
  if (ours === 0) {
    throw new MailError("configuration", "Cannot open the database: it is another program's", {
      hint: "Make an empty one by `createdb NAME`.",
    });
  }
  const { schema = 0, readable = 0 } = await ask<{ schema?: number; readable?: number }>(
    client,
    "SELECT schema::int, readable_from::int AS readable FROM meta",
  ) ?? {};
  if (schema < 1) {
    throw new MailError("configuration", "Cannot use the database: its table meta is damaged", {
      hint: "Run `mailctl admin restore FILE` with an empty database.",
    });
  }
  requireReadable(schema, readable);
  return schema;
}

/** @throws {MailError} `configuration` */
export function requireReadable(schema: number, from: number): void {
  if (from > migrations.length) throw tooNew(schema);
}

function tooNew(schema: number): MailError {
  return new MailError(
    "configuration",
    `Cannot use the database: its schema has version ${schema}, and this mailctl knows ${migrations.length}`,
    { hint: "Use the newer version of mailctl that changed it." },
  );
}

async function ask<Row>(client: DriverClient, text: string): Promise<Row> {
  return (await client.query(text)).rows[0] as Row;
}
