/** What a store promises of mail that is kept for a time only. */

import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { systemName } from "../../src/model/bounce.ts";
import { asEnvelopeDigest, asIdempotencyKey } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { type RetentionNotice, retentionOf } from "../../src/model/retention.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  type Promises,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** Any moment. */
const start = 20_000 * day;

async function round(store: Store, keepMs: number, now: number): Promise<void> {
  for (let after: number | null = 0; after !== null;) {
    after = await store.retain(retentionOf(keepMs), now, after);
  }
}

async function two(store: Store): Promise<[Account, Account]> {
  return await createAccounts(store, ["alice", "bob"]) as [Account, Account];
}

function send(store: Store, { id }: Account, key: string, storedAt: number): Promise<unknown> {
  return store.send(sampleMessage(id, { key, to: ["bob"], storedAt }));
}

async function box(store: Store, { id }: Account, box: "inbox" | "sent"): Promise<Entry[]> {
  const { entries, total, unread } = await store.list(query(id, { box }));
  assert.equal(total, entries.length);
  const isUnread = ({ readAt }: Entry) => readAt === null;
  assert.equal(unread, box === "sent" ? 0 : entries.filter(isUnread).length);
  return entries.toReversed();
}

/** What the announcements in an inbox say, oldest first. */
async function announced(store: Store, account: Account): Promise<readonly RetentionNotice[]> {
  const ids = (await box(store, account, "inbox")).map(({ id }) => id);
  return await store.retentionNotices(account.id, ids);
}

async function counts(store: Store, account: Account): Promise<number[]> {
  return [
    (await box(store, account, "inbox")).length - (await announced(store, account)).length,
    (await box(store, account, "sent")).length,
  ];
}

/** Sends to bob, to be delivered so much later. */
function hold(store: Store, { id }: Account, key: string, deliverAt: number): Promise<unknown> {
  const message = sampleMessage(id, { key, to: ["bob"], storedAt: start });
  return store.submit(message, { partial: false, unknown: [], expiresAt: null, deliverAt });
}

