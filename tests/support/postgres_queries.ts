/** What the stores of this process ask PostgreSQL, seen at the driver. */
import pg from "pg";
import { cluster } from "./postgres.ts";

const prepared = new Set<string>();
let queries = 0;

/** What a store asks that nobody waits for. */
const background = /^NOTIFY |\binstance\b/;

/** Warnings that the database gave, and connections that are asked for them. */
const warnings: string[] = [];
const heard = new WeakSet<pg.Client>();

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (this: pg.Client, asked: unknown, ...rest: unknown[]) {
  if (!heard.has(this)) this.on("notice", ({ message = "" }) => warnings.push(message));
  heard.add(this);
  const { name, text = String(asked) } = asked as { name?: string; text?: string };
  if (name !== undefined) prepared.add(text);
  if (!background.test(text)) queries++;
  return Reflect.apply(query, this, [asked, ...rest]);
} as typeof query;

/** Every statement that the stores of this process have prepared. */
export function preparedStatements(): readonly string[] {
  return [...prepared];
}

/** Counts round trips to the database while something is done. */
export async function countQueries(work: () => Promise<unknown>): Promise<number> {
  const before = queries;
  await work();
  return queries - before;
}

/** A node of a plan, as EXPLAIN (FORMAT JSON) gives it. */
export interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Filter"?: string;
  readonly "Plans"?: readonly Plan[];
}

/** Whoever connects to a database later has all its plans told, also those within functions: see `plansOf`. */
export async function tellPlans(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const settings = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "warning",
  };
  for (const [setting, value] of Object.entries(settings)) {
    await (await cluster()).ask(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  }
}

/** Returns the plans by which something is done, each with its statement. */
export async function plansOf(work: () => Promise<unknown>): Promise<[sql: string, plan: Plan][]> {
  warnings.length = 0;
  await work();
  return warnings.filter((text) => text.includes('"Query Text"')).map((text) => {
    const told = JSON.parse(text.slice(text.indexOf("{")));
    return [told["Query Text"], told.Plan];
  });
}
