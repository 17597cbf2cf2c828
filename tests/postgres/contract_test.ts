/** The contract of a store on PostgreSQL: by two processes that take turns, and by one that loses answers to its commits. */
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { storeContract } from "../contract/store_contract.ts";
import { DoubtfulRelay } from "../support/doubtful_relay.ts";
import { emptiedDatabase } from "../support/emptied_database.ts";
import { withoutPostgres } from "../support/postgres.ts";
import { through } from "../support/relay.ts";

const example = { domain: "example.org" };

type Holds = (store: Store) => Promise<void>;

/** Cases that take hundreds of calls or rows to come to a bound. What a lost answer does to such a call, others show. */
const long: readonly string[] = [
  "bounds the parts of a keyring, and their bytes",
  "day by day, lets nothing go unannounced, nor announces more than once a day",
  "finishes on closing what was begun",
  "forgets a request after its time, and the oldest of too many of one account",
  "holds no more than so many messages, and bytes, of one sender",
  "keeps a bounded number of failed logins: those that come back last",
  "keeps so many application passwords and no more",
  "takes as many filings as a request has",
];

/** How the store of a case is kept -> what tries the case on such a store. */
const ways: Record<string, (url: string, holds: Holds) => Promise<void>> = {
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

Deno.test("every long case is one of the contract's", () => {
  assert.deepEqual(long.filter((promise) => !Object.hasOwn(storeContract, promise)), []);
});

for (const [way, tryOn] of Object.entries(ways)) {
  for (const [promise, holds] of Object.entries(storeContract)) {
    if (way === "postgres, answers lost" && long.includes(promise)) continue;
    Deno.test({
      name: `store ${way}: ${promise}`,
      ignore: withoutPostgres,
      fn: async () => {
        await using database = await emptiedDatabase();
        await tryOn(database.url, holds);
      },
    });
  }
}

/** The store of a case may be closed by it already. */
function disposable(store: Store) {
  return { store, [Symbol.asyncDispose]: () => store.close() };
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
