/** What a store promises of accounts and keys. */

import assert from "node:assert/strict";
import {
  createAccount,
  createAccounts,
  fingerprintOf,
  sampleAccount,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";
import { asAccountName } from "../../src/model/address.ts";

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
};
