/** What a store promises of outlines. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import { bytes, createAccounts, type Promises, sampleMessage } from "../support/store_samples.ts";

/** alice, who sent bob two messages. */
async function filled(store: Store, burn = false): Promise<[Account, Account]> {
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  for (const key of ["1", "2"]) {
    const message = sampleMessage(alice.id, { key, to: ["bob"] });
    await store.submit(message, { partial: false, unknown: [], expiresAt: null, burn });
  }
  return [alice, bob];
}

const both = [entryId(1), entryId(2)];

async function textsOf(store: Store, { id }: Account, ids: readonly EntryId[] = both) {
  return (await store.outlines(id, ids)).map((sealed) =>
    sealed && new TextDecoder().decode(sealed)
  );
}

function outline(id: EntryId, text: string) {
  return { id, sealed: bytes(text) };
}

export const outlinePromises: Promises = {
  "keeps outlines, one a message, in the place of earlier ones": async (store) => {
    const [alice, bob] = await filled(store);
    assert.deepEqual(await textsOf(store, bob), [null, null]);
    await store.saveOutlines(bob.id, [outline(entryId(1), "one"), outline(entryId(2), "two")]);
    await store.saveOutlines(bob.id, [outline(entryId(1), "another")]);
    assert.deepEqual(await textsOf(store, bob), ["another", "two"]);
    assert.deepEqual(await textsOf(store, alice), [null, null]);
  },
  "passes over outlines of what is not there": async (store) => {
    const [, bob] = await filled(store);
    await store.saveOutlines(bob.id, [outline(entryId(7), "x"), outline(entryId(2), "two")]);
    assert.deepEqual(await textsOf(store, bob, [entryId(7), ...both]), [null, null, "two"]);
  },
  "passes over outlines that are much longer than what they are of": async (store) => {
    const [, bob] = await filled(store);
    const most = "body 1".length + limits.outlineMarginBytes;
    const texts = [most, most + 1].map((length) => "x".repeat(length));
    await store.saveOutlines(bob.id, both.map((id, at) => outline(id, texts[at]!)));
    assert.deepEqual(await textsOf(store, bob), [texts[0], null]);
  },
  "an outline counts for no mailbox, changes nothing, and goes with its message": async (store) => {
    const [, bob] = await filled(store);
    const before = await store.describeAccount(asAccountName("bob"));
    const changes = { accountId: bob.id, since: 0, known: 0, limit: 10, aside: false };
    const { newest } = await store.changes(changes);
    await store.saveOutlines(bob.id, both.map((id) => outline(id, "text")));
    assert.deepEqual(await store.describeAccount(asAccountName("bob")), before);
    assert.equal((await store.changes(changes)).newest, newest);
    await store.deleteEntries(bob.id, [entryId(1)]);
    assert.deepEqual(await textsOf(store, bob), [null, "text"]);
  },
  "a copy has no outline yet": async (store) => {
    const [, bob] = await filled(store);
    await store.saveOutlines(bob.id, [outline(entryId(1), "text")]);
    const copy = { id: entryId(1), sealed: bytes("a filing"), aside: true };
    const [id] = await store.copyEntries(bob.id, [copy]);
    assert.deepEqual(await textsOf(store, bob, [entryId(1), id!]), ["text", null]);
  },
  "what burns takes its outline along, in the mailbox of its sender too": async (store) => {
    const [alice, bob] = await filled(store, true);
    for (const { id } of [alice, bob]) {
      await store.saveOutlines(id, both.map((entry) => outline(entry, "text")));
    }
    await store.markRead(bob.id, [entryId(1)], 2_000);
    assert.deepEqual(await textsOf(store, bob), [null, "text"]);
    assert.deepEqual(await textsOf(store, alice), [null, "text"]);
    await store.saveOutlines(alice.id, [outline(entryId(1), "text")]);
    assert.deepEqual(await textsOf(store, alice), [null, "text"]);
  },
};
