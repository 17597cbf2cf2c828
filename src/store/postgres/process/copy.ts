/** All rows of a database, on their way into a backup or out of one. */
import { MailError } from "../../../model/errors.ts";
import { bestEffort } from "../../../model/promises.ts";
import type { CopiedRow, CopiedTable, TableSink, TableSource } from "../../table_copy.ts";
import { parseAddress, readCertificates } from "../address.ts";
import type { DriverClient } from "../driver.ts";
import { migrate, requireOurs } from "../migrate.ts";
import { Primary } from "../primary.ts";
import { isAlive } from "./database_clock.ts";
import { openingFailure } from "./opening.ts";
import { requireSafe } from "./safety.ts";

/** Rows that are read at once: chunks of bodies are the longest. */
const rowsAtOnce = 64;
/** Rows, and bytes, more or less, that one statement inserts. */
const putAtOnce = 200;
const bytesAtOnce = 4 * 1024 * 1024;
/** Some statements change every mailbox at once. */
const statementMs = 3_600_000;

/** Lets work read all rows, as they are at one moment. Servers may go on meanwhile. @throws {MailError} as `openPostgres` does */
export async function readDatabase<T>(
  url: string,
  work: (source: TableSource) => Promise<T>,
): Promise<T> {
  return await connected(url, async (client) => {
    await requireOurs(client);
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const tables = await tablesOf(client);
    const result = await work({
      tables: () => Promise.resolve(tables.filter(isKept)),
      rows: (table) => rowsOf(client, table, tables.find(({ name }) => name === table.name)!.key),
    });
    await client.query("ROLLBACK");
    return result;
  });
}

/**
 * Lets work fill a database, wholly or not at all; `finish` is run last.
 * @throws {MailError} `cannot_create` where accounts are there already, unless `force`; `configuration` where servers
 * use it, and as `openPostgres` does
 */
export async function fillDatabase(
  url: string,
  { force, finish }: { readonly force: boolean; readonly finish: readonly string[] },
  work: (sink: TableSink) => Promise<void>,
): Promise<void> {
  await connected(url, async (client) => {
    await requireSafe(client);
    await migrate(client, { domain: null });
    await client.query("BEGIN");
    await requireUnused(client, force);
    const tables = (await tablesOf(client)).filter(isKept);
    const emptied = tables.map(({ name }) => name).filter((name) => name !== "meta");
    await client.query(`TRUNCATE ${emptied} RESTART IDENTITY`);
    await work({
      tables: () => Promise.resolve(tables),
      put: (table, rows) => put(client, table, rows),
    });
    for (const statement of finish) await client.query(statement);
    for (const { name, identity } of tables) {
      if (identity !== null) await client.query(passOver(name, identity));
    }
    await client.query("COMMIT");
  });
}

interface Table extends CopiedTable {
  /** The columns of its primary key, by which it can be read in order. */
  readonly key: readonly string[];
  /** The column that the database counts; null: there is none. */
  readonly identity: string | null;
}

/** What belongs to processes stays, and the server's keys: a backup of the key folder has the one that is shown. */
function isKept({ name }: CopiedTable): boolean {
  return !["instance", "job", "outcome", "presence", "server_key"].includes(name);
}

async function tablesOf(client: DriverClient): Promise<Table[]> {
  const { rows } = await client.query(
    `SELECT relname::text AS name,
       array_agg(attname::text ORDER BY attnum) AS columns,
       max(attname::text) FILTER (WHERE attidentity <> '') AS identity,
       (SELECT array_agg(k.attname::text ORDER BY k.attnum) FROM pg_index
          JOIN pg_attribute k ON k.attrelid = indexrelid
          WHERE indrelid = pg_class.oid AND indisprimary) AS key
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
       AND attnum > 0 AND NOT attisdropped
     GROUP BY pg_class.oid, relname ORDER BY pg_class.oid`,
  );
  return rows as unknown as Table[];
}

async function* rowsOf(
  client: DriverClient,
  { name, columns }: CopiedTable,
  key: readonly string[],
): AsyncGenerator<readonly CopiedRow[]> {
  await client.query(
    `DECLARE copied CURSOR FOR SELECT ${columns} FROM ${name} ORDER BY ${key}`,
  );
  for (;;) {
    const { rows } = await client.query(`FETCH ${rowsAtOnce} FROM copied`);
    if (rows.length > 0) yield rows as readonly CopiedRow[];
    if (rows.length < rowsAtOnce) break;
  }
  await client.query("CLOSE copied");
}

async function put(
  client: DriverClient,
  table: CopiedTable,
  rows: readonly CopiedRow[],
): Promise<void> {
  let part: CopiedRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    part.push(row);
    for (const value of Object.values(row)) if (value instanceof Uint8Array) bytes += value.length;
    if (part.length < putAtOnce && bytes < bytesAtOnce) continue;
    await insert(client, table, part);
    [part, bytes] = [[], 0];
  }
  if (part.length > 0) await insert(client, table, part);
}

async function insert(
  client: DriverClient,
  { name, columns }: CopiedTable,
  rows: readonly CopiedRow[],
): Promise<void> {
  const width = columns.length;
  const places = rows.map((_, row) => `(${columns.map((_, at) => `$${row * width + at + 1}`)})`);
  // The one row of `meta` is there, with what only a database has.
  const instead = name === "meta"
    ? `ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`)}`
    : "";
  const [into, given] = name === "meta"
    ? [`${columns}, schema, readable_from`, places.map((one) => one.replace(/\)$/, ", 0, 0)"))]
    : [`${columns}`, places];
  await client.query({
    text: `INSERT INTO ${name} (${into}) VALUES ${given} ${instead}`,
    values: rows.flatMap((row) => columns.map((column) => row[column]!)),
    rowMode: "array",
  });
}

/** No number is given out that is there. */
function passOver(table: string, column: string): string {
  return `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), greatest(max(${column}), 0) + 1, false)
    FROM ${table}`;
}

async function requireUnused(client: DriverClient, force: boolean): Promise<void> {
  const { rows: [found] } = await client.query(
    `SELECT EXISTS (SELECT FROM account WHERE id > 0) AS full,
       EXISTS (SELECT FROM instance WHERE fingerprint IS NOT NULL AND ${isAlive}) AS used`,
  );
  if (found!["used"] === true) {
    throw new MailError("configuration", "Cannot restore into the database: a server uses it", {
      hint: "Stop all servers first. One that was killed counts for another minute.",
    });
  }
  if (found!["full"] === true && !force) {
    throw new MailError("cannot_create", "Cannot restore into the database: it contains accounts", {
      hint: "Use --force to replace them, with all their mail.",
    });
  }
}

async function connected<T>(url: string, work: (client: DriverClient) => Promise<T>): Promise<T> {
  const address = parseAddress(url);
  const primary = new Primary(address, await readCertificates(address), statementMs);
  let client: DriverClient | null = null;
  try {
    client = await primary.connect();
    return await work(client);
  } catch (error) {
    throw openingFailure(error, address);
  } finally {
    await bestEffort(Promise.resolve(client?.end())); // it may be lost
  }
}
