/** What a store promises of mail from outside: all or none, in nobody's name. */
import { asAccountName } from "../../src/model/address.ts";
import { type AccountId, accountId, entryId, uploadId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { limits } from "../../src/model/limits.ts";
import { systemName } from "../../src/model/bounce.ts";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { type NewInbound, systemAccountId } from "../../src/store/inbound_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  patterned,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

const nobody = { account: null, addresses: [] };

function sample(to: readonly string[], change: Partial<NewInbound> = {}): NewInbound {
  const { recipients, body } = sampleMessage(accountId(0), { key: "k", to });
  const key = asIdempotencyKey(randomBytes(32));
  return { key, storedAt: 1_000, from: nobody, body, recipients, ...change };
}

async function counts(store: Store, ids: readonly AccountId[]): Promise<number[]> {
  return await Promise.all(ids.map(async (id) => (await store.list(query(id))).total));
}

async function people(store: Store): Promise<[AccountId, AccountId, AccountId]> {
  const accounts = await createAccounts(store, ["alice", "bob", "carol"]);
  return accounts.map(({ id }) => id) as [AccountId, AccountId, AccountId];
}

export const inboundPromises: Promises = {
  "stores mail from outside for each recipient, in the server's name": async (store) => {
    const [alice, bob, carol] = await people(store);
    await store.receive(sample(["bob", "carol", "bob"], { storedAt: 7 }));
    assert.deepEqual(await counts(store, [alice, bob, carol]), [0, 1, 1]);
    const [entry] = await store.entries(bob, [entryId(1)]);
    const { from, box, storedAt, readAt, envelope, deliveries, sealedBytes } = entry!;
    assert.deepEqual([from, box, storedAt, readAt], [systemName, "inbox", 7, null]);
    assert.deepEqual([envelope, deliveries], [bytes("envelope of k for bob"), []]);
    assert.equal(sealedBytes, "body k".length);
    assert.deepEqual(
      await readBody(store, carol, entryId(1)),
      bytes("body k"),
    );
    assert.deepEqual(await store.bounced(bob, [entryId(1)]), []);
    const found = await store.list(query(bob, { from: systemName }));
    assert.deepEqual(found.entries.map(({ id }) => id), [1]);
  },

  "tells watchers of mail from outside once it can be read": async (store) => {
    const [, bob] = await people(store);
    const { promise, resolve } = Promise.withResolvers<void>();
    store.watch(bob, resolve);
    await store.receive(sample(["bob"]));
    await promise;
    const arrived = await store.newMail({ accountId: bob, after: 0, limit: 5, unread: true });
    assert.equal(arrived.length, 1);
  },

  "stores mail from outside for all or for none": async (store) => {
    const ids = await people(store);
    await store.setQuota(asAccountName("carol"), { maxMessages: 1 });
    await store.receive(sample(["carol"]));
    const failures = [
      [sample(["bob", "nobody"]), "no_such_recipient"],
      [sample(["bob", "carol"]), "over_quota"],
      [sample(["bob"], { quota: { maxMessages: 0, maxBytes: 10 } }), "over_quota"],
      [sample(["bob"], { body: { upload: uploadId(99) } }), "try_later"],
    ] as const;
    for (const [inbound, code] of failures) {
      await assert.rejects(store.receive(inbound), { code });
    }
    const [changed] = sample(["bob"]).recipients;
    const recipients = [{ ...changed!, fingerprint: fingerprintOf("old") }];
    await assert.rejects(store.receive(sample([], { recipients })), { code: "key_changed" });
    assert.deepEqual(await counts(store, ids), [0, 0, 1]);
  },

  "keeps a long body from outside once, until the last copy goes": async (store) => {
    const [, bob, carol] = await people(store);
    const upload = await store.beginUpload(systemAccountId);
    await store.appendUpload(upload, 0, patterned(limits.chunkBytes));
    await store.appendUpload(upload, 1, patterned(1000, 5));
    const stolen = { ...sampleMessage(bob, { key: "s", to: ["bob"] }), body: { upload } };
    await assert.rejects(store.send(stolen), { code: "try_later" });
    await store.receive(sample(["bob", "carol"], { body: { upload } }));
    await assert.rejects(store.receive(sample(["bob"], { body: { upload } })), {
      code: "try_later",
    });
    await store.discardUpload(upload);
    await store.deleteEntries(bob, [entryId(1)]);
    const whole = [...patterned(limits.chunkBytes)];
    assert.deepEqual(
      await readBody(store, carol, entryId(1)),
      Uint8Array.from([...whole, ...patterned(1000, 5)]),
    );
    await store.deleteEntries(carol, [entryId(1)]);
    assert.deepEqual(await counts(store, [bob, carol]), [0, 0]);
  },

  "marks mail from outside as read, and returns it to nobody": async (store) => {
    const [alice, bob, carol] = await people(store);
    await store.receive(sample(["bob", "carol"]));
    await store.markRead(bob, [entryId(1)], 5000);
    assert.equal((await store.entries(bob, [entryId(1)]))[0]!.readAt, 5000);
    await store.closeAccount(carol, 6000);
    while (await store.expireDue(null, 7000));
    assert.deepEqual(await counts(store, [alice, bob]), [0, 1]);
  },
};
