/** What a store promises of mail that comes back, accounts that close and mail that expires. */

import { asAccountName } from "../../src/model/address.ts";
import { accountId, type EntryId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { systemName } from "../../src/model/bounce.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { SendTerms } from "../../src/store/send_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  patterned,
  type Promises,
  query,
  readBody,
  sampleAccount,
  sampleMessage,
} from "../support/store_samples.ts";

const partial: SendTerms = { partial: true, unknown: [], expiresAt: null };

function until(expiresAt: number): SendTerms {
  return { partial: false, unknown: [], expiresAt };
}

async function three(store: Store): Promise<[Account, Account, Account]> {
  return await createAccounts(store, ["alice", "bob", "carol"]) as [Account, Account, Account];
}

async function settleAll(store: Store, now = 9_000): Promise<void> {
  while (await store.expireDue(null, now));
}

/** Ids and senders of an inbox, oldest first. */
async function inbox(store: Store, { id }: Account): Promise<[number, string][]> {
  const { entries, total, unread } = await store.list(query(id));
  assert.equal(total, entries.length);
  assert.equal(unread, entries.filter(({ readAt }) => readAt === null).length);
  return entries.map((entry): [number, string] => [entry.id, entry.from]).reverse();
}

async function reasons(store: Store, { id }: Account, ...ids: EntryId[]): Promise<string[]> {
  const found = await store.bounced(id, ids);
  return found.map((one) => `${one.id} ${one.recipient} ${one.reason} ${one.at} ${one.original}`);
}

