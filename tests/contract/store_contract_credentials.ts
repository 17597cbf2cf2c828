/** What a store promises of the ways into an account. */
import assert from "node:assert/strict";
import type { Account, StoredPassword, StoredRecovery } from "../../src/store/store.ts";
import { bytes, createAccounts, patterned, sampleAccount } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

function samplePassword(name: string): StoredPassword {
  return {
    parameters: { salt: patterned(16, 7), memoryKiB: 131072, passes: 4 },
    authenticationHash: bytes(`hash by ${name}`),
    sealedKeys: bytes(`keys by ${name}`),
  };
}

function sampleRecovery(code: string): StoredRecovery {
  return { hash: bytes(`hash of ${code}`), sealedKeys: bytes(`keys by ${code}`) };
}

function recoveryFor({ id }: Account, code: string) {
  const expectedSealedKeys = bytes("keys of alice");
  return { accountId: id, expectedSealedKeys, recovery: sampleRecovery(code) };
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

  "keeps one recovery of an account, the last": async (store) => {
    const [alice] = await createAccounts(store, ["alice", "bob"]);
    assert.equal(await store.findRecovery("alice"), null);
    assert.equal(await store.findRecovery("nobody"), null);
    assert.equal(await store.replaceRecovery(recoveryFor(alice!, "first")), true);
    assert.equal(await store.replaceRecovery(recoveryFor(alice!, "second")), true);
    const found = (await store.findRecovery("alice"))!;
    assert.deepEqual(found.account, alice);
    assert.deepEqual({ ...found.recovery }, sampleRecovery("second"));
    found.recovery.sealedKeys.fill(0);
    assert.deepEqual(
      { ...(await store.findRecovery("alice"))!.recovery },
      sampleRecovery("second"),
    );
    assert.equal(await store.findRecovery("bob"), null);
    const none = { ...recoveryFor(alice!, ""), recovery: null };
    assert.equal(await store.replaceRecovery(none), true);
    assert.equal(await store.findRecovery("alice"), null);
  },

  "keeps a recovery only where the sealed keys are the expected ones": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    const expectedSealedKeys = bytes("keys of somebody");
    for (const recovery of [sampleRecovery("second"), null]) {
      const change = { accountId: alice!.id, expectedSealedKeys, recovery };
      assert.equal(await store.replaceRecovery(change), false);
    }
    const { recovery } = (await store.findRecovery("alice"))!;
    assert.deepEqual({ ...recovery }, sampleRecovery("first"));
  },

  "recovers once, with the hash that is kept": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const recover = (code: string) =>
      store.recover({
        accountId: alice!.id,
        recoveryHash: bytes(`hash of ${code}`),
        ...samplePassword(code),
      });
    assert.equal(await recover("first"), false);
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    assert.equal(await recover("second"), false);
    assert.deepEqual(await store.findAccount("alice"), alice);
    const won = await Promise.all([recover("first"), recover("first"), recover("first")]);
    assert.deepEqual(won, [true, false, false]);
    assert.equal(await store.findRecovery("alice"), null);
    const recovered = { ...sampleAccount("alice"), id: alice!.id, ...samplePassword("first") };
    assert.deepEqual(await store.findAccount("alice"), recovered);
  },

  "keeps a recovery when the password changes": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    const expectedSealedKeys = bytes("keys of alice");
    await store.replacePassword({
      accountId: alice!.id,
      expectedSealedKeys,
      ...samplePassword("new"),
    });
    assert.deepEqual(
      { ...(await store.findRecovery("alice"))!.recovery },
      sampleRecovery("first"),
    );
  },
};
