/** The store's contract on PostgreSQL: by one process, by two that take turns, and where answers to commits are lost. */
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { storeContract } from "../contract/store_contract.ts";
import { DoubtfulRelay } from "../support/doubtful_relay.ts";
import { cluster, type Database, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { noteKept } from "../support/postgres_queries.ts";

const example = { domain: "example.org" };

type Holds = (store: Store) => Promise<void>;

/** How the store of a case is kept -> what tries the case on such a store. */
const ways: Record<string, (url: string, holds: Holds) => Promise<void>> = {
  "postgres": async (url, holds) => {
    await using store = disposable(await openStore(url, example));
    await holds(store.store);
  },
  "postgres, two processes": async (url, holds) => {
    await using one = disposable(await openStore(url, example));
    await using other = disposable(await openStore(url, example));
    await holds(alternating(one.store, other.store));
  },
  "postgres, answers lost": async (url, holds) => {
    await using relay = new DoubtfulRelay(Number(new URL(url).port));
    await using store = disposable(await openStore(through(url, relay), example));
    relay.isOn = true;
    await holds(store.store);
  },
};

/** One for all cases: to make the tables takes longer than most of them. */
let shared: Promise<Database> | undefined;

for (const [way, tryOn] of Object.entries(ways)) {
  for (const [promise, holds] of Object.entries(storeContract)) {
    Deno.test({
      name: `store ${way}: ${promise}`,
      ignore: withoutPostgres,
      fn: async () => {
        const { url } = await (shared ??= freshDatabase());
        try {
          await tryOn(url, holds);
        } finally {
          await (await cluster()).clear(url);
        }
        noteKept(promise);
      },
    });
  }
}

/** The store of a case may be closed by it already. */
function disposable(store: Store) {
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

function through(url: string, relay: DoubtfulRelay): string {
  const address = new URL(url);
  address.port = String(relay.port);
  return address.href;
}

/** Each call goes to the process that did not have the last one, so that none may remember anything. */
function alternating(one: Store, other: Store): Store {
  let turns = 0;
  return new Proxy(one, {
    get: (_, name: keyof Store) => {
      if (name === "as" || name === "under") {
        return (...whom: [never]) => alternating(one[name](...whom), other[name](...whom));
      }
      if (name === "close") return () => Promise.all([one.close(), other.close()]);
      return (turns++ % 2 === 0 ? one : other)[name];
    },
  });
}
