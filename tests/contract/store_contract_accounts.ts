/** What a store promises of accounts, keys and keyrings. */

import assert from "node:assert/strict";
import {
  bytes,
  createAccount,
  createAccounts,
  fingerprintOf,
  patterned,
  sampleAccount,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";
import { asAccountName } from "../../src/model/address.ts";
import type { KeyringTag } from "../../src/model/digests.ts";
import { type KeyringPart, tagOf } from "../../src/model/keyring.ts";
import { limits } from "../../src/model/limits.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";

export const accountPromises: Promises = {
  "tells its domain and one secret, as a copy": async (store) => {
    const first = await store.identity();
    assert.equal(first.domain, "example.org");
    assert.equal(first.secret.length, 32);
    const secret = first.secret.slice();
    first.secret.fill(0);
    assert.deepEqual((await store.identity()).secret, secret);
  },

  "finds an account as it was created": async (store) => {
    const created = await createAccount(store, sampleAccount("alice"));
    assert.deepEqual({ ...created }, {
      ...sampleAccount("alice"),
      id: created.id,
      epoch: 1,
      disabledAt: null,
    });
    assert.deepEqual(await store.findAccount(asAccountName("alice")), created);
    assert.equal(await store.findAccount(asAccountName("bob")), null);
  },

  "hands out bytes that the caller may change": async (store) => {
    await store.createAccount(sampleAccount("alice"));
    (await store.findAccount(asAccountName("alice")))!.sealedKeys.fill(0);
    (await store.findKeys([asAccountName("alice")]))[0]!.fingerprint.fill(0);
    const again = (await store.findAccount(asAccountName("alice")))!;
    assert.deepEqual({ ...again }, {
      ...sampleAccount("alice"),
      id: again.id,
      epoch: 1,
      disabledAt: null,
    });
  },

  "refuses a name that is taken": async (store) => {
    await store.createAccount(sampleAccount("alice"));
    const same = sampleAccount("alice", { skeleton: "other" });
    await assert.rejects(store.createAccount(same), { code: "name_taken" });
  },

  "refuses a name that looks like one that is taken": async (store) => {
    const alice = sampleAccount("alice");
    await store.createAccount(alice);
    const lookalike = sampleAccount("a1ice", { skeleton: alice.skeleton });
    await assert.rejects(store.createAccount(lookalike), { code: "name_taken" });
    assert.equal(await store.findAccount(asAccountName("a1ice")), null);
  },

  "gives one of many that want a name": async (store) => {
    const wishes = Array.from({ length: 20 }, () => store.createAccount(sampleAccount("alice")));
    const granted = (await Promise.allSettled(wishes)).filter((one) => one.status === "fulfilled");
    assert.equal(granted.length, 1);
  },

  "answers one set of keys a name, in order": async (store) => {
    await createAccounts(store, ["alice", "bob"]);
    const keys = await store.findKeys([
      asAccountName("bob"),
      asAccountName("carol"),
      asAccountName("alice"),
      asAccountName("bob"),
    ]);
    const prints = keys.map((one) => one?.fingerprint ?? null);
    const bob = fingerprintOf("bob");
    assert.deepEqual(prints, [bob, null, fingerprintOf("alice"), bob]);
  },

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
};

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
