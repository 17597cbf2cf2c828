/** What a store promises of the terms that calls of a session have: rates, and reads as of a time. */
import assert from "node:assert/strict";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import type { Account, AccountRate } from "../../src/store/account_store.ts";
import { DueFirst } from "../../src/store/failures.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  patterned,
  type Promises,
  query,
  sampleMessage,
} from "../support/store_samples.ts";

const now = 1_000;
const atOnce = { partial: true, unknown: [], expiresAt: null };

function rateAt(place: number): AccountRate {
  return { place, burst: 2, perSecond: 1 / 1_000, meaning: "it's a test's changes" };
}

/** Calls that change something, each in a way of its own: `n` tells one from the next. */
const changes: Record<string, (store: Store, alice: Account, n: number) => Promise<unknown>> = {
  send: (store, { id }, n) => store.send(sampleMessage(id, { key: `send ${n}`, to: ["bob"] })),
  "send of a long body": (store, { id }, n) =>
    store.send(sampleMessage(id, { key: `long ${n}`, to: ["bob"], body: patterned(100_000) })),
  submit: (store, { id }, n) =>
    store.submit(sampleMessage(id, { key: `submit ${n}`, to: ["bob"] }), atOnce),
  append: (store, { id }, n) =>
    store.append({
      accountId: id,
      idempotencyKey: asIdempotencyKey(bytes(`append ${n}`)),
      box: "inbox",
      isRead: false,
      storedAt: 7,
      body: bytes("body"),
      copy: sampleMessage(id, { key: `append ${n}`, to: [] }).own,
      filing: null,
    }),
  block: (store, { id }, n) => store.block(id, [`one@${n}.example`], now),
};

async function enter(store: Store): Promise<[Account, Account]> {
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  return [{ ...alice }, { ...bob }];
}

/** Where other processes use a store as well, it counts; else the next try is not its to refuse. */
async function requireOver(store: Store, call: Promise<unknown>, what: string): Promise<void> {
  if (store.load().shared === undefined) return void await call;
  const message =
    /^Cannot do that now: too many it's a test's changes, so wait (9\d\d|1000) seconds$/;
  await assert.rejects(call, { code: "try_later", message }, what);
}

export const termPromises: Promises = {
  "takes a try of a rate for each change, counted for all processes that there are": async (
    store,
  ) => {
    const [alice, bob] = await enter(store);
    for (const [at, [what, change]] of Object.entries(changes).entries()) {
      const counted = store.as(alice, { rate: rateAt(at + 1) });
      for (const n of [1, 2]) await change(counted, alice, n);
      await requireOver(store, change(counted, alice, 3), what);
      await change(store.as(alice), alice, 4);
      await change(store.as(alice, { rate: rateAt(at + 10) }), alice, 5);
    }
    const bobs = store.as(bob, { rate: rateAt(1) });
    await bobs.send(sampleMessage(bob.id, { key: "k", to: ["alice"] }));
  },

  "takes a try for each copy of a message of an account that logged in by SMTP": async (store) => {
    const [alice] = await enter(store);
    const receive = (key: string, to: readonly string[]) => {
      const { recipients, body } = sampleMessage(alice.id, { key, to });
      const from = { account: alice.name, addresses: [] };
      const rate = rateAt(1);
      const inbound = { key: asIdempotencyKey(bytes(key)), storedAt: now, from, body, recipients };
      return store.receive({ ...inbound, rate });
    };
    await receive("two", ["bob", "alice"]);
    await requireOver(store, receive("one", ["bob"]), "a third");
  },

  "takes no try for what fails, and none for ever": async (store) => {
    const [alice] = await enter(store);
    const send = (rate: AccountRate, key: string, to: string) =>
      store.as(alice, { rate }).send(sampleMessage(alice.id, { key, to: [to] }));
    const rate = rateAt(1);
    for (const n of [1, 2, 3]) {
      await assert.rejects(send(rate, `${n}`, "nobody"), { code: "no_such_recipient" });
    }
    for (const n of [1, 2]) await send(rate, `${n}`, "bob");
    const quick = { ...rateAt(2), perSecond: 1e9 };
    for (const n of [3, 4, 5, 6]) await send(quick, `${n}`, "bob");
  },

  "refuses to read as of a time by which something is due, and nothing before": async (store) => {
    const [alice, bob] = await enter(store);
    let time = now;
    const asOf = () => time;
    const reads = (id: Account["id"], view: Store) => [
      () => view.list(query(id)),
      () => view.entries(id, [entryId(1)]),
      () => view.filedEntries(id, [entryId(1)]),
      () => view.newMail({ accountId: id, after: 0, limit: 1, unread: false }),
      () => view.changes({ accountId: id, since: 0, known: 0, limit: 1, aside: false }),
    ];
    const readAll = async (account: Account, isDue: boolean) => {
      for (const read of reads(account.id, store.as(account, { asOf }))) {
        if (isDue) await assert.rejects(read, DueFirst);
        else await read();
      }
    };
    const submit = (key: string, terms: { expiresAt: number | null; deliverAt: number | null }) =>
      store.submit(sampleMessage(alice.id, { key, to: ["bob"] }), { ...atOnce, ...terms });
    await submit("expires", { expiresAt: 2_000, deliverAt: null });
    await submit("waits", { expiresAt: null, deliverAt: 3_000 });
    time = 1_999;
    await readAll(bob, false);
    time = 2_000;
    await readAll(bob, true);
    await readAll(alice, false);
    await store.as(bob).list(query(bob.id));
    while (await store.expireDue(bob.id, time));
    await readAll(bob, false);
    time = 3_000;
    await readAll(bob, true);
    await readAll(alice, true);
    while (await store.deliverDue(time));
    await readAll(bob, false);
    const { entries } = await store.as(bob, { asOf }).list(query(bob.id));
    assert.deepEqual(entries.map(({ envelope }) => envelope), [bytes("envelope of waits for bob")]);
  },
};
