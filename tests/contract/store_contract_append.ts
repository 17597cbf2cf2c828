/** What a store promises of deposits: one's own mailbox and no other, once as long as it is there. */

import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { asEnvelopeDigest, asIdempotencyKey } from "../../src/model/digests.ts";
import { type AccountId, accountId, entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type { NewAppend } from "../../src/store/append_store.ts";
import type { Store } from "../../src/store/store.ts";
import { bytes, createAccounts, patterned, query, readBody } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

function sample(accountId: AccountId, change: Partial<NewAppend> = {}): NewAppend {
  return {
    accountId,
    idempotencyKey: asIdempotencyKey(bytes("k")),
    box: "inbox",
    isRead: false,
    storedAt: 7,
    body: bytes("12345"),
    copy: {
      envelope: bytes("envelope"),
      envelopeDigest: asEnvelopeDigest(patterned(32)),
    },
    filing: null,
    ...change,
  };
}

async function two(store: Store): Promise<[number, number]> {
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
  return [alice!.id, bob!.id];
}

export const appendPromises: Promises = {
  "keeps a deposit in the account's own mailbox, as read or not": async (store) => {
    const [alice, bob] = await two(store);
    const wishes = [
      { idempotencyKey: asIdempotencyKey(bytes("1")) },
      { idempotencyKey: asIdempotencyKey(bytes("2")), isRead: true },
      { idempotencyKey: asIdempotencyKey(bytes("3")), box: "sent" },
    ] as const;
    for (const [at, query] of wishes.entries()) {
      const stored = await store.append(sample(accountId(alice), query));
      assert.deepEqual(stored, { id: at + 1, repeated: false });
    }
    const inbox = await store.list(query(accountId(alice)));
    assert.deepEqual([inbox.total, inbox.unread], [2, 1]);
    assert.deepEqual(inbox.entries.map(({ id, readAt }) => [id, readAt]), [[2, 7], [1, null]]);
    const [sent] = (await store.list(query(accountId(alice), { box: "sent" }))).entries;
    assert.deepEqual([sent?.id, sent?.from, sent?.readAt, sent?.sealedBytes], [3, "alice", 7, 5]);
    assert.deepEqual([...sent!.deliveries], []);
    assert.deepEqual(await readBody(store, accountId(alice), entryId(1)), bytes("12345"));
    assert.equal((await store.list(query(accountId(bob)))).total, 0);
    await store.markRead(accountId(alice), [entryId(1), entryId(2)], 9);
    assert.equal((await store.list(query(accountId(alice)))).unread, 0);
  },

  "stores a deposit once while it is there, and anew once it was deleted": async (store) => {
    const [alice, bob] = await two(store);
    await store.append(sample(accountId(alice)));
    assert.deepEqual(await store.append(sample(accountId(alice))), { id: 1, repeated: true });
    assert.deepEqual(await store.append(sample(accountId(bob))), { id: 1, repeated: false });
    const keys = [bytes("x"), bytes("k")];
    assert.deepEqual(await store.findAppended(accountId(alice), keys.map(asIdempotencyKey)), [
      null,
      1,
    ]);
    await store.deleteEntries(accountId(alice), [entryId(1)]);
    assert.deepEqual(await store.findAppended(accountId(alice), keys.map(asIdempotencyKey)), [
      null,
      null,
    ]);
    const again = sample(accountId(alice), { body: bytes("67"), box: "sent" });
    assert.deepEqual(await store.append(again), { id: 2, repeated: false });
    assert.deepEqual(await readBody(store, accountId(alice), entryId(2)), bytes("67"));
    assert.deepEqual(await store.findAppended(accountId(alice), [asIdempotencyKey(bytes("k"))]), [
      2,
    ]);
    await store.deleteEntries(accountId(alice), [entryId(2)]);
    assert.equal((await store.describeAccount(asAccountName("alice")))?.bytes, 0);
  },

  "stores a deposit once that is made twice at the same time": async (store) => {
    const [alice] = await two(store);
    const made = await Promise.all([1, 2, 3].map(() => store.append(sample(accountId(alice)))));
    assert.deepEqual(made.map(({ id }) => id), [1, 1, 1]);
    assert.equal(made.filter(({ repeated }) => !repeated).length, 1);
    assert.equal((await store.list(query(accountId(alice)))).total, 1);
  },

  "takes the body of a deposit from an upload of the same account, however large": async (
    store,
  ) => {
    const [alice, bob] = await two(store);
    const body = patterned(300_000);
    const upload = await store.beginUpload(accountId(alice));
    await store.appendUpload(upload, 0, body.slice(0, 200_000));
    await store.appendUpload(upload, 1, body.slice(200_000));
    const stolen = sample(accountId(bob), { body: { upload } });
    await assert.rejects(store.append(stolen), { code: "try_later" });
    const { id } = await store.append(sample(accountId(alice), { body: { upload } }));
    const found = await readBody(store, accountId(alice), id);
    assert.deepEqual(found, body);
    await store.deleteEntries(accountId(alice), [id]);
    const short = await store.append(sample(accountId(alice)));
    assert.deepEqual(await readBody(store, accountId(alice), short.id), bytes("12345"));
  },

  "counts a deposit for the quota, and stores nothing of one that is too much": async (store) => {
    const [alice] = await two(store);
    const quota = { maxBytes: limits.minEntryBytes, maxMessages: 0 };
    await store.append(sample(accountId(alice), { quota }));
    const more = () =>
      store.append(
        sample(accountId(alice), { idempotencyKey: asIdempotencyKey(bytes("2")), quota }),
      );
    await assert.rejects(more(), { code: "over_quota" });
    assert.deepEqual(await store.findAppended(accountId(alice), [asIdempotencyKey(bytes("2"))]), [
      null,
    ]);
    assert.equal((await store.list(query(accountId(alice)))).total, 1);
    await store.deleteEntries(accountId(alice), [entryId(1)]);
    assert.deepEqual(await more(), { id: 2, repeated: false });
  },

  "tells no watcher of a deposit": async (store) => {
    const [alice] = await two(store);
    let told = 0;
    const stop = store.watch(accountId(alice), () => told++);
    await store.append(sample(accountId(alice)));
    await store.list(query(accountId(alice)));
    stop();
    assert.equal(told, 0);
  },

  "lets go of deposits of a closed account, and takes no more": async (store) => {
    const [alice] = await two(store);
    await store.append(sample(accountId(alice)));
    await store.closeAccount(accountId(alice), 8);
    await assert.rejects(
      store.append(sample(accountId(alice), { idempotencyKey: asIdempotencyKey(bytes("2")) })),
      {
        code: "denied",
      },
    );
    while (await store.expireDue(null, 9));
    assert.equal((await store.totals(9)).messages, 0);
  },
};
