/** Whether a database keeps what it says it has kept, goes by the right time, and lends a session to nobody else. */
import { MailError } from "../../../model/errors.ts";
import type { SqlConnection } from "../connection.ts";
import type { DriverClient } from "../driver.ts";
import { wrongMs } from "./database_clock.ts";

/** How far the database's clock may be from ours, in milliseconds, before it is told. */
const toldMs = 1_000;

/** As they are set for all, whatever this session has set. */
const asked = "SELECT name, reset_val FROM pg_settings WHERE name = ANY ($1)";

/** What each setting may not be. */
const unsafe: readonly (readonly [name: string, isUnsafe: (value: unknown) => boolean])[] = [
  ["fsync", (value) => value === "off"],
  ["full_page_writes", (value) => value === "off"],
  ["synchronous_commit", (value) => value === "off" || value === "local"],
  ["server_encoding", (value) => value !== "UTF8"],
];

/** @throws {MailError} `configuration` for a setting by which mail that was acknowledged could be lost */
export async function requireSafe(client: DriverClient): Promise<void> {
  const names = unsafe.map(([name]) => name);
  const { rows } = await client.query({ text: asked, values: [names], rowMode: "array" });
  const found: Readonly<Record<string, unknown>> = Object.fromEntries(rows);
  const wrong = unsafe.find(([name, isUnsafe]) => isUnsafe(found[name]));
  if (wrong === undefined) return;
  const [name] = wrong;
  if (name === "server_encoding") {
    throw new MailError(
      "configuration",
      `Cannot use the database: its encoding is ${found[name]}, and must be UTF8`,
      { hint: "Make it with `createdb --encoding UTF8 --template template0 NAME`." },
    );
  }
  throw new MailError(
    "configuration",
    `Cannot use the database: ${name} is ${found[name]}, by which mail could be lost`,
    { hint: `Set ${name} = on in postgresql.conf, and for the user and the database.` },
  );
}

/** A table or a function of ours, and what the user may not do with it. */
interface MissingRight {
  readonly rights: string;
  readonly name: string;
  readonly user: string;
}

/**
 * Nothing where the database is empty, or another program's. Ours is what the owner of `meta` has: not the tables of an
 * administrator, nor what an extension made.
 */
const missing = `
  WITH ours AS (SELECT relowner AS owner, relnamespace AS schema FROM pg_class WHERE oid = to_regclass('meta'))
  SELECT rights, name, quote_ident(current_user) AS "user" FROM (
    SELECT string_agg(one, ', ') AS rights, quote_ident(relname) AS name
    FROM ours JOIN pg_class ON relowner = owner AND relnamespace = schema AND relkind = 'r'
    CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS one
    WHERE NOT has_table_privilege(oid, one)
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = oid AND deptype = 'e')
    GROUP BY relname
    UNION ALL
    SELECT 'EXECUTE', 'FUNCTION ' || oid::regprocedure
    FROM ours JOIN pg_proc ON proowner = owner AND pronamespace = schema
    WHERE NOT has_function_privilege(oid, 'EXECUTE')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = oid AND deptype = 'e')
  ) AS found ORDER BY name`;

/** @throws {MailError} `configuration` where the user may not do with every table what mailctl does */
export async function requireRights(client: DriverClient): Promise<void> {
  const { rows } = await client.query(missing);
  const [first, ...others] = rows as unknown as MissingRight[];
  if (first === undefined) return;
  const { rights, name, user } = first;
  const more = others.length === 0 ? "" : `, and other rights`;
  throw new MailError(
    "configuration",
    `Cannot use the database: its user ${user} lacks ${rights} on ${name}${more}`,
    {
      hint: others.length === 0
        ? `Run \`GRANT ${rights} ON ${name} TO ${user}\` in it, as the owner.`
        : `Make ${user} the owner of all tables and functions in it.`,
    },
  );
}

/** What `requireRights` would say of a database in use, a sentence each. */
export async function rightWarnings(connection: SqlConnection): Promise<string[]> {
  const found = await connection.all<MissingRight>(missing);
  return found.map(({ rights, name, user }) =>
    `The database's user ${user} lacks ${rights} on ${name}`
  );
}

/** How often two connections are compared: another client may come between them once. */
const comparisons = 4;

/**
 * Sees to it that each connection is a session of its own. Where a pooler lends sessions for one transaction at a time,
 * two connections asked in turn have the same one, or one of them has several.
 * @throws {MailError} `configuration` where they are not, and what `connect` throws
 */
export async function requireOwnSession(
  client: DriverClient,
  connect: () => Promise<DriverClient>,
): Promise<void> {
  const own = await sessionOf(client);
  if (own === client.processID) return; // there is no pooler
  const other = await connect();
  try {
    for (let done = 0; done < comparisons; done++) {
      if (await sessionOf(other) === own || await sessionOf(client) !== own) throw sharedSession();
    }
  } finally {
    await other.end();
  }
}

async function sessionOf(client: DriverClient): Promise<number> {
  const { rows } = await client.query("SELECT pg_backend_pid() AS id");
  return rows[0]!["id"] as number;
}

function sharedSession(): MailError {
  return new MailError(
    "configuration",
    "Cannot use the database: a pooler lends one session to several connections",
    { hint: "Set pool_mode = session in pgbouncer.ini, or use PostgreSQL's own address." },
  );
}

/** `aheadMs`: by how much the database's clock is before ours. @throws {MailError} `unavailable` beyond 5 seconds */
export function requireSameTime(aheadMs: number): void {
  if (Math.abs(aheadMs) <= wrongMs) return;
  throw new MailError(
    "unavailable", // a machine that has just started may have its time soon
    `Cannot use the database: its clock and this machine's differ by ${seconds(aheadMs)} seconds`,
    { hint: "Use the same time server for both." },
  );
}

/** What is not as it should be, and yet may be meant. */
export function warningsOf(aheadMs: number, standbys: string): string[] {
  return [
    ...standbys === ""
      ? ["The database has no synchronous standby: a failover could lose mail that was accepted"]
      : [],
    ...Math.abs(aheadMs) > toldMs ? [clockWarning(aheadMs)] : [],
  ];
}

export function clockWarning(aheadMs: number): string {
  return `The database's clock and this machine's differ by ${seconds(aheadMs)} seconds`;
}

function seconds(ms: number): string {
  return (Math.abs(ms) / 1_000).toFixed(1);
}
