/** What a store promises of mail that is erased when it is read. */

import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { Account } from "../../src/store/account_store.ts";
import type { SendTerms } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  type Promises,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";

function burning(more: Partial<SendTerms> = {}): SendTerms {
  return { partial: false, unknown: [], expiresAt: null, burn: true, ...more };
}

async function three(store: Store): Promise<[Account, Account, Account]> {
  return await createAccounts(store, ["alice", "bob", "carol"]) as [Account, Account, Account];
}

async function sendBurning(
  store: Store,
  sender: Account,
  { to = ["bob", "carol"], ...more }: Partial<SendTerms> & { to?: readonly string[] } = {},
): Promise<void> {
  const upload = await store.beginUpload(sender.id);
  for (const [at, chunk] of ["sec", "ret"].entries()) {
    await store.appendUpload(upload, at, bytes(chunk));
  }
  await store.submit(sampleMessage(sender.id, { key: "k", to, body: { upload } }), burning(more));
}

async function size(store: Store, name: string) {
  const { messages, unread, bytes } = (await store.describeAccount(asAccountName(name)))!;
  return { messages, unread, bytes };
}

const ownEnvelope = "envelope of k for sender";

export const burnPromises: Promises = {
  "erases a reader's copy once it is marked as read, and keeps the others": async (store) => {
    const [alice, bob, carol] = await three(store);
    await sendBurning(store, alice);
    const [entry] = await store.entries(bob.id, [entryId(1)]);
    assert.equal(entry!.burn, true);
    assert.deepEqual(
      await readBody(store, bob.id, entryId(1)),
      bytes("secret"),
    );
    assert.deepEqual(
      await readBody(store, bob.id, entryId(1)),
      bytes("secret"),
    );
    await store.markRead(
      bob.id,
      [entryId(1), entryId(99)],
      1_500,
      new Map([[entryId(1), bytes("bob's")]]),
    );
    assert.deepEqual(await store.entries(bob.id, [entryId(1)]), [null]);
    assert.deepEqual(await size(store, "bob"), { messages: 0, unread: 0, bytes: 0 });
    await store.markRead(bob.id, [entryId(1)], 1_600);
    assert.deepEqual(
      await readBody(store, carol.id, entryId(1)),
      bytes("secret"),
    );
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), bytes("secret"));
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.equal(own!.burn, true);
    assert.deepEqual(own!.deliveries.map(({ receipt }) => receipt), [bytes("bob's"), null]);
  },

  "hands out no more of a body that burns meanwhile": async (store) => {
    const [alice, bob] = await three(store);
    await sendBurning(store, alice, { to: ["bob"] });
    const pieces = store.body(alice.id, entryId(1))[Symbol.asyncIterator]();
    assert.deepEqual((await pieces.next()).value, bytes("sec"));
    await store.markRead(bob.id, [entryId(1)], 1_500);
    await assert.rejects(pieces.next(), { code: "no_such_message" });
  },

  "erases the body with the last reader's copy; the sender keeps headers and receipts": async (
    store,
  ) => {
    const [alice, bob, carol] = await three(store);
    await sendBurning(store, alice);
    await store.markRead(bob.id, [entryId(1)], 1_500, new Map([[entryId(1), bytes("bob's")]]));
    await store.markRead(carol.id, [entryId(1)], 1_600, new Map([[entryId(1), bytes("carol's")]]));
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual([own!.sealedBytes, own!.envelope], [0, bytes(ownEnvelope)]);
    assert.deepEqual(own!.deliveries.map(({ receipt }) => receipt), [
      bytes("bob's"),
      bytes("carol's"),
    ]);
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), bytes(""));
    assert.deepEqual(await size(store, "alice"), {
      messages: 1,
      unread: 0,
      bytes: ownEnvelope.length,
    });
    await store.deleteEntries(alice.id, [entryId(1)]);
    assert.deepEqual(await size(store, "alice"), { messages: 0, unread: 0, bytes: 0 });
  },

  "erases the body where nobody gave a receipt": async (store) => {
    const [alice, bob, carol] = await three(store);
    await sendBurning(store, alice);
    await store.markRead(bob.id, [entryId(1)], 1_500);
    await store.deleteEntries(carol.id, [entryId(1)]);
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(own!.deliveries.map(({ receipt }) => receipt), [null, null]);
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), bytes(""));
  },

  "lets one read on whose copy another's mark does not touch": async (store) => {
    const [alice, bob, carol] = await three(store);
    await sendBurning(store, alice);
    const begun = store.body(carol.id, entryId(1))[Symbol.asyncIterator]();
    assert.deepEqual((await begun.next()).value, bytes("sec"));
    await store.markRead(bob.id, [entryId(1)], 1_500);
    assert.deepEqual((await begun.next()).value, bytes("ret"));
  },

  "keeps a body nobody has read, and loses one when its last copy goes after a reader": async (
    store,
  ) => {
    const [alice, bob, carol] = await three(store);
    await sendBurning(store, alice);
    await store.deleteEntries(bob.id, [entryId(1)]);
    await store.deleteEntries(carol.id, [entryId(1)]);
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), bytes("secret"));
    const upload = await store.beginUpload(alice.id);
    await store.appendUpload(upload, 0, bytes("other"));
    const other = sampleMessage(alice.id, { key: "o", to: ["bob", "carol"], body: { upload } });
    await store.submit(other, burning());
    await store.markRead(bob.id, [entryId(2)], 1_500);
    await store.deleteEntries(carol.id, [entryId(2)]);
    assert.deepEqual(await readBody(store, alice.id, entryId(2)), bytes(""));
  },

  "burns also where the sender's copy is gone, or is the reader's own": async (store) => {
    const [alice, bob] = await three(store);
    await sendBurning(store, alice, { to: ["bob", "alice"] });
    await store.markRead(alice.id, [entryId(2)], 1_500);
    assert.deepEqual(await store.entries(alice.id, [entryId(2)]), [null]);
    await store.deleteEntries(alice.id, [entryId(1)]);
    assert.deepEqual(
      await readBody(store, bob.id, entryId(1)),
      bytes("secret"),
    );
    await store.markRead(bob.id, [entryId(1)], 1_600);
    assert.deepEqual(await size(store, "bob"), { messages: 0, unread: 0, bytes: 0 });
  },

  "marking the sender's own copy erases nothing": async (store) => {
    const [alice, bob] = await three(store);
    await sendBurning(store, alice);
    await store.markRead(alice.id, [entryId(1)], 1_500);
    assert.equal((await store.list(query(alice.id, { box: "sent" }))).total, 1);
    assert.equal((await store.list(query(bob.id))).total, 1);
  },

  "returns what expires unread as headers only; the own copy stays whole": async (store) => {
    const [alice, bob, carol] = await three(store);
    await sendBurning(store, alice, { expiresAt: 2_000 });
    while (await store.expireDue(null, 2_000));
    assert.equal((await store.list(query(bob.id))).total, 0);
    assert.equal((await store.list(query(carol.id))).total, 0);
    const { entries } = await store.list(query(alice.id));
    assert.equal(entries.length, 2);
    for (const { id, burn, sealedBytes, envelope } of entries) {
      assert.deepEqual([burn, sealedBytes, envelope], [false, 0, bytes(ownEnvelope)]);
      assert.deepEqual(await readBody(store, alice.id, id), bytes(""));
    }
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), bytes("secret"));
    await store.markRead(alice.id, [entryId(2), entryId(3)], 2_500);
    assert.equal((await store.list(query(alice.id))).total, 2);
  },

  "a copy that expires after another was read takes the body with it": async (store) => {
    const [alice, bob] = await three(store);
    await sendBurning(store, alice, { expiresAt: 2_000 });
    await store.markRead(bob.id, [entryId(1)], 1_500);
    while (await store.expireDue(null, 2_000));
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), bytes(""));
    const before = await size(store, "alice");
    assert.deepEqual(before, { messages: 2, unread: 1, bytes: 2 * ownEnvelope.length });
  },

  "burns what was held, and counts whom it did not reach": async (store) => {
    const [alice, bob, carol] = await three(store);
    await sendBurning(store, alice, { deliverAt: 2_000 });
    await store.closeAccount(carol.id, 1_500);
    while (await store.deliverDue(2_000));
    assert.equal((await store.entries(bob.id, [entryId(1)]))[0]!.burn, true);
    await store.markRead(bob.id, [entryId(1)], 2_500);
    assert.deepEqual(await readBody(store, alice.id, entryId(1)), bytes(""));
  },
};
