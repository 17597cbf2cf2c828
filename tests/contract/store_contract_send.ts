/** What a store promises of sending: all or none, and once. */

import assert from "node:assert/strict";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  query,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

async function three(store: Store): Promise<[Account, Account, Account]> {
  return await createAccounts(store, ["alice", "bob", "carol"]) as [Account, Account, Account];
}

async function assertNothingSent(store: Store, accounts: readonly Account[]): Promise<void> {
  for (const { id } of accounts) {
    for (const box of ["inbox", "sent"] as const) {
      assert.deepEqual(await store.list(query(id, { box })), { total: 0, unread: 0, entries: [] });
    }
  }
}

export const sendPromises: Promises = {
  "stores the sender's copy and each recipient's own": async (store) => {
    const [alice, bob] = await three(store);
    const message = { key: "k", to: ["bob", "carol"], storedAt: 7, body: bytes("12345") };
    assert.deepEqual(await store.send(sampleMessage(alice.id, message)), {
      id: 1,
      repeated: false,
    });

    const [own] = await store.entries(alice.id, [entryId(1)]);
    const unread = [{ recipient: "bob", receipt: null }, { recipient: "carol", receipt: null }];
    assert.deepEqual({ ...own, deliveries: own!.deliveries.map((one) => ({ ...one })) }, {
      id: 1,
      box: "sent",
      from: "alice",
      storedAt: 7,
      readAt: 7,
      sealedBytes: "12345".length,
      envelopeDigest: sampleMessage(alice.id, message).own.envelopeDigest,
      summary: null,
      envelope: bytes("envelope of k for sender"),
      deliveries: unread,
      heldUntil: null,
      cancelledAt: null,
      expiresAt: null,
      burn: false,
      filing: { place: 1, modseq: 1, version: 0, aside: false, sealed: null },
    });
    const [theirs] = await store.entries(bob.id, [entryId(1)]);
    assert.deepEqual(theirs!.envelope, bytes("envelope of k for bob"));
    assert.deepEqual([theirs!.box, theirs!.from, theirs!.readAt], ["inbox", "alice", null]);
    assert.deepEqual(theirs!.deliveries, []);
  },

  "names every unknown recipient and stores nothing": async (store) => {
    const accounts = await three(store);
    const message = sampleMessage(accounts[0].id, { key: "k", to: ["bob", "x1", "carol", "x2"] });
    await assert.rejects(store.send(message), { code: "no_such_recipient", message: /x1.*x2/ });
    await assertNothingSent(store, accounts);
    assert.equal(await store.findSend(accounts[0].id, asIdempotencyKey(bytes("k"))), null);
  },

  "refuses a fingerprint that is not current and stores nothing": async (store) => {
    const accounts = await three(store);
    const message = sampleMessage(accounts[0].id, { key: "k", to: ["bob", "carol"] });
    const [bob, carol] = message.recipients;
    const stale = {
      ...message,
      recipients: [bob!, { ...carol!, fingerprint: fingerprintOf("old") }],
    };
    await assert.rejects(store.send(stale), { code: "key_changed", message: /carol/ });
    await assertNothingSent(store, accounts);
  },

  "works again under the same key after a refusal": async (store) => {
    const [alice] = await three(store);
    const refused = store.send(sampleMessage(alice.id, { key: "k", to: ["nobody"] }));
    await assert.rejects(refused, { code: "no_such_recipient" });
    const sent = await store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    assert.deepEqual(sent, { id: 1, repeated: false });
  },

  "answers a repeat with the first id and changes nothing": async (store) => {
    const [alice, bob] = await three(store);
    await store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    await store.send(sampleMessage(alice.id, { key: "other", to: ["bob"] }));
    const repeat = await store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    assert.deepEqual(repeat, { id: 1, repeated: true });
    assert.equal((await store.list(query(bob.id))).total, 2);
    assert.equal(await store.findSend(alice.id, asIdempotencyKey(bytes("k"))), 1);
  },

  "answers a repeat whose recipient or fingerprint would be refused by now": async (store) => {
    const [alice] = await three(store);
    await store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    const repeat = await store.send(sampleMessage(alice.id, { key: "k", to: ["gone"] }));
    assert.deepEqual(repeat, { id: 1, repeated: true });
  },

  "refuses other content under the same key": async (store) => {
    const [alice, bob] = await three(store);
    await store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    const other = sampleMessage(alice.id, { key: "k", tag: "other", to: ["bob"] });
    await assert.rejects(store.send(other), { code: "conflict" });
    assert.equal((await store.list(query(bob.id))).total, 1);
  },

  "keeps the keys of senders apart": async (store) => {
    const [alice, bob, carol] = await three(store);
    for (const { id } of [alice, bob]) {
      await store.send(sampleMessage(id, { key: "k", tag: `${id}`, to: ["carol"] }));
    }
    assert.equal((await store.list(query(carol.id))).total, 2);
  },

  "remembers a send after the sender's copy, and after all copies, are deleted": async (store) => {
    const [alice, bob] = await three(store);
    const again = () => store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    await again();
    for (const { id } of [alice, bob]) {
      await store.deleteEntries(id, [entryId(1)]);
      assert.deepEqual(await again(), { id: 1, repeated: true });
      assert.equal(await store.findSend(alice.id, asIdempotencyKey(bytes("k"))), 1);
    }
    await assertNothingSent(store, [alice, bob]);
  },

  "sends to oneself: a read copy in sent, an unread one in the inbox": async (store) => {
    const [alice] = await three(store);
    await store.send(sampleMessage(alice.id, { key: "k", to: ["alice"], storedAt: 5 }));
    const [sent, inbox] = await store.entries(alice.id, [entryId(1), entryId(2)]);
    assert.deepEqual([sent!.box, sent!.readAt, inbox!.box, inbox!.readAt], [
      "sent",
      5,
      "inbox",
      null,
    ]);
  },

  "gives somebody named twice one copy, the first": async (store) => {
    const [alice, bob] = await three(store);
    const message = sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] });
    const [first, carol] = message.recipients;
    const second = { ...first!, copy: carol!.copy };
    await store.send({ ...message, recipients: [first!, carol!, second] });
    const { total, entries } = await store.list(query(bob.id));
    assert.equal(total, 1);
    assert.deepEqual(entries[0]!.envelope, bytes("envelope of k for bob"));
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(own!.deliveries.map((one) => one.recipient), ["bob", "carol"]);
  },

  "stores 200 sends at once exactly once each, though each is tried twice": async (store) => {
    const [alice, bob] = await three(store);
    const keys = Array.from({ length: 200 }, (_, n) => `key ${n}`);
    const send = (key: string) => store.send(sampleMessage(alice.id, { key, to: ["bob"] }));
    const [firsts, seconds] = await Promise.all([
      Promise.all(keys.map(send)),
      Promise.all(keys.map(send)),
    ]);
    assert.deepEqual(firsts.map((one) => one.id), seconds.map((one) => one.id));
    assert.equal(new Set(firsts.map((one) => one.id)).size, 200);
    const { total, entries } = await store.list(query(bob.id));
    assert.equal(total, 200);
    assert.equal(new Set(entries.map((one) => one.envelope!.toHex())).size, 200);
  },

  "lets one failing send take no other with it": async (store) => {
    const [alice, bob] = await three(store);
    const sends = Array.from(
      { length: 60 },
      (_, n) =>
        store.send(sampleMessage(alice.id, { key: `${n}`, to: [n % 3 === 0 ? "nobody" : "bob"] })),
    );
    const results = await Promise.allSettled(sends);
    results.forEach(({ status }, n) => assert.equal(status, n % 3 ? "fulfilled" : "rejected"));
    const { entries } = await store.list(query(bob.id));
    assert.deepEqual(
      entries.map((one) => one.id).sort((a, b) => a - b),
      entries.map((_, n) => n + 1),
    );
    assert.equal(entries.length, 40);
  },

  "does not know a key that was never used": async (store) => {
    const [alice] = await three(store);
    assert.equal(await store.findSend(alice.id, asIdempotencyKey(fingerprintOf("x"))), null);
  },
};
