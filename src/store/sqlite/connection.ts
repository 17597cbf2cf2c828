/**
 * One connection to the database file: settings, prepared statements, transactions.
 * The only file that knows the driver; it never decides what is stored.
 */
import { backup, DatabaseSync, type StatementSync } from "node:sqlite";
import { type FailureCode, MailError } from "../../model/errors.ts";
import type { AccountId } from "../../model/ids.ts";
import { storageFull } from "../failures.ts";

/** What may be bound. A Date or a plain object would be taken for named parameters and stored as NULL. */
export type SqlValue = null | number | string | Uint8Array;

export const busyTimeoutMs = 10_000;

const settings = `
  PRAGMA synchronous = FULL;       -- with NORMAL a power cut loses commits
  PRAGMA foreign_keys = ON;
  PRAGMA journal_size_limit = ${64 * 1024 * 1024};
  PRAGMA wal_autocheckpoint = 4000; -- pages: 16 MiB
  PRAGMA cache_size = -2048;       -- KiB; reads are mapped, and the system caches files
  PRAGMA mmap_size = ${256 * 1024 * 1024};
  PRAGMA temp_store = MEMORY;
`;

export class SqlConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();
  /** Accounts into whose inbox something was put since somebody last looked here, committed or not. */
  readonly changedInboxes = new Set<AccountId>();
  /** Accounts in whose mailbox anything changed since then, likewise. */
  readonly changedMailboxes = new Set<AccountId>();

  /** `readOnly`: opens a file that is there as it is, and changes nothing about it. */
  constructor(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    const options = { timeout: busyTimeoutMs, readOnly, returnArrays: true }; // the last is not in the types yet
    this.#database = new DatabaseSync(path, options);
    if (readOnly) return;
    try {
      this.run("PRAGMA journal_mode = WAL"); // prepared: exec would not tell what is wrong with the file
      this.execute(settings);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Runs several statements that bind nothing. What it throws has no number: not for what a full disk may hit. */
  execute(sql: string): void {
    this.#database.exec(sql);
  }

  /** Runs one statement. To tell what it changed would cost as much again for a short one: see `change`. */
  run(sql: string, ...values: SqlValue[]): void {
    this.#prepared(sql).statement.get(...values);
  }

  /** Runs one statement and returns how many rows it changed. */
  change(sql: string, ...values: SqlValue[]): number {
    return Number(this.#prepared(sql).statement.run(...values).changes);
  }

  /** Inserts one row into a table with a rowid and returns that. */
  insert(sql: string, ...values: SqlValue[]): number {
    return Number(this.#prepared(sql).statement.run(...values).lastInsertRowid);
  }

  /** Returns the first row, its columns named as in the statement. */
  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    const { statement, columns } = this.#prepared(sql);
    const found = statement.get(...values) as unknown as DriverRow | undefined;
    return found && rowOf(columns, found);
  }

  /** Returns the first row of a statement that always has one. */
  one<Row>(sql: string, ...values: SqlValue[]): Row {
    return this.get<Row>(sql, ...values)!;
  }

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    const { statement, columns } = this.#prepared(sql);
    const found = statement.all(...values) as unknown as DriverRow[];
    return found.map((values) => rowOf<Row>(columns, values));
  }

  /** Hands out row by row what may be more than memory holds. */
  *iterate<Row>(sql: string, ...values: SqlValue[]): Iterable<Row> {
    const { statement, columns } = this.#prepared(sql);
    const found = statement.iterate(...values) as unknown as Iterable<DriverRow>;
    for (const values of found) yield rowOf(columns, values);
  }

  /** Puts what is in this database into the one at `path`, in the place of all that is there: wholly or not at all. */
  async copyInto(path: string): Promise<void> {
    await backup(this.#database, path).catch((error) => {
      throw Object.assign(error, { errcode: errcodeOf[error.message] });
    });
  }

  /** Is false too where SQLite itself rolled back, as it may on a full disk. */
  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** Runs `work` in one transaction: a snapshot for reads, the only writer when `IMMEDIATE`. */
  transaction<T>(kind: "DEFERRED" | "IMMEDIATE", work: () => T): T {
    this.run(`BEGIN ${kind}`);
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      if (this.inTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /** Runs transactions that a power cut may undo, until another one is committed behind them. */
  unsynced<T>(work: () => T): T {
    this.run("PRAGMA synchronous = NORMAL");
    try {
      return work();
    } finally {
      this.run("PRAGMA synchronous = FULL");
    }
  }

  close(): void {
    this.#database.close();
  }

  #prepared(sql: string): Prepared {
    return this.#statements.get(sql) ?? this.#prepare(sql);
  }

  #prepare(sql: string): Prepared {
    const statement = this.#database.prepare(sql);
    const prepared = { statement, columns: statement.columns().map(({ name }) => name) };
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** What the driver's copying throws has no number, only SQLite's words. */
const errcodeOf: Readonly<Record<string, number>> = {
  "disk I/O error": 10,
  "database or disk is full": 13,
  "unable to open database file": 14,
};

/** A statement, and the names of the columns that it returns. */
interface Prepared {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

/** The values of a row. The driver would make an object of it, slowly, and one without a prototype. */
type DriverRow = readonly SqlValue[];

function rowOf<Row>(columns: readonly string[], values: DriverRow): Row {
  const row: Record<string, SqlValue> = {};
  for (let at = 0; at < columns.length; at++) row[columns[at]!] = values[at]!;
  return row as Row;
}

/** SQLite's own numbers that somebody can act on. */
const failureOfErrcode: Readonly<Record<number, [code: FailureCode, message: string]>> = {
  26: ["configuration", "Cannot use the store: its file is not a database"],
};

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE where the shared index of the WAL cannot grow. */
const fullDisk: ReadonlySet<number> = new Set([13, 4874]);

const readOnly = 8;

/** Primary result codes of a disk that fails or a file that cannot be used now: https://sqlite.org/rescode.html. */
const diskFailures: Readonly<Record<number, string>> = {
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  7: "SQLITE_NOMEM",
  [readOnly]: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  15: "SQLITE_PROTOCOL",
};

/** Turns whatever was thrown near the database into a failure that may leave this folder. */
export function isNoDatabase(error: unknown): boolean {
  return (error as { errcode?: number } | null)?.errcode === 26;
}

export function wrapError(error: unknown): MailError {
  if (error instanceof MailError) return error;
  const errcode = (error as { errcode?: number } | null)?.errcode ?? 0;
  if (fullDisk.has(errcode)) return storageFull(error);
  const [code, message] = failureOfErrcode[errcode] ?? diskFailure(errcode) ??
    ["internal", "Cannot use the store"];
  return new MailError(code, message, { cause: error });
}

function diskFailure(errcode: number): [code: FailureCode, message: string] | null {
  const name = diskFailures[errcode & 0xff];
  if (name === undefined) return null;
  const why = (errcode & 0xff) === readOnly
    ? "the server may only read its database"
    : "the disk of the server fails";
  return ["storage_failed", `Cannot use the store: ${why} (${name}, ${errcode})`];
}
