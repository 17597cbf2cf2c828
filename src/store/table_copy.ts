/** Rows on their way from one kind of store to another: their tables have the same names and columns. */

export type CopiedValue = null | number | string | Uint8Array;

/** A row by the names of its columns. */
export type CopiedRow = Readonly<Record<string, CopiedValue>>;

export interface CopiedTable {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface TableSource {
  tables(): Promise<readonly CopiedTable[]>;
  /** Hands out all rows of a table, some at a time. */
  rows(table: CopiedTable): AsyncIterable<readonly CopiedRow[]>;
}

export interface TableSink {
  /** In an order in which a row comes after those that it refers to. */
  tables(): Promise<readonly CopiedTable[]>;
  /** Takes all rows of a table. */
  put(table: CopiedTable, rows: AsyncIterable<readonly CopiedRow[]>): Promise<void>;
}

/** Copies all rows of the tables that both have, as far as both have their columns. */
export async function copyTables(source: TableSource, sink: TableSink): Promise<void> {
  const theirs = new Map((await source.tables()).map((table) => [table.name, table.columns]));
  for (const { name, columns } of await sink.tables()) {
    const known = theirs.get(name);
    if (known === undefined) continue;
    const table = { name, columns: columns.filter((column) => known.includes(column)) };
    await sink.put(table, source.rows(table));
  }
}
