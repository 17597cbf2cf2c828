/** What a store promises of the entries in a box: listing, marking, deleting. */

import { asAccountName } from "../../src/model/address.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { Account } from "../../src/store/account_store.ts";
import type { Entry, ListQuery } from "../../src/store/mailbox_store.ts";
import type { Store } from "../../src/store/store.ts";
import { limits } from "../../src/model/limits.ts";
import { seeded } from "../support/mime.ts";
import { StoreModel } from "../support/store_model.ts";
import {
  bytes,
  createAccounts,
  patterned,
  query,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

/** Gives bob `count` messages from alice. */
async function filled(store: Store, count: number): Promise<[Account, Account]> {
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  for (let n = 1; n <= count; n++) {
    await store.send(sampleMessage(alice.id, { key: `${n}`, to: ["bob"], storedAt: n * 10 }));
  }
  return [alice, bob];
}

async function listed(store: Store, asked: ListQuery): Promise<EntryId[]> {
  return (await store.list(asked)).entries.map((entry) => entry.id);
}

function receiptsOf({ deliveries }: Entry): (Uint8Array | null)[] {
  return deliveries.map(({ receipt }) => receipt);
}

export const mailboxPromises: Promises = {
  "lists newest first, by pages": async (store) => {
    const [, bob] = await filled(store, 7);
    assert.deepEqual(await listed(store, query(bob.id, { limit: 3 })), [7, 6, 5]);
    assert.deepEqual(await listed(store, query(bob.id, { limit: 3, before: 5 })), [4, 3, 2]);
    assert.deepEqual(await listed(store, query(bob.id, { limit: 3, before: 2 })), [1]);
    assert.deepEqual(await listed(store, query(bob.id, { before: 1 })), []);
  },

  "finds mail since a time though the clock went back": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
    for (const [n, storedAt] of [50, 10, 60, 20, 55].entries()) {
      await store.send(sampleMessage(alice.id, { key: `${n}`, to: ["bob"], storedAt }));
    }
    assert.deepEqual(await listed(store, query(bob.id, { since: 50 })), [5, 3, 1]);
    assert.deepEqual(await listed(store, query(bob.id, { since: 56 })), [3]);
    assert.deepEqual(await listed(store, query(bob.id, { since: 61 })), []);
  },

  "finds nothing from a name that does not exist": async (store) => {
    const [, bob] = await filled(store, 2);
    const page = await store.list(query(bob.id, { from: asAccountName("nobody") }));
    assert.deepEqual([page.total, page.unread, page.entries.length], [2, 2, 0]);
  },

  "lists a summary in place of its envelope": async (store) => {
    const [, bob] = await filled(store, 2);
    await store.saveSummaries(bob.id, [{ id: entryId(2), summary: bytes("short") }, {
      id: entryId(99),
      summary: bytes("nowhere"),
    }]);
    const [second, first] = (await store.list(query(bob.id))).entries;
    assert.deepEqual([second!.summary, second!.envelope], [bytes("short"), null]);
    assert.deepEqual([first!.summary, first!.envelope], [null, bytes("envelope of 1 for bob")]);
    const [whole] = await store.entries(bob.id, [entryId(2)]);
    assert.deepEqual(whole!.envelope, bytes("envelope of 2 for bob"));
  },

  "keeps all summaries or none: none longer than its envelope allows, none without room": async (
    store,
  ) => {
    const [, bob] = await filled(store, 2);
    const bytesOf = async () => (await store.describeAccount(asAccountName("bob")))!.bytes;
    const before = await bytesOf();
    const envelope = bytes("envelope of 1 for bob").length;
    const longest = patterned(envelope + limits.summaryMarginBytes);
    const save = (first: Uint8Array, second: Uint8Array, maxBytes = 0) =>
      store.saveSummaries(
        bob.id,
        [{ id: entryId(1), summary: first.slice() }, { id: entryId(2), summary: second.slice() }],
        { maxBytes, maxMessages: 0 },
      );
    const short = bytes("short");
    await assert.rejects(save(short, patterned(longest.length + 1)), { code: "too_large" });
    const room = before + 2 * longest.length;
    await assert.rejects(save(longest, longest, room - 1), { code: "over_quota" });
    assert.equal(await bytesOf(), before);
    const kept = (await store.list(query(bob.id))).entries.map(({ summary }) => summary);
    assert.deepEqual(kept, [null, null]);
    await save(longest, longest, room);
    assert.equal(await bytesOf(), room);
    await save(short, longest, 1); // over it already, and less than before
    assert.equal(await bytesOf(), before + short.length + longest.length);
    await store.deleteEntries(bob.id, [entryId(2)]);
    await store.deleteEntries(bob.id, [entryId(1)]);
    assert.equal(await bytesOf(), 0);
  },

  "counts an entry for its least, so that empty ones fill a share of a mailbox too": async (
    store,
  ) => {
    const [alice] = await filled(store, 3);
    const quota = { maxBytes: 4 * 4 * limits.minEntryBytes, maxMessages: 0 };
    const send = (key: string) =>
      store.send({ ...sampleMessage(alice.id, { key, to: ["bob"] }), quota });
    await send("fits");
    await assert.rejects(send("too many"), { code: "over_quota" });
  },

  "answers one entry an id, in order, and none of another account": async (store) => {
    const [alice, bob] = await filled(store, 3);
    const found = await store.entries(bob.id, [entryId(3), entryId(9), entryId(1), entryId(3)]);
    assert.deepEqual(found.map((entry) => entry?.id ?? null), [3, null, 1, 3]);
    assert.deepEqual((await store.entries(alice.id, [entryId(3)]))[0]!.box, "sent");
  },

  "marks once what is unread, and hands the sender the first receipt": async (store) => {
    const [alice, bob] = await filled(store, 2);
    await store.markRead(
      bob.id,
      [entryId(1), entryId(77)],
      500,
      new Map([[entryId(1), bytes("one")], [entryId(77), bytes("none")]]),
    );
    await store.markRead(
      bob.id,
      [entryId(1), entryId(2)],
      600,
      new Map([[entryId(1), bytes("again")], [entryId(2), bytes("two")]]),
    );
    const times = (await store.entries(bob.id, [entryId(1), entryId(2)])).map((entry) =>
      entry!.readAt
    );
    assert.deepEqual(times, [500, 600]);
    const sent = (await store.list(query(alice.id, { box: "sent" }))).entries;
    assert.deepEqual(sent.map(receiptsOf), [[bytes("two")], [bytes("one")]]);
    assert.equal((await store.list(query(bob.id))).unread, 0);
  },

  "tells the sender nothing of what was read without a receipt, nor later": async (store) => {
    const [alice, bob] = await filled(store, 1);
    await store.markRead(bob.id, [entryId(1)], 500);
    await store.markRead(bob.id, [entryId(1)], 600, new Map([[entryId(1), bytes("late")]]));
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(receiptsOf(own!), [null]);
    assert.equal((await store.entries(bob.id, [entryId(1)]))[0]!.readAt, 500);
  },

  "gives a receipt for the reader's own copy only": async (store) => {
    const [alice, bob, carol] = await createAccounts(store, ["alice", "bob", "carol"]) as [
      Account,
      Account,
      Account,
    ];
    await store.send(sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] }));
    await store.markRead(alice.id, [entryId(1)], 5, new Map([[entryId(1), bytes("own")]]));
    await store.markRead(carol.id, [entryId(1)], 5, new Map([[entryId(1), bytes("by carol")]]));
    assert.deepEqual(receiptsOf((await store.entries(alice.id, [entryId(1)]))[0]!), [
      null,
      bytes("by carol"),
    ]);
    assert.deepEqual(receiptsOf((await store.entries(bob.id, [entryId(1)]))[0]!), []);
    assert.deepEqual(receiptsOf((await store.entries(carol.id, [entryId(1)]))[0]!), []);
  },

  "still tells of a delivery that its reader deleted": async (store) => {
    const [alice, bob] = await filled(store, 1);
    await store.markRead(bob.id, [entryId(1)], 500, new Map([[entryId(1), bytes("receipt")]]));
    await store.deleteEntries(bob.id, [entryId(1)]);
    const [own] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual({ ...own!.deliveries[0] }, { recipient: "bob", receipt: bytes("receipt") });
  },

  "deletes all or none, naming every unknown id": async (store) => {
    const [, bob] = await filled(store, 3);
    const partly = store.deleteEntries(bob.id, [entryId(1), entryId(88), entryId(2), entryId(99)]);
    await assert.rejects(partly, { code: "no_such_message", message: /88.*99/ });
    assert.deepEqual(await listed(store, query(bob.id)), [3, 2, 1]);
    await store.deleteEntries(bob.id, [entryId(1), entryId(3), entryId(1)]);
    assert.deepEqual(await listed(store, query(bob.id)), [2]);
  },

  "never uses an id again": async (store) => {
    const [alice, bob] = await filled(store, 3);
    await store.deleteEntries(bob.id, [entryId(1), entryId(2), entryId(3)]);
    await store.deleteEntries(alice.id, [entryId(3)]);
    const sent = await store.send(sampleMessage(alice.id, { key: "next", to: ["bob"] }));
    assert.equal(sent.id, 4);
    assert.deepEqual(await listed(store, query(bob.id)), [4]);
  },

  "does what a naive model does": async (store) => {
    const model = new StoreModel(await createAccounts(store, ["alice", "bob", "carol"]));
    const random = seeded(20_260_101);
    for (let step = 0; step < 400; step++) {
      await model.act(store, random);
      if (step % 4 === 0) await model.compare(store, random);
    }
  },

  "finishes on closing what was begun": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const sends = Array.from(
      { length: 600 },
      (_, n) => store.send(sampleMessage(alice!.id, { key: `${n}`, to: [] })),
    );
    await store.close();
    const ids = (await Promise.all(sends)).map((sent) => sent.id).sort((a, b) => a - b);
    assert.deepEqual(ids, ids.map((_, n) => n + 1)); // in whatever order
  },

  "refuses everything once closed": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await store.close();
    await store.close();
    await assert.rejects(store.findAccount(asAccountName("alice")), { code: "internal" });
    await assert.rejects(store.beginUpload(alice!.id), { code: "internal" });
  },
};
