/** What a store promises of mail that waits for its time, and of taking it back. */

import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { systemName } from "../../src/model/bounce.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { NewMessage, SendTerms } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  type Promises,
  query,
  readBody,
  sampleAccount,
  sampleMessage,
} from "../support/store_samples.ts";

function at(deliverAt: number, more: Partial<SendTerms> = {}): SendTerms {
  return { partial: false, unknown: [], expiresAt: null, deliverAt, ...more };
}

async function three(store: Store): Promise<[Account, Account, Account]> {
  return await createAccounts(store, ["alice", "bob", "carol"]) as [Account, Account, Account];
}

/** Holds a message of alice's until 2000. */
async function holdOne(store: Store, sender: Account, key = "k", to = ["bob", "carol"]) {
  return await store.submit(sampleMessage(sender.id, { key, to }), at(2_000));
}

async function releaseAll(store: Store, now: number): Promise<void> {
  while (await store.deliverDue(now));
}

async function inbox(store: Store, { id }: Account): Promise<[number, string, number][]> {
  const { entries, total, unread } = await store.list(query(id));
  assert.deepEqual([total, unread], [entries.length, entries.length]);
  return entries.map((entry): [number, string, number] => [entry.id, entry.from, entry.storedAt])
    .reverse();
}

async function sentState(store: Store, { id }: Account, entry = 1) {
  const [sent] = await store.entries(id, [entryId(entry)]);
  const { heldUntil, cancelledAt, deliveries } = sent!;
  return { heldUntil, cancelledAt, to: deliveries.map(({ recipient }) => recipient) };
}

async function reasons(store: Store, { id }: Account, entry = 1): Promise<string[]> {
  const found = await store.bounced(id, [entryId(entry)]);
  return found.map(({ recipient, reason, at }) => `${recipient} ${reason} ${at}`);
}

