/** The tables of a backup, row by row: for stores that are not kept in a file. */
import type { CopiedRow, CopiedTable, TableSink, TableSource } from "../../table_copy.ts";
import { SqlConnection, wrapError } from "../connection.ts";
import { markBackup, migrate } from "../migrate.ts";
import { appendDigest } from "./digest.ts";
import { writing } from "./writing.ts";

/** Rows that are handed out at once. */
const rowsAtOnce = 64;

/** Lets work read the rows of a backup that was checked. @throws {MailError} what it throws */
export async function readBackupTables<T>(
  path: string,
  work: (source: TableSource) => Promise<T>,
): Promise<T> {
  const connection = new SqlConnection(path, { readOnly: true });
  try {
    return await work({
      tables: () => Promise.resolve(tablesOf(connection)),
      async *rows({ name, columns }) {
        let rows: CopiedRow[] = [];
        for (const row of connection.iterate<CopiedRow>(`SELECT ${columns} FROM ${name}`)) {
          rows.push(row);
          if (rows.length < rowsAtOnce) continue;
          yield rows;
          rows = [];
        }
        if (rows.length > 0) yield rows;
      },
    });
  } catch (error) {
    throw wrapError(error);
  } finally {
    connection.close();
  }
}

/**
 * Makes a backup in the empty file `path`, which is to be called `name`, of the rows that work puts into it.
 * @throws {MailError} `cannot_create`, and what work throws
 */
export async function writeBackupTables(
  path: string,
  name: string,
  work: (sink: TableSink) => Promise<void>,
): Promise<void> {
  await writing(name, async () => {
    await writeTables(path, work);
    await appendDigest(path, name);
  });
}

async function writeTables(
  path: string,
  work: (sink: TableSink) => Promise<void>,
): Promise<void> {
  const connection = new SqlConnection(path);
  try {
    migrate(connection, path);
    connection.execute("PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = OFF");
    connection.run("BEGIN IMMEDIATE");
    const tables = tablesOf(connection);
    for (const { name } of tables) connection.run(`DELETE FROM ${name}`);
    await work({
      tables: () => Promise.resolve(tables),
      put: (table, rows) => put(connection, table, rows),
    });
    markBackup(connection);
    connection.run("COMMIT");
  } finally {
    connection.close();
  }
}

function tablesOf(connection: SqlConnection): CopiedTable[] {
  const tables = connection.all<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
  );
  return tables.map(({ name }) => ({
    name,
    columns: connection.all<{ name: string }>("SELECT name FROM pragma_table_info(?)", name)
      .map((column) => column.name),
  }));
}

async function put(
  connection: SqlConnection,
  { name, columns }: CopiedTable,
  rows: AsyncIterable<readonly CopiedRow[]>,
): Promise<void> {
  const places = columns.map(() => "?");
  const sql = `INSERT INTO ${name} (${columns}) VALUES (${places})`;
  for await (const some of rows) {
    for (const row of some) connection.run(sql, ...columns.map((column) => row[column]!));
  }
}
