/** What is used of the driver, `pg`. The only file that imports it: nobody loads it who keeps no PostgreSQL. */
// deno-lint-ignore-file camelcase -- the names are the driver's
import pg from "pg";

/** What may be bound. An array is an array of PostgreSQL's. */
export type SqlValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly (null | number | string | Uint8Array)[];

export interface QueryResult {
  /** A row is its columns, in the order of `fields`. */
  readonly rows: readonly (readonly unknown[])[];
  readonly fields: readonly { readonly name: string }[];
  /** Rows that were changed or found; null where a statement has no such count. */
  readonly rowCount: number | null;
}

/** A statement of one text; with a name it is parsed and planned once a connection. */
export interface Query {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly SqlValue[];
  /** As in `ConnectOptions`, for this statement. */
  readonly query_timeout?: number;
}

/** A connection while it runs a statement of our own: see `backup/copy.ts`. */
export interface DriverConnection {
  readonly stream: {
    readonly writableNeedDrain: boolean;
    once(event: "drain", listener: () => void): void;
    pause(): void;
    resume(): void;
  };
  query(text: string): void;
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** A statement of our own: how it is sent, and what is done with each answer. */
export interface Submittable {
  submit(connection: DriverConnection): void;
  handleCopyInResponse?(connection: DriverConnection): void;
  /** The bytes hold until this returns. */
  handleCopyData?(message: { readonly chunk: Uint8Array }): void;
  handleCommandComplete(): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

/** One connection. */
export interface DriverClient {
  /** The backend that it was told of when it was made: a pooler tells another number than PostgreSQL does. */
  readonly processID: number | null;
  connect(): Promise<unknown>;
  query(query: Query & { readonly rowMode: "array" }): Promise<QueryResult>;
  /** One statement or several in one text, in which no values are bound. Of several the result is a list. */
  query(text: string): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  query(statement: Submittable): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end", listener: () => void): void;
  on(
    event: "notification",
    listener: (notification: { readonly payload?: string }) => void,
  ): void;
  /** Ends it, and waits until the database has heard of it, for a moment. */
  end(): Promise<void>;
  /** Lets go of it at once, without a word: what is asked on it fails. */
  cut(): void;
}

/** How a connection is made: to one host, by TLS or not. */
export interface DriverOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Empty: there is none. A function, or the driver would look for one by itself. */
  readonly password: () => string;
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string | undefined };
  readonly connectionTimeoutMillis: number;
  /** The most that one statement may take before the connection is given up. */
  readonly query_timeout: number;
  readonly keepAlive: true;
  readonly application_name: string;
}

/** Object identifiers of types: https://www.postgresql.org/docs/current/catalog-pg-type.html. */
const parsers = new Map<number, (text: string) => unknown>([
  [17, (text) => Uint8Array.fromHex(text.slice(2))], // bytea, as \x...
  [20, Number], // bigint: ids, sizes and milliseconds are far below 2^53
  [1016, (text) => text === "{}" ? [] : text.slice(1, -1).split(",").map(Number)], // bigint[], without nulls
  [1700, Number], // numeric: sums of bigint
]);

const types = {
  getTypeParser: (oid: number, format?: string) =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format as "text"),
};

/** How long the end of a connection may take, in milliseconds: a network that died answers nothing. */
const endMs = 1_000;

/** What the driver has besides, and does not tell of. */
interface Connected {
  readonly connection: { readonly stream: { destroy(): void } };
}

/** Makes a connection that is not made yet. */
export function newClient(options: DriverOptions): DriverClient {
  const client = new pg.Client({ ...options, types }) as unknown as DriverClient & Connected;
  const end = client.end.bind(client);
  const cut = () => client.connection.stream.destroy();
  const endSoon = async () => {
    const late = setTimeout(cut, endMs);
    await end().finally(() => clearTimeout(late));
  };
  return Object.assign(client, { cut, end: endSoon });
}
