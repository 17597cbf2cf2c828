/** What the stores of this process ask PostgreSQL, seen at the driver. */
import pg from "pg";
import { openStore } from "../../src/store/open.ts";
import { storeContract } from "../contract/store_contract.ts";
import { freshDatabase } from "./postgres.ts";

/** Statements that were prepared. */
const prepared = new Set<string>();
/** Cases of the contract that a store in PostgreSQL has kept in this process. */
const kept = new Set<string>();
let queries = 0;

/** What a store asks that nobody waits for. */
const background = /^NOTIFY |\binstance\b/;

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (this: pg.Client, asked: unknown, ...rest: unknown[]) {
  const { name, text = String(asked) } = asked as { name?: string; text?: string };
  if (name !== undefined) prepared.add(text);
  if (!background.test(text)) queries++;
  return Reflect.apply(query, this, [asked, ...rest]);
} as typeof query;

/** Notes that a case was tried in this process. */
export function noteKept(promise: string): void {
  kept.add(promise);
}

/** Every statement that the store prepares, as far as its contract asks for it; cases that were not tried yet are. */
export async function statements(): Promise<string[]> {
  for (const [promise, holds] of Object.entries(storeContract)) {
    if (kept.has(promise)) continue;
    await using database = await freshDatabase();
    const store = await openStore(database.url, { domain: "example.org" });
    try {
      await holds(store);
    } finally {
      await store.close();
    }
    noteKept(promise);
  }
  return [...prepared];
}

/** Counts round trips to the database while something is done. */
export async function countQueries(work: () => Promise<unknown>): Promise<number> {
  const before = queries;
  await work();
  return queries - before;
}
