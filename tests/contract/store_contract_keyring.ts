/** What a store promises of keyrings: their parts in order, each behind the newest one, and with what depends on it. */
import assert from "node:assert/strict";
import type { KeyringTag } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { type KeyringPart, tagOf } from "../../src/model/keyring.ts";
import { limits } from "../../src/model/limits.ts";
import type { Account, KeyringUpdate } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  patterned,
  type Promises,
  query,
  sampleMessage,
} from "../support/store_samples.ts";

/** The sealed bytes of a part are as its version; no two have the same tag. */
function partOf(version: number, length = 40): KeyringPart {
  return { version, sealed: patterned(length, version) };
}

/** Puts parts behind one that is there; without one the first is a whole ring. */
async function append(
  store: Store,
  { id }: Account,
  parts: readonly KeyringPart[],
  newest?: KeyringPart,
): Promise<void> {
  let after = newest === undefined ? null : tagOf(newest);
  let expectedVersion = newest?.version ?? 0;
  for (const part of parts) {
    const next = tagOf(part); // the store may take the bytes away
    await store.replaceKeyring(id, { expectedVersion, after, ...part });
    [expectedVersion, after] = [part.version, next];
  }
}

/** What a part goes along with, by what it is; each tells whether it was done. */
const companions: Readonly<
  Record<
    string,
    {
      readonly act: (store: Store, alice: Account, keyring: KeyringUpdate) => Promise<unknown>;
      readonly isDone: (store: Store, alice: Account) => Promise<boolean>;
    }
  >
> = {
  "a message": {
    act: (store, { id }, keyring) =>
      store.send({ ...sampleMessage(id, { key: "k", to: ["alice"] }), keyring }),
    isDone: async (store, { id }) => (await store.list(query(id))).total === 2,
  },
  "a message that waits": {
    act: (store, { id }, keyring) =>
      store.submit({ ...sampleMessage(id, { key: "k", to: ["bob"] }), keyring }, {
        partial: false,
        unknown: [],
        expiresAt: null,
        deliverAt: 9_000,
      }),
    isDone: async (store, { id }) => (await store.list(query(id, { box: "sent" }))).total === 3,
  },
  "what is taken back": {
    act: (store, { id }, keyring) => store.cancel(id, [entryId(3)], 1_500, keyring),
    isDone: async (store, { id }) =>
      (await store.entries(id, [entryId(3)]))[0]!.cancelledAt === 1_500,
  },
  "summaries": {
    act: (store, { id }, keyring) =>
      store.saveSummaries(
        id,
        [{ id: entryId(2), summary: bytes("short") }],
        { maxBytes: 0, maxMessages: 0 },
        keyring,
      ),
    isDone: async (store, { id }) => (await store.list(query(id))).entries[0]!.summary !== null,
  },
};

/** Alice with a message to herself, one that waits, and a keyring in two parts. */
async function prepared(store: Store): Promise<Account> {
  const [alice] = await createAccounts(store, ["alice", "bob"]);
  await store.send(sampleMessage(alice!.id, { key: "first", to: ["alice"] }));
  await store.submit(sampleMessage(alice!.id, { key: "second", to: ["bob"] }), {
    partial: false,
    unknown: [],
    expiresAt: null,
    deliverAt: 9_000,
  });
  await append(store, alice!, [partOf(1), partOf(2)]);
  return alice!;
}