export const heldPromises: Promises = {
  "holds a message where only its sender sees it, until its time": async (store) => {
    const [alice, bob, carol] = await three(store);
    assert.equal(await store.nextDelivery(), null);
    const sent = await holdOne(store, alice);
    assert.deepEqual(sent, { id: 1, repeated: false, bounced: [], heldUntil: 2_000 });
    assert.deepEqual(await sentState(store, alice), {
      heldUntil: 2_000,
      cancelledAt: null,
      to: ["bob", "carol"],
    });
    assert.equal(await store.nextDelivery(), 2_000);
    assert.equal(await store.deliverDue(1_999), false);
    assert.deepEqual([await inbox(store, bob), await inbox(store, carol)], [[], []]);
    assert.deepEqual(await store.entries(bob.id, [entryId(1)]), [null]);

    await releaseAll(store, 2_005);
    assert.deepEqual(await inbox(store, bob), [[1, "alice", 2_005]]);
    assert.deepEqual(
      await readBody(store, bob.id, entryId(1)),
      bytes("body k"),
    );
    assert.deepEqual(await inbox(store, carol), [[1, "alice", 2_005]]);
    assert.equal(await store.nextDelivery(), null);
    assert.equal((await sentState(store, alice)).heldUntil, null);
    await store.markRead(bob.id, [entryId(1)], 2_010, new Map([[entryId(1), bytes("bob's")]]));
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(own!.deliveries.map(({ receipt }) => receipt), [bytes("bob's"), null]);
  },

  "gives held mail the id that is next when it arrives": async (store) => {
    const [alice, bob] = await three(store);
    await holdOne(store, alice, "held", ["bob"]);
    await store.send(sampleMessage(alice.id, { key: "now", to: ["bob"], storedAt: 1_500 }));
    await releaseAll(store, 2_000);
    assert.deepEqual(await inbox(store, bob), [[1, "alice", 1_500], [2, "alice", 2_000]]);
    const page = { accountId: bob.id, after: 1, limit: 9, unread: false };
    assert.deepEqual((await store.newMail(page)).map(({ id }) => id), [2]);
  },

  "releases in the order of the times, whatever the clock does": async (store) => {
    const [alice, bob] = await three(store);
    await holdSome(store, alice);
    await releaseAll(store, 3_000);
    await releaseAll(store, 1_000);
    await releaseAll(store, 3_001);
    assert.deepEqual(await textsOf(store, bob), [
      "envelope of early for bob",
      "envelope of late for bob",
    ]);
    assert.equal(await store.nextDelivery(), 9_000);
  },

  "releases once, however many look at the same time": async (store) => {
    const [alice, bob] = await three(store);
    await holdSome(store, alice);
    await Promise.all(Array.from({ length: 4 }, () => releaseAll(store, 3_000)));
    assert.deepEqual((await textsOf(store, bob)).sort(), [
      "envelope of early for bob",
      "envelope of late for bob",
    ]);
  },

  "releases far more than one step's worth, each once": async (store) => {
    const [alice, bob] = await three(store);
    const keys = Array.from({ length: 30 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => holdOne(store, alice, key, ["bob"])));
    await releaseAll(store, 2_000);
    assert.equal((await inbox(store, bob)).length, 30);
  },

  "tells whoever watches, when it is released and not before": async (store) => {
    const [alice, bob] = await three(store);
    let told = 0;
    const stop = store.watch(bob.id, () => told++);
    await holdOne(store, alice);
    assert.equal(told, 0);
    await releaseAll(store, 2_000);
    assert.equal(told, 1);
    stop();
  },

  "takes held messages back: nobody gets them, the own copies stay": async (store) => {
    const [alice, bob] = await three(store);
    await holdOne(store, alice);
    await holdOne(store, alice, "k2");
    await store.cancel(alice.id, [entryId(1), entryId(2)], 1_500);
    await store.cancel(alice.id, [entryId(1)], 1_600);
    await releaseAll(store, 9_000);
    assert.deepEqual(await inbox(store, bob), []);
    assert.deepEqual(await sentState(store, alice), {
      heldUntil: null,
      cancelledAt: 1_500,
      to: ["bob", "carol"],
    });
    assert.deepEqual(
      await readBody(store, alice.id, entryId(1)),
      bytes("body k"),
    );
    assert.equal(await store.nextDelivery(), null);
    await store.deleteEntries(alice.id, [entryId(1), entryId(2)]);
    assert.deepEqual(await store.entries(alice.id, [entryId(1), entryId(2)]), [null, null]);
  },

  "takes back all or none": async (store) => {
    const [alice, bob] = await three(store);
    await holdOne(store, alice);
    await store.send(sampleMessage(alice.id, { key: "now", to: ["alice", "bob"] }));
    const unknown = store.cancel(alice.id, [entryId(1), entryId(3), entryId(98)], 1_500);
    await assert.rejects(unknown, { code: "no_such_message", message: /3, 98/ });
    const late = store.cancel(alice.id, [entryId(1), entryId(2)], 1_500);
    await assert.rejects(late, { code: "already_sent", message: /message 2:/ });
    assert.equal((await sentState(store, alice)).heldUntil, 2_000);
    await releaseAll(store, 2_000);
    await assert.rejects(store.cancel(alice.id, [entryId(1)], 2_001), { code: "already_sent" });
    assert.equal((await inbox(store, bob)).length, 2);
  },

  "takes nothing of another's back": async (store) => {
    const [alice, bob, carol] = await three(store);
    await holdOne(store, alice);
    for (const other of [bob, carol]) {
      await assert.rejects(store.cancel(other.id, [entryId(1)], 1_500), {
        code: "no_such_message",
      });
    }
    await releaseAll(store, 2_000);
    assert.equal((await inbox(store, bob)).length, 1);
  },

  "either cancels or delivers, when both are asked for at once": async (store) => {
    const [alice, bob] = await three(store);
    for (let n = 1; n <= 20; n++) {
      await holdOne(store, alice, `k${n}`, ["bob"]);
      const cancelled = store.cancel(alice.id, [entryId(n)], 2_000).then(() => true, () => false);
      const released = n % 2 === 0 ? releaseAll(store, 2_000) : store.deliverDue(2_000);
      await released;
      const wasCancelled = await cancelled;
      const { entries } = await store.list(query(bob.id, { limit: 1 }));
      const text = entries[0] && new TextDecoder().decode(entries[0].envelope!);
      assert.equal(text === `envelope of k${n} for bob`, !wasCancelled);
    }
  },

  "a send repeated after a cancel finds the first id and stores nothing": async (store) => {
    const [alice, bob] = await three(store);
    const first = await holdOne(store, alice);
    assert.deepEqual(await holdOne(store, alice), { ...first, repeated: true });
    await store.cancel(alice.id, [entryId(1)], 1_500);
    const again = await holdOne(store, alice);
    assert.deepEqual(again, { id: 1, repeated: true, bounced: [], heldUntil: null });
    await releaseAll(store, 9_000);
    assert.deepEqual(await inbox(store, bob), []);
  },

  "deletes nothing that waits to be sent": async (store) => {
    const [alice, bob] = await three(store);
    await store.send(sampleMessage(alice.id, { key: "now", to: ["bob"] }));
    await holdOne(store, alice);
    const refused = store.deleteEntries(alice.id, [entryId(1), entryId(2)]);
    await assert.rejects(refused, { code: "denied", message: /message 2:/ });
    assert.equal((await store.list(query(alice.id, { box: "sent" }))).total, 2);
    await releaseAll(store, 2_000);
    await store.deleteEntries(alice.id, [entryId(1), entryId(2)]);
    assert.equal((await inbox(store, bob)).length, 2);
  },

  "returns it for whoever closed the account meanwhile, and delivers to the others": async (
    store,
  ) => {
    const [alice, bob, carol] = await three(store);
    await holdOne(store, alice);
    await store.closeAccount(bob.id, 1_500);
    while (await store.expireDue(null, 1_600));
    assert.deepEqual(await reasons(store, alice), []);
    await releaseAll(store, 2_000);
    assert.deepEqual(await inbox(store, carol), [[1, "alice", 2_000]]);
    assert.deepEqual(await inbox(store, alice), [[2, systemName, 2_000]]);
    assert.deepEqual(await reasons(store, alice), ["bob account_deleted 2000"]);
    assert.deepEqual(
      await readBody(store, alice.id, entryId(2)),
      bytes("body k"),
    );
  },

  "returns it for whoever has no room, and delivers to the others": async (store) => {
    const [alice, bob, carol] = await three(store);
    await holdOne(store, alice);
    await store.setQuota(asAccountName("bob"), { maxMessages: 1 });
    await store.send(sampleMessage(alice.id, { key: "now", to: ["bob"] }));
    await store.deliverDue(2_000, { maxBytes: 0, maxMessages: 0 });
    assert.deepEqual(await reasons(store, alice), ["bob mailbox_full 2000"]);
    assert.equal((await inbox(store, carol)).length, 1);
    assert.equal((await inbox(store, bob)).length, 1);
    await holdOne(store, alice, "k2", ["carol"]);
    await store.deliverDue(2_000, { maxBytes: 1, maxMessages: 0 });
    assert.deepEqual(await reasons(store, alice, 4), ["carol mailbox_full 2000"]);
  },

  "delivers to whoever changed keys since it was sealed": async (store) => {
    const [alice, bob] = await three(store);
    await holdOne(store, alice);
    const succession = { succeededAt: 1_500, signature: bytes("s"), acceptance: bytes("a") };
    const keys = { ...sampleAccount("bob").keys, fingerprint: fingerprintOf("new") };
    const change = {
      accountId: bob.id,
      keys,
      sealedKeys: bytes("x"),
      devices: [],
      succession,
    };
    await store.replaceKeys(change);
    await releaseAll(store, 2_000);
    assert.equal((await inbox(store, bob)).length, 1);
  },

  "sends nothing more of an account that is closed": async (store) => {
    const [alice, bob] = await three(store);
    const upload = await store.beginUpload(alice.id);
    await store.appendUpload(upload, 0, bytes("long"));
    const message = sampleMessage(alice.id, { key: "k", to: ["bob"], body: { upload } });
    await store.submit(message, at(2_000));
    await store.closeAccount(alice.id, 1_500);
    assert.equal(await store.nextDelivery(), null);
    await releaseAll(store, 9_000);
    while (await store.expireDue(null, 9_000));
    await releaseAll(store, 9_001);
    assert.deepEqual(await inbox(store, bob), []);
  },

  "holds no more than so many messages, and bytes, of one sender": async (store) => {
    const [alice, bob] = await three(store);
    const big = (key: string): NewMessage => {
      const message = sampleMessage(alice.id, { key, to: ["bob"] });
      const copy = { ...message.own, envelope: new Uint8Array(limits.maxHeldCopyBytes / 2 - 99) };
      return { ...message, recipients: [{ ...message.recipients[0]!, copy }] };
    };
    await store.submit(big("big 1"), at(2_000));
    await store.submit(big("big 2"), at(2_000));
    await assert.rejects(store.submit(big("big 3"), at(2_000)), { code: "over_quota" });
    await store.cancel(alice.id, [entryId(1), entryId(2)], 1_500);
    const keys = Array.from({ length: limits.maxHeldMessages }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => holdOne(store, alice, key, ["bob"])));
    await assert.rejects(holdOne(store, alice, "more"), { code: "over_quota" });
    await holdOne(store, bob);
    await store.cancel(alice.id, [entryId(3)], 1_500);
    await holdOne(store, alice, "more");
  },

  "holds in part: who does not exist has it returned at once": async (store) => {
    const [alice, bob] = await three(store);
    const message = sampleMessage(alice.id, { key: "k", to: ["bob", "gone"] });
    const sent = await store.submit(message, at(2_000, { partial: true }));
    assert.deepEqual(sent.bounced, [{ recipient: "gone", id: 2 }]);
    await store.deleteEntries(alice.id, [entryId(2)]);
    assert.deepEqual(await inbox(store, bob), []);
    await releaseAll(store, 2_000);
    assert.equal((await inbox(store, bob)).length, 1);
  },

  "counts expiry in what was held as in any other mail": async (store) => {
    const [alice, bob] = await three(store);
    const message = sampleMessage(alice.id, { key: "k", to: ["bob"] });
    await store.submit(message, at(2_000, { expiresAt: 3_000 }));
    await releaseAll(store, 2_000);
    while (await store.expireDue(null, 3_000));
    assert.deepEqual(await inbox(store, bob), []);
    assert.deepEqual(await reasons(store, alice), ["bob expired 3000"]);
  },
};

/** Three that wait for bob, the last for much longer. */
async function holdSome(store: Store, alice: Account): Promise<void> {
  for (const [key, time] of [["late", 3_000], ["early", 2_000], ["far", 9_000]] as const) {
    await store.submit(sampleMessage(alice.id, { key, to: ["bob"] }), at(time));
  }
}

/** The envelopes in an inbox, the oldest first. */
async function textsOf(store: Store, { id }: Account): Promise<string[]> {
  const { entries } = await store.list(query(id));
  return entries.map(({ envelope }) => new TextDecoder().decode(envelope!)).reverse();
}
