/** What a store promises to those who wait for mail. */

import { asAccountName } from "../../src/model/address.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import type { StoredNewMailQuery } from "../../src/store/watch_store.ts";
import { bytes, createAccounts, sampleMessage } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

async function people(store: Store): Promise<[Account, Account]> {
  return await createAccounts(store, ["alice", "bob"]) as [Account, Account];
}

function send(store: Store, from: Account, to: readonly string[], key: string) {
  return store.send(sampleMessage(from.id, { key, to }));
}

async function arrived(
  store: Store,
  { id }: Account,
  change: Partial<StoredNewMailQuery> = {},
): Promise<EntryId[]> {
  const query = { accountId: id, after: 0, limit: 200, unread: false, ...change };
  return (await store.newMail(query)).map((entry) => entry.id);
}

export const watchPromises: Promises = {
  "gives arrivals oldest first, behind an id, as many as asked for": async (store) => {
    const [alice, bob] = await people(store);
    for (const key of ["1", "2", "3", "4"]) await send(store, alice, ["bob"], key);
    assert.deepEqual(await arrived(store, bob), [1, 2, 3, 4]);
    assert.deepEqual(await arrived(store, bob, { after: 2 }), [3, 4]);
    assert.deepEqual(await arrived(store, bob, { after: 1, limit: 2 }), [2, 3]);
    assert.deepEqual(await arrived(store, bob, { after: 4 }), []);
  },

  "counts only unread arrivals where that is asked for": async (store) => {
    const [alice, bob] = await people(store);
    for (const key of ["1", "2", "3"]) await send(store, alice, ["bob"], key);
    await store.markRead(bob.id, [entryId(2)], 5);
    await store.deleteEntries(bob.id, [entryId(1)]);
    assert.deepEqual(await arrived(store, bob), [2, 3]);
    assert.deepEqual(await arrived(store, bob, { unread: true }), [3]);
  },

  "counts nothing sent and nobody else's mail as an arrival": async (store) => {
    const [alice, bob] = await people(store);
    await send(store, alice, ["bob", "alice"], "1");
    assert.deepEqual(await arrived(store, alice), [2]);
    assert.deepEqual(await arrived(store, bob), [1]);
  },

  "gives an arrival's summary in the place of its envelope": async (store) => {
    const [alice, bob] = await people(store);
    for (const key of ["1", "2"]) await send(store, alice, ["bob"], key);
    await store.saveSummaries(bob.id, [{ id: entryId(1), summary: bytes("short") }]);
    const entries = await store.newMail({ accountId: bob.id, after: 0, limit: 9, unread: false });
    assert.deepEqual(entries.map(({ summary, envelope }) => [summary, envelope]), [
      [bytes("short"), null],
      [null, bytes("envelope of 2 for bob")],
    ]);
  },

  "tells of a message once it can be read": async (store) => {
    const [alice, bob] = await people(store);
    const { promise, resolve } = Promise.withResolvers<number[]>();
    store.watch(bob.id, () => resolve(arrived(store, bob)));
    await send(store, alice, ["bob"], "1");
    assert.deepEqual(await promise, [1]);
  },

  "tells the sender of a receipt once it can be read, and of no reading without one": async (
    store,
  ) => {
    const [alice, bob] = await people(store);
    for (const key of ["1", "2"]) await send(store, alice, ["bob"], key);
    const told: number[] = [];
    const { promise, resolve } = Promise.withResolvers<Uint8Array | null>();
    store.watch(alice.id, async () => {
      told.push(told.length);
      resolve((await store.entries(alice.id, [entryId(2)]))[0]!.deliveries[0]!.receipt);
    });
    await store.markRead(bob.id, [entryId(1)], 5);
    await store.markRead(bob.id, [entryId(2)], 5, new Map([[entryId(2), bytes("receipt")]]));
    assert.deepEqual(await promise, bytes("receipt"));
    assert.deepEqual(told, [0]);
  },

  "tells everybody who watches, and only of their own account": async (store) => {
    const [alice, bob] = await people(store);
    const heard: string[] = [];
    const all = Promise.withResolvers<void>();
    const hear = (who: string) => () => {
      heard.push(who);
      if (heard.length === 2) all.resolve();
    };
    store.watch(alice.id, hear("alice"));
    store.watch(bob.id, hear("bob"));
    store.watch(bob.id, hear("bob too"));
    await send(store, alice, ["bob"], "1");
    await all.promise;
    await store.findKeys([asAccountName("bob")]);
    assert.deepEqual(heard, ["bob", "bob too"]);
  },

  "tells nothing any more when it was told to stop, twice if need be": async (store) => {
    const [alice, bob] = await people(store);
    const heard: string[] = [];
    const listener = () => void heard.push("stopped");
    const stop = store.watch(bob.id, listener);
    const { promise, resolve } = Promise.withResolvers<void>();
    store.watch(bob.id, listener)(); // the same listener, added and taken out again
    stop();
    stop();
    store.watch(bob.id, resolve);
    await send(store, alice, ["bob"], "1");
    await promise;
    assert.deepEqual(heard, []);
  },
};