export const keyringPromises: Promises = {
  "begins with no keyring": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const nothing = { isWhole: true, parts: [], restoredAt: 0 };
    assert.deepEqual(await store.keyring(alice!.id), nothing);
    assert.deepEqual(await store.keyring(alice!.id, tagOf(partOf(1))), nothing);
  },

  "replaces a keyring only where the version is still the expected one": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const replace = (expectedVersion: number, part: KeyringPart) =>
      store.replaceKeyring(alice!.id, { expectedVersion, after: null, ...part });
    await replace(0, partOf(1));
    await assert.rejects(replace(0, partOf(2)), { code: "keyring_changed" });
    await assert.rejects(replace(2, partOf(3)), { code: "keyring_changed" });
    await replace(1, partOf(2));
    const kept = { isWhole: true, parts: [partOf(2)], restoredAt: 0 };
    assert.deepEqual(await store.keyring(alice!.id), kept);
    await replace(2, partOf(900));
    assert.deepEqual((await store.keyring(alice!.id)).parts, [partOf(900)]);
    assert.deepEqual((await store.keyring(bob!.id)).parts, []);
  },

  "keeps parts of a keyring in order, and tells those behind a known one": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    await append(store, alice!, [partOf(3), partOf(4), partOf(9)]);
    await append(store, bob!, [partOf(4)]);
    const behind = async (known: KeyringTag | null) => {
      const { isWhole, parts } = await store.keyring(alice!.id, known);
      return [isWhole, ...parts.map(({ version }) => version)];
    };
    assert.deepEqual(await behind(null), [true, 3, 4, 9]);
    assert.deepEqual(await behind(tagOf(partOf(3))), [false, 4, 9]);
    assert.deepEqual(await behind(tagOf(partOf(9))), [false]);
    assert.deepEqual(await behind(tagOf(partOf(10))), [true, 3, 4, 9]);
    await store.replaceKeyring(alice!.id, { expectedVersion: 9, after: null, ...partOf(12) });
    assert.deepEqual(await behind(tagOf(partOf(9))), [true, 12]);
    assert.deepEqual((await store.keyring(bob!.id)).parts, [partOf(4)]);
  },

  "takes a part only behind the newest, and only of the version that is expected": async (
    store,
  ) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const put = (expectedVersion: number, after: KeyringPart) =>
      store.replaceKeyring(alice!.id, { expectedVersion, after: tagOf(after), ...partOf(20) });
    const refused = { code: "keyring_changed" };
    await assert.rejects(put(0, partOf(1)), refused, "behind nothing");
    await append(store, alice!, [partOf(1), partOf(2)]);
    await assert.rejects(put(2, partOf(1)), refused, "behind an older one");
    await assert.rejects(put(1, partOf(2)), refused, "of an older version");
    await assert.rejects(put(2, partOf(3)), refused, "behind another one of that version");
    assert.deepEqual((await store.keyring(alice!.id)).parts, [partOf(1), partOf(2)]);
    await put(2, partOf(2));
  },

  "bounds the parts of a keyring, and their bytes": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const refused = { code: "too_large" };
    const most = Array.from({ length: limits.maxKeyringParts }, (_, at) => partOf(at + 1));
    await append(store, alice!, most);
    const more = partOf(most.length + 1);
    await assert.rejects(append(store, alice!, [more], most.at(-1)), refused);
    const large = [partOf(1, limits.maxKeyringBytes - 99), partOf(2, 99)];
    await append(store, bob!, large);
    await assert.rejects(append(store, bob!, [partOf(3, 16)], partOf(2, 99)), refused);
    assert.equal((await store.keyring(alice!.id)).parts.length, most.length);
    assert.equal((await store.keyring(bob!.id)).parts.length, 2);
    await store.replaceKeyring(bob!.id, { expectedVersion: 2, after: null, ...partOf(3) });
  },

  "lets one of many replace a keyring": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const tries = Array.from(
      { length: 20 },
      (_, n) => {
        const update = { expectedVersion: 0, after: null, version: 1, sealed: bytes(`${n}`) };
        return store.replaceKeyring(alice!.id, update).then(() => true, () => false);
      },
    );
    assert.equal((await Promise.all(tries)).filter((won) => won).length, 1);
  },

  ...Object.fromEntries(
    Object.entries(companions).map(([what, { act, isDone }]) => [
      `stores a part of a keyring with ${what}, both or none`,
      async (store: Store) => {
        const alice = await prepared(store);
        const behind = (after: KeyringPart) => ({
          expectedVersion: 2,
          after: tagOf(after),
          ...partOf(3),
        });
        await assert.rejects(act(store, alice, behind(partOf(9))), { code: "keyring_changed" });
        assert.deepEqual((await store.keyring(alice.id)).parts, [partOf(1), partOf(2)]);
        assert.equal(await isDone(store, alice), false);
        await act(store, alice, behind(partOf(2)));
        assert.deepEqual((await store.keyring(alice.id)).parts, [partOf(1), partOf(2), partOf(3)]);
        assert.equal(await isDone(store, alice), true);
      },
    ]),
  ),
};