export const bouncePromises: Promises = {
  "sends in part: copies for those who exist, a returned entry for each other": async (store) => {
    const [alice, bob] = await three(store);
    const message = sampleMessage(alice.id, { key: "k", to: ["bob", "gone"], storedAt: 5 });
    const sent = await store.submit(message, {
      ...partial,
      unknown: [asAccountName("x@y"), asAccountName("nobody")],
    });
    assert.deepEqual([sent.id, sent.repeated], [1, false]);
    assert.deepEqual(sent.bounced.map(({ recipient, id }) => [recipient, id]), [
      ["gone", 2],
      ["x@y", 3],
      ["nobody", 4],
    ]);
    assert.deepEqual(await inbox(store, bob), [[1, "alice"]]);
    assert.deepEqual(await inbox(store, alice), [[2, systemName], [3, systemName], [
      4,
      systemName,
    ]]);
    const [entry] = await store.entries(alice.id, [entryId(2)]);
    assert.deepEqual(entry!.envelope, bytes("envelope of k for sender"));
    assert.deepEqual(
      entry!.envelopeDigest,
      sampleMessage(accountId(1), { key: "k", to: [] }).own.envelopeDigest,
    );
    assert.equal(entry!.sealedBytes, "body k".length);
    assert.deepEqual([entry!.box, entry!.storedAt, entry!.readAt], ["inbox", 5, null]);
    assert.deepEqual(
      await readBody(store, alice.id, entryId(2)),
      bytes("body k"),
    );
    assert.deepEqual(await reasons(store, alice, entryId(3)), ["3 x@y no_such_account 5 1"]);
    assert.deepEqual(
      (await store.bounced(alice.id, [entryId(1)])).map(({ recipient }) => recipient),
      ["gone", "x@y", "nobody"],
    );
  },

  "sends in part to nobody at all": async (store) => {
    const [alice] = await three(store);
    const message = sampleMessage(alice.id, { key: "k", to: [] });
    const { id, bounced } = await store.submit(message, {
      ...partial,
      unknown: [asAccountName("x")],
    });
    assert.deepEqual([id, bounced.length], [1, 1]);
    assert.equal((await store.list(query(alice.id, { box: "sent" }))).total, 1);
  },

  "on terms that are not partial, sends to all or to none": async (store) => {
    const [alice, bob] = await three(store);
    for (const [to, unknown] of [[["bob", "gone"], []], [["bob"], ["gone"]]] as const) {
      const message = sampleMessage(alice.id, { key: "k", to });
      const refused = store.submit(message, {
        ...until(9_000),
        unknown: unknown.map(asAccountName),
      });
      await assert.rejects(refused, { code: "no_such_recipient", message: /gone/ });
    }
    assert.deepEqual([await inbox(store, alice), await inbox(store, bob)], [[], []]);
  },

  "refuses in part, too, a fingerprint that is not current": async (store) => {
    const [alice] = await three(store);
    const message = sampleMessage(alice.id, { key: "k", to: ["bob", "gone"] });
    const [bob, gone] = message.recipients;
    const stale = {
      ...message,
      recipients: [{ ...bob!, fingerprint: fingerprintOf("old") }, gone!],
    };
    await assert.rejects(store.submit(stale, partial), { code: "key_changed", message: /bob/ });
    assert.deepEqual(await inbox(store, alice), []);
  },

  "repeats the answer of a partial send, whatever was made or deleted since": async (store) => {
    const [alice, bob] = await three(store);
    const again = () =>
      store.submit(sampleMessage(alice.id, { key: "k", to: ["bob", "gone"] }), partial);
    const first = await again();
    await store.createAccount(sampleAccount("gone"));
    assert.deepEqual(await again(), { ...first, repeated: true });
    await store.deleteEntries(alice.id, [entryId(1), entryId(2)]);
    await store.deleteEntries(bob.id, [entryId(1)]);
    assert.deepEqual(await again(), { ...first, repeated: true });
    assert.deepEqual(await inbox(store, alice), []);
  },

  "keeps what came back when the sender's copy and the recipients' go": async (store) => {
    const [alice, bob] = await three(store);
    const upload = await store.beginUpload(alice.id);
    await store.appendUpload(upload, 0, bytes("long"));
    const message = sampleMessage(alice.id, { key: "k", to: ["bob", "gone"], body: { upload } });
    await store.submit(message, partial);
    await store.deleteEntries(alice.id, [entryId(1)]);
    await store.deleteEntries(bob.id, [entryId(1)]);
    assert.deepEqual(
      await readBody(store, alice.id, entryId(2)),
      bytes("long"),
    );
    await store.markRead(alice.id, [entryId(2)], 8);
    assert.equal((await store.list(query(alice.id))).unread, 0);
    await store.deleteEntries(alice.id, [entryId(2)]);
    assert.deepEqual(await reasons(store, alice, entryId(1), entryId(2)), []);
  },

  "takes no receipt on the notice of what came back": async (store) => {
    const [alice] = await three(store);
    await store.submit(sampleMessage(alice.id, { key: "k", to: ["alice", "gone"] }), partial);
    await store.markRead(
      alice.id,
      [entryId(3)],
      8,
      new Map([[entryId(3), bytes("of the notice")]]),
    );
    const [sent] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(sent!.deliveries.map(({ receipt }) => receipt), [null]);
  },

  "tells what came back to its sender only": async (store) => {
    const [alice, bob] = await three(store);
    await store.submit(sampleMessage(alice.id, { key: "k", to: ["bob", "gone"] }), partial);
    assert.deepEqual(await reasons(store, bob, entryId(1), entryId(2)), []);
    assert.deepEqual(await reasons(store, alice, entryId(99)), []);
  },

  "lists what came back by the server's own name": async (store) => {
    const [alice] = await three(store);
    await store.submit(sampleMessage(alice.id, { key: "k", to: ["alice", "gone"] }), partial);
    const from = async (name: string) =>
      (await store.list(query(alice.id, { from: asAccountName(name) }))).entries.map(({ id }) =>
        id
      );
    assert.deepEqual([await from(systemName), await from("alice")], [[3], [2]]);
    assert.equal(await store.findAccount(systemName), null);
    assert.deepEqual(await store.findKeys([systemName]), [null]);
  },

  "closes an account: nobody finds it, and its name stays taken": async (store) => {
    const [alice, bob] = await three(store);
    await store.closeAccount(bob.id, 50);
    assert.equal(await store.findAccount(asAccountName("bob")), null);
    assert.deepEqual(await store.findKeys([asAccountName("bob")]), [null]);
    const again = store.createAccount(sampleAccount("bob"));
    await assert.rejects(again, { code: "name_taken" });
    const alike = store.createAccount(sampleAccount("b0b", { skeleton: "skeleton of bob" }));
    await assert.rejects(alike, { code: "name_taken" });
    const to = store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    await assert.rejects(to, { code: "no_such_recipient" });
    const by = store.send(sampleMessage(bob.id, { key: "k", to: ["alice"] }));
    await assert.rejects(by, { code: "denied" });
  },

  "returns what a closed account had not read, once, and keeps what it sent": async (store) => {
    const [alice, bob, carol] = await three(store);
    for (const key of ["k1", "k2"]) {
      await store.send(sampleMessage(alice.id, { key, to: ["bob", "carol"] }));
    }
    await store.markRead(bob.id, [entryId(1)], 7, new Map([[entryId(1), bytes("by bob")]]));
    await store.send(sampleMessage(bob.id, { key: "b", to: ["carol"] }));
    await store.closeAccount(bob.id, 50);
    await settleAll(store, 60);
    await store.closeAccount(bob.id, 70);
    await settleAll(store, 80);
    assert.deepEqual(await inbox(store, alice), [[3, systemName]]);
    assert.deepEqual(await reasons(store, alice, entryId(3)), ["3 bob account_deleted 60 2"]);
    assert.deepEqual(await reasons(store, alice, entryId(1)), []);
    assert.deepEqual(await inbox(store, carol), [[1, "alice"], [2, "alice"], [3, "bob"]]);
    assert.deepEqual(
      await readBody(store, carol.id, entryId(3)),
      bytes("body b"),
    );
    assert.deepEqual(await store.entries(bob.id, [entryId(1), entryId(2), entryId(3)]), [
      null,
      null,
      null,
    ]);
    const [sent] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(sent!.deliveries.map(({ receipt }) => receipt), [bytes("by bob"), null]);
  },

  "returns mail without the original where the sender deleted the own copy": async (store) => {
    const [alice, bob] = await three(store);
    await store.send(sampleMessage(alice.id, { key: "k", to: ["bob"] }));
    await store.deleteEntries(alice.id, [entryId(1)]);
    await store.closeAccount(bob.id, 50);
    await settleAll(store);
    const [entry] = await store.entries(alice.id, [entryId(2)]);
    assert.deepEqual([entry!.envelope!.length, entry!.sealedBytes], [0, 0]);
    assert.deepEqual(entry!.envelopeDigest.length, 32);
    assert.deepEqual(await readBody(store, alice.id, entryId(2)), bytes(""));
  },

  "returns mail to a full mailbox without the original, for whatever reason": async (store) => {
    const [alice] = await three(store);
    const quota = { maxBytes: 3 * limits.minEntryBytes, maxMessages: 0 };
    const body = patterned(limits.minEntryBytes);
    const to = ["bob", "carol"];
    for (const name of to) await store.setQuota(asAccountName(name), { maxBytes: 0 });
    const message = { ...sampleMessage(alice.id, { key: "k", to, body }), quota };
    const terms = { partial: true, unknown: [asAccountName("zoe")], expiresAt: 2_000 };
    const { bounced: [first] } = await store.submit(message, terms);
    const bytesOf = async () => (await store.describeAccount(asAccountName("alice")))!.bytes;
    const [whole] = await store.entries(alice.id, [first!.id]);
    assert.deepEqual(whole!.envelope, message.own.envelope, "there was room for this one");
    const before = await bytesOf();
    while (await store.expireDue(null, 2_000, quota));
    const { entries } = await store.list(query(alice.id));
    assert.equal(entries.length, 3);
    const bare = entries.slice(0, 2).map(({ envelope, sealedBytes }) => [envelope, sealedBytes]);
    assert.deepEqual(bare, [[bytes(""), 0], [bytes(""), 0]]);
    assert.equal(await bytesOf(), before);
    await store.deleteEntries(alice.id, [...entries.map(({ id }) => id), entryId(1)]);
    assert.equal(await bytesOf(), 0);
  },

  "knows a name that was an account's, and no other": async (store) => {
    const [alice] = await three(store);
    assert.equal(await store.wasAccount(asAccountName("alice")), false);
    await store.closeAccount(alice.id, 50);
    const names = ["alice", "bob", "nobody", systemName];
    const known = await Promise.all(names.map((name) => store.wasAccount(asAccountName(name))));
    assert.deepEqual(known, [true, false, false, false]);
  },

  "returns nothing to closed accounts, and no notice of a notice": async (store) => {
    const [alice, bob, carol] = await three(store);
    await store.send(sampleMessage(alice.id, { key: "k", to: ["bob", "alice"] }));
    await store.submit(sampleMessage(bob.id, { key: "b", to: ["gone"] }), partial);
    await store.closeAccount(alice.id, 50);
    await store.closeAccount(bob.id, 50);
    await settleAll(store);
    for (const account of [alice, bob, carol]) {
      assert.deepEqual((await store.list(query(account.id))).entries, []);
    }
  },

  "settles far more than one step's worth, each once": async (store) => {
    const [alice, bob] = await three(store);
    const keys = Array.from({ length: 150 }, (_, n) => `k${n}`);
    await Promise.all(
      keys.map((key) => store.send(sampleMessage(alice.id, { key, to: ["bob"] }))),
    );
    await store.closeAccount(bob.id, 50);
    await settleAll(store);
    assert.equal((await inbox(store, alice)).length, 150);
    const originals = (await Promise.all(
      Array.from({ length: 150 }, (_, n) => store.bounced(alice.id, [entryId(151 + n)])),
    )).flat().map(({ original }) => original);
    assert.equal(new Set(originals).size, 150);
  },

  "returns what expires unread, and leaves what was read, also if it is unread again": async (
    store,
  ) => {
    const [alice, bob, carol] = await three(store);
    await store.submit(sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] }), until(2_000));
    await store.submit(sampleMessage(alice.id, { key: "later", to: ["bob"] }), until(3_000));
    await store.send(sampleMessage(alice.id, { key: "ever", to: ["bob"] }));
    await store.markRead(carol.id, [entryId(1)], 1_500, new Map([[entryId(1), bytes("by carol")]]));
    await store.markUnread(carol.id, [entryId(1)]);
    assert.equal((await store.entries(carol.id, [entryId(1)]))[0]!.expiresAt, null);
    assert.equal(await store.expireDue(null, 1_999), false);
    assert.equal((await inbox(store, bob)).length, 3);
    await settleAll(store, 2_000);
    await settleAll(store, 2_001);
    assert.deepEqual(await inbox(store, bob), [[2, "alice"], [3, "alice"]]);
    assert.deepEqual(await inbox(store, carol), [[1, "alice"]]);
    assert.deepEqual(await inbox(store, alice), [[4, systemName]]);
    assert.deepEqual(await reasons(store, alice, entryId(4)), ["4 bob expired 2000 1"]);
    const [sent] = await store.entries(alice.id, [entryId(1)]);
    assert.deepEqual(sent!.deliveries.map(({ receipt }) => receipt), [null, bytes("by carol")]);
  },

  "settles one account without touching another's": async (store) => {
    const [alice, bob, carol] = await three(store);
    await store.submit(sampleMessage(alice.id, { key: "k", to: ["bob", "carol"] }), until(2_000));
    assert.equal(await store.expireDue(bob.id, 1_999), false);
    while (await store.expireDue(bob.id, 2_000));
    assert.deepEqual([await inbox(store, bob), (await inbox(store, carol)).length], [[], 1]);
    assert.deepEqual(await inbox(store, alice), [[2, systemName]]);
  },
};
