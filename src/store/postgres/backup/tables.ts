/** All rows of a database, on their way into a backup or out of one. */
import { MailError } from "../../../model/errors.ts";
import { bestEffort } from "../../../model/promises.ts";
import { type GivenOut, givenOut, passingOver } from "../../rules/passing_over.ts";
import type { CopiedRow, CopiedTable, TableSink, TableSource } from "../../table_copy.ts";
import { parseAddress, readCertificates } from "../address.ts";
import type { DriverClient } from "../driver.ts";
import { alone, migrate, requireOurs } from "../migrate.ts";
import { Primary } from "../primary.ts";
import { isAlive } from "../process/database_clock.ts";
import { openingFailure } from "../process/opening.ts";
import { requireOwnSession, requireSafe } from "../process/safety.ts";
import { decodeRows, encodeRows, type TypedColumn } from "./binary_rows.ts";
import { copyIn, copyOut } from "./copy.ts";

/** Rows that are handed out at once. */
const rowsAtOnce = 64;

/** A statement takes as long as its table is long. */
const noLimit = 0;

/** The disk of a backup may make the database wait. A command that is killed is noticed at once, whatever runs for it. */
const settings = `
  SET idle_in_transaction_session_timeout = 0;
  SET client_connection_check_interval = 1000;
`;

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
      tables: () => Promise.resolve(tables),
      rows: (table) => rowsOf(client, asked(tables, table)),
    });
    await client.query("ROLLBACK");
    return result;
  });
}

/**
 * Lets work fill a database with a backup that is restored at `now`, wholly or not at all.
 * @throws {MailError} `cannot_create` where accounts are there already, unless `force`; `configuration` where servers
 * use it, and as `openPostgres` does
 */
export async function fillDatabase(
  url: string,
  { force, now }: { readonly force: boolean; readonly now: number },
  work: (sink: TableSink) => Promise<void>,
): Promise<void> {
  await connected(url, async (client) => {
    await requireSafe(client);
    await alone(client, async () => { // a server that opened it before would go on with its domain
      await migrate(client, { domain: null });
      await requireUnused(client, force);
      const { rows: [replaced] } = await client.query(givenOut);
      const tables = await tablesOf(client);
      const emptied = tables.map(({ name }) => name).filter((name) => name !== "meta");
      await client.query(`TRUNCATE ${emptied} RESTART IDENTITY`);
      const indexes = await indexesOf(client);
      await client.query(`DROP INDEX ${indexes.map(({ name }) => name)}`);
      await work({
        tables: () => Promise.resolve(tables),
        put: (table, rows) => put(client, asked(tables, table), rows),
      });
      for (const { definition } of indexes) await client.query(definition);
      for (const statement of passingOver(now, replaced as unknown as GivenOut)) {
        await client.query(statement);
      }
      for (const { name, identity } of tables) {
        if (identity !== null) await client.query(passOver(name, identity));
      }
    });
  });
}

interface Table extends CopiedTable {
  readonly types: readonly TypedColumn["type"][];
  /** The columns of its primary key, by which it can be read in order. */
  readonly key: readonly string[];
  /** The column that the database counts; null: there is none. */
  readonly identity: string | null;
}

/** What belongs to processes stays, and the server's keys: a backup of the key folder has the one that is shown. */
const notCopied = ["instance", "job", "outcome", "presence", "server_key"];

async function tablesOf(client: DriverClient): Promise<Table[]> {
  const { rows } = await client.query(
    `SELECT relname::text AS name,
       array_agg(attname::text ORDER BY attnum) AS columns,
       array_agg(atttypid::regtype::text ORDER BY attnum) AS types,
       max(attname::text) FILTER (WHERE attidentity <> '') AS identity,
       (SELECT array_agg(k.attname::text ORDER BY k.attnum) FROM pg_index
          JOIN pg_attribute k ON k.attrelid = indexrelid
          WHERE indrelid = pg_class.oid AND indisprimary) AS key
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
       AND attnum > 0 AND NOT attisdropped
     GROUP BY pg_class.oid, relname ORDER BY pg_class.oid`,
  );
  return (rows as unknown as Table[]).filter(({ name }) => !notCopied.includes(name));
}

/** Indexes of no constraint: to make one of many rows takes less than to keep it while they come. */
async function indexesOf(
  client: DriverClient,
): Promise<{ readonly name: string; readonly definition: string }[]> {
  const { rows } = await client.query(
    `SELECT relname::text AS name, pg_get_indexdef(oid) AS definition
     FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'i'
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = pg_class.oid) ORDER BY oid`,
  );
  return rows as unknown as { name: string; definition: string }[];
}

interface AskedTable {
  readonly name: string;
  readonly columns: readonly TypedColumn[];
  readonly key: readonly string[];
}

/** What is known of a table, and of those of its columns that the other store has. */
function asked(tables: readonly Table[], { name, columns }: CopiedTable): AskedTable {
  const known = tables.find((table) => table.name === name)!;
  return {
    name,
    key: known.key,
    columns: columns.map((column) => {
      return { name: column, type: known.types[known.columns.indexOf(column)]! };
    }),
  };
}

async function* rowsOf(
  client: DriverClient,
  { name, columns, key }: AskedTable,
): AsyncGenerator<readonly CopiedRow[]> {
  const text = `COPY (SELECT ${columns.map(({ name }) => name)} FROM ${name} ORDER BY ${key})
    TO STDOUT (FORMAT binary)`;
  let rows: CopiedRow[] = [];
  let isFirst = true;
  for await (const part of copyOut(client, text)) {
    rows.push(...decodeRows(part, columns, { isFirst }));
    isFirst = false;
    if (rows.length < rowsAtOnce) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

async function put(
  client: DriverClient,
  { name, columns }: AskedTable,
  rows: AsyncIterable<readonly CopiedRow[]>,
): Promise<void> {
  const names = columns.map(({ name }) => name);
  if (name === "meta") return await change(client, name, names, rows);
  // It was emptied in this transaction: nobody else sees its rows, so that none has to be vacuumed later.
  const text = `COPY ${name} (${names}) FROM STDIN (FORMAT binary, FREEZE)`;
  await copyIn(client, text, encodeRows(rows, columns));
}

/** Changes the one row of a table, which also has what only a database has. */
async function change(
  client: DriverClient,
  name: string,
  columns: readonly string[],
  rows: AsyncIterable<readonly CopiedRow[]>,
): Promise<void> {
  for await (const [row] of rows) {
    await client.query({
      text: `UPDATE ${name} SET ${columns.map((column, at) => `${column} = $${at + 1}`)}`,
      values: columns.map((column) => row![column]!),
      rowMode: "array",
    });
  }
}

/** No number is given out that is there. */
function passOver(table: string, column: string): string {
  return `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), greatest(max(${column}), 0) + 1, false)
    FROM ${table}`;
}

async function requireUnused(client: DriverClient, force: boolean): Promise<void> {
  const { rows: [found] } = await client.query(
    `SELECT EXISTS (SELECT FROM account WHERE id > 0) AS full,
       EXISTS (SELECT FROM instance WHERE ${isAlive}) AS used`,
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
  const primary = new Primary(address, await readCertificates(address), noLimit);
  let client: DriverClient | null = null;
  try {
    await primary.lookAround();
    client = await primary.connect();
    await requireOwnSession(client, () => primary.connect());
    await client.query(settings);
    return await work(client);
  } catch (error) {
    throw openingFailure(error, address);
  } finally {
    await bestEffort(Promise.resolve(client?.end())); // it may be lost
  }
}
