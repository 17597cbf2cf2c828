/** What a store promises of the ways into an account. */
import assert from "node:assert/strict";
import type { StoredPassword } from "../../src/store/store.ts";
import { bytes, createAccounts, patterned, sampleAccount } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

function samplePassword(name: string): StoredPassword {
  return {
    parameters: { salt: patterned(16, 7), memoryKiB: 131072, passes: 4 },
    authenticationHash: bytes(`hash by ${name}`),
    sealedKeys: bytes(`keys by ${name}`),
  };
}

export const credentialPromises: Promises = {
  "replaces a password, and nothing else of the account": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const expectedSealedKeys = bytes("keys of alice");
    const change = { accountId: alice!.id, expectedSealedKeys, ...samplePassword("new") };
    assert.equal(await store.replacePassword(change), true);
    const changed = { ...sampleAccount("alice"), id: alice!.id, ...samplePassword("new") };
    assert.deepEqual(await store.findAccount("alice"), changed);
    assert.deepEqual(await store.findAccount("bob"), bob);
  },

  "replaces a password only where the sealed keys are the expected ones": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const expectedSealedKeys = bytes("keys of somebody");
    const change = { accountId: alice!.id, expectedSealedKeys, ...samplePassword("new") };
    assert.equal(await store.replacePassword(change), false);
    assert.deepEqual(await store.findAccount("alice"), alice);
  },

  "lets one of many replace a password": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const tries = Array.from({ length: 20 }, (_, n) =>
      store.replacePassword({
        accountId: alice!.id,
        expectedSealedKeys: bytes("keys of alice"),
        ...samplePassword(`${n}`),
      }));
    const won = (await Promise.all(tries)).flatMap((replaced, n) => replaced ? [n] : []);
    assert.equal(won.length, 1);
    const { authenticationHash, sealedKeys } = (await store.findAccount("alice"))!;
    assert.deepEqual([authenticationHash, sealedKeys], [
      bytes(`hash by ${won[0]}`),
      bytes(`keys by ${won[0]}`),
    ]);
  },
};