export const retentionPromises: Promises = {
  "keeps what waits until it was delivered, and then as long as other mail": async (store) => {
    const [alice, bob] = await two(store);
    await hold(store, alice, "later", start + 300 * day);
    await hold(store, alice, "taken back", start + 300 * day);
    await store.cancel(alice.id, [entryId(2)], start + day);
    const look = (days: number) => round(store, 90 * day, start + days * day);
    await look(85);
    await look(99);
    assert.deepEqual((await box(store, alice, "sent")).map(({ id }) => id), [1]);
    for (let days = 100; days < 300; days += 3) await look(days);
    assert.deepEqual((await announced(store, alice)).map(({ at }) => at), [], "it waits");
    assert.equal((await box(store, alice, "sent"))[0]!.heldUntil, start + 300 * day);
    while (await store.deliverDue(start + 300 * day));
    await look(300);
    assert.deepEqual((await box(store, bob, "inbox")).map(({ storedAt }) => storedAt), [
      start + 300 * day,
    ]);
    for (let days = 301; days < 390; days++) await look(days);
    assert.deepEqual([await counts(store, bob), await counts(store, alice)], [[1, 0], [0, 1]]);
    await look(390);
    assert.deepEqual([await counts(store, bob), await counts(store, alice)], [[0, 0], [1, 1]]);
    const notice = (await box(store, alice, "inbox")).at(-1)!;
    assert.deepEqual(notice.envelope, bytes("envelope of later for sender")); // it came back whole
    const told = (await announced(store, alice)).map(({ messages, at }) => [messages, at]);
    assert.deepEqual(told, [[1, start + 382 * day]]);
    await look(391);
    assert.deepEqual(await counts(store, alice), [1, 1]);
    await look(392);
    assert.deepEqual(await counts(store, alice), [1, 0]);
  },

  "announces what will go, and keeps it until then": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "old", start - 400 * day);
    await send(store, alice, "older than all", start - 500 * day); // the clock was set back
    await send(store, alice, "next", start - 82 * day);
    await send(store, alice, "young", start - 81 * day);
    await store.markRead(bob.id, [entryId(1)], start);
    await round(store, 90 * day, start);
    await round(store, 90 * day, start + hour);
    const first = { messages: 3, oldest: start - 400 * day, at: start, goesAt: start + 7 * day };
    assert.deepEqual(await announced(store, bob), [{ id: 5, ...first }]);
    assert.deepEqual(await announced(store, alice), [{ id: 5, ...first }]);
    const [entry] = await store.entries(bob.id, [entryId(5)]);
    assert.deepEqual(
      { ...entry!, envelopeDigest: [...entry!.envelopeDigest] },
      {
        id: 5,
        box: "inbox",
        from: systemName,
        storedAt: start,
        readAt: null,
        sealedBytes: 0,
        envelopeDigest: Array<number>(32).fill(0),
        summary: null,
        envelope: bytes(""),
        deliveries: [],
        heldUntil: null,
        cancelledAt: null,
        expiresAt: null,
        burn: false,
        filing: { place: 5, modseq: 6, version: 0, aside: false, sealed: null },
      },
    );
    assert.deepEqual(await readBody(store, bob.id, entryId(5)), bytes(""));
    await round(store, 90 * day, start + 7 * day - 1);
    assert.deepEqual([await counts(store, bob), await counts(store, alice)], [[4, 0], [0, 4]]);
    await round(store, 90 * day, start + 7 * day);
    assert.deepEqual([await counts(store, bob), await counts(store, alice)], [[2, 0], [1, 4]]);
    await round(store, 90 * day, start + 9 * day + hour);
    assert.deepEqual([await counts(store, bob), await counts(store, alice)], [[1, 0], [2, 1]]);
  },

  "returns what was not read, with the original, once; what was read is gone": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "read", start);
    await send(store, alice, "unread", start + 1);
    await store.markRead(bob.id, [entryId(1)], start + 2);
    for (let at = start; at < start + 40 * day; at += 6 * hour) await round(store, 30 * day, at);
    const back = (await box(store, alice, "inbox")).filter(({ sealedBytes }) => sealedBytes > 0);
    assert.deepEqual(back.map(({ from }) => from), [systemName]);
    const { id } = back[0]!;
    const [{ reason, recipient, original }] = await store.bounced(alice.id, [id]) as [never];
    assert.deepEqual([reason, recipient, original], ["not_kept", "bob", 2]);
    const body = await readBody(store, alice.id, id);
    assert.deepEqual(body, bytes("body unread"));
    assert.deepEqual([await counts(store, bob), await counts(store, alice)], [[0, 0], [1, 0]]);
    assert.equal(
      (await store.totals(start)).bytes,
      (await store.describeAccount(asAccountName("alice")))!.bytes,
    );
  },

  "returns nothing that its owner brought in, and a note to oneself as any other": async (
    store,
  ) => {
    const [alice] = await two(store);
    await store.append({
      accountId: alice.id,
      idempotencyKey: asIdempotencyKey(bytes("brought in")),
      box: "inbox",
      isRead: false,
      storedAt: start,
      body: bytes("body"),
      copy: {
        envelope: bytes("envelope"),
        envelopeDigest: asEnvelopeDigest(new Uint8Array(32)),
      },
      filing: null,
    });
    await store.send(sampleMessage(alice.id, { key: "note", to: ["alice"], storedAt: start }));
    for (let at = start; at < start + 31 * day; at += 6 * hour) await round(store, 30 * day, at);
    const left = await box(store, alice, "inbox");
    const back = await store.bounced(alice.id, left.map(({ id }) => id));
    assert.deepEqual(back.map(({ reason, recipient }) => [reason, recipient]), [
      ["not_kept", "alice"],
    ]);
    assert.deepEqual(await counts(store, alice), [1, 1]);
  },

  "day by day, lets nothing go unannounced, nor announces more than once a day": async (store) => {
    const [alice, bob] = await two(store);
    const keep = 10 * day;
    const { noticeMs, sentGraceMs } = retentionOf(keep);
    const seen = new Map<string, { entry: Entry; goes: number }>();
    const told = new Map<string, RetentionNotice>();
    for (let at = start; at < start + 55 * day; at += 6 * hour) {
      if (at < start + 20 * day && (at - start) % (18 * hour) === 0) {
        await send(store, alice, `${at}`, at);
      }
      await round(store, keep, at);
      for (const account of [alice, bob]) {
        const there = new Set<string>();
        for (const retentionNotice of await announced(store, account)) {
          told.set(`${account.id} ${retentionNotice.id}`, retentionNotice);
        }
        for (const name of ["inbox", "sent"] as const) {
          for (const entry of await box(store, account, name)) {
            const key = `${account.id} ${entry.id}`;
            there.add(key);
            if (!told.has(key)) seen.set(key, { entry, goes: Infinity });
          }
        }
        for (const [key, one] of seen) {
          if (!key.startsWith(`${account.id} `) || there.has(key)) continue;
          if (one.goes === Infinity) seen.set(key, { ...one, goes: at });
        }
      }
    }
    for (const { entry: { box, storedAt }, goes } of seen.values()) {
      const due = storedAt + keep + (box === "sent" ? sentGraceMs : 0);
      assert.ok(goes >= due && goes < due + 6 * hour, `${box} ${goes - due}`);
    }
    for (const { id } of [alice, bob]) {
      const own = [...told].filter(([key]) => key.startsWith(`${id} `)).map(([, one]) => one)
        .toSorted((a, b) => a.at - b.at);
      const gaps = own.slice(1).map(({ at }, n) => at - own[n]!.at);
      assert.ok(gaps.every((gap) => gap >= day), `${gaps}`);
      assert.ok(own.every(({ at, goesAt }) => goesAt - at >= noticeMs));
      const gone = [...seen.keys()].filter((key) => key.startsWith(`${id} `)).length;
      assert.equal(own.reduce((sum, { messages }) => sum + messages, 0), gone);
      assert.equal((await store.list(query(id))).total, 0, "nothing is left of it");
    }
  },

  "goes on when its announcement is deleted": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "k", start - 100 * day);
    await round(store, 90 * day, start);
    const [told] = await announced(store, bob);
    await store.deleteEntries(bob.id, [told!.id]);
    assert.deepEqual(await store.retentionNotices(bob.id, [told!.id]), []);
    await round(store, 90 * day, start + day);
    assert.deepEqual(await announced(store, bob), []);
    assert.deepEqual(await counts(store, bob), [1, 0]);
    await round(store, 90 * day, start + 7 * day);
    assert.deepEqual(await counts(store, bob), [0, 0]);
    await round(store, 90 * day, start + 50 * day);
    assert.equal((await store.list(query(bob.id))).total, 0);
  },

  "announces again what it could not let go when it was time": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "k", start - 100 * day);
    await round(store, 90 * day, start);
    const back = start + 365 * day; // the server was off
    await round(store, 90 * day, back);
    const told = (await announced(store, bob)).at(-1)!;
    assert.deepEqual([told.messages, told.at, told.goesAt], [1, back, back + 7 * day]);
    await round(store, 90 * day, back + 7 * day - 1);
    assert.deepEqual(await counts(store, bob), [1, 0]);
    await round(store, 90 * day, back + 7 * day);
    assert.deepEqual(await counts(store, bob), [0, 0]);
  },

  "announces by the time that holds now, and keeps what a longer one spares": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "k", start - 100 * day);
    await round(store, 0.9 * 365 * day, start);
    assert.deepEqual(await announced(store, bob), []);
    await round(store, 90 * day, start);
    assert.equal((await announced(store, bob)).length, 1);
    await round(store, 365 * day, start + 8 * day);
    assert.deepEqual(await counts(store, bob), [1, 0]);
    await round(store, 10 * day, start + 50 * day);
    assert.deepEqual(await counts(store, bob), [1, 0], "it was long ago");
    assert.equal((await announced(store, bob)).at(-1)!.goesAt, start + 51 * day);
    await round(store, 10 * day, start + 51 * day);
    assert.deepEqual(await counts(store, bob), [0, 0]);
  },

  "does not hold to what was announced while its clock was ahead": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "k", start - 10 * day);
    await round(store, 90 * day, start + 100 * day);
    assert.equal((await announced(store, bob)).length, 1);
    await round(store, 90 * day, start);
    await send(store, alice, "behind it", start);
    await round(store, 90 * day, start + 80 * day);
    await round(store, 90 * day, start + 89 * day);
    assert.deepEqual(await counts(store, bob), [1, 0], "the second is as old as what is before it");
    assert.equal((await announced(store, bob)).filter(({ at }) => at < start + 90 * day).length, 1);
  },

  "tells what is announced to its own account, and to nobody when it is closed": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "k", start - 100 * day);
    await round(store, 90 * day, start);
    assert.equal(
      (await store.retentionNotices(alice.id, [entryId(2), entryId(2), entryId(1), entryId(9)]))
        .length,
      2,
    );
    await store.createAccount({
      ...(await store.findAccount(asAccountName("bob")))!,
      name: asAccountName("x"),
      skeleton: "x",
    });
    const other = (await store.findAccount(asAccountName("x")))!;
    assert.deepEqual(await store.retentionNotices(other.id, [entryId(2)]), []);
    await store.closeAccount(bob.id, start);
    await round(store, 90 * day, start + 8 * day);
    assert.deepEqual(await store.retentionNotices(bob.id, [entryId(2)]), []);
    while (await store.expireDue(null, start + 8 * day));
    assert.deepEqual((await store.list(query(bob.id))).entries, []);
  },

  "tells those who wait of an announcement": async (store) => {
    const [alice, bob] = await two(store);
    await send(store, alice, "k", start - 100 * day);
    const { promise, resolve } = Promise.withResolvers<void>();
    store.watch(bob.id, resolve);
    await round(store, 90 * day, start);
    await promise;
  },
};
