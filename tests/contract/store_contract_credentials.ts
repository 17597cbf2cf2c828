/** What a store promises of the ways into an account. */
import { asAccountName } from "../../src/model/address.ts";
import { asAccountFingerprint, asLoginKey, asRecoveryKey } from "../../src/model/digests.ts";
import { type AccountId, accountId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import type { Account, StoredKeys } from "../../src/store/account_store.ts";
import type {
  KeysChange,
  StoredLine,
  StoredPassword,
  StoredRecovery,
} from "../../src/store/credential_store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  patterned,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

function samplePassword(name: string): StoredPassword {
  return {
    parameters: { salt: patterned(16, 7), memoryKiB: 131072, passes: 4 },
    loginKey: asLoginKey(bytes(`key by ${name}`)),
    sealedKeys: bytes(`keys by ${name}`),
  };
}

function sampleRecovery(code: string): StoredRecovery {
  return { key: asRecoveryKey(bytes(`key of ${code}`)), sealedKeys: bytes(`keys by ${code}`) };
}

function recoveryFor({ id }: Account, code: string) {
  return { accountId: id, recovery: sampleRecovery(code) };
}

function sampleSuccession(n: number) {
  return { succeededAt: n, signature: patterned(64, n), acceptance: patterned(64, n + 100) };
}

/** A change to the keys number n. */
function keysChange(accountId: AccountId, n: number): KeysChange {
  const fingerprint = fingerprintOf(`keys ${n}`);
  return {
    accountId,
    keys: {
      signingKey: patterned(32, n),
      recipient: `age1${n}`,
      signature: patterned(64, n),
      fingerprint: asAccountFingerprint(fingerprint),
    },
    sealedKeys: bytes(`keys ${n}`),
    devices: [],
    succession: sampleSuccession(n),
  };
}

function publicOf({ signingKey, recipient }: StoredKeys) {
  return { signingKey, recipient };
}

function plainLines(lines: readonly (StoredLine | null)[]) {
  return lines.map((line) =>
    line && { keys: { ...line.keys }, steps: line.steps.map((step) => ({ ...step })) }
  );
}

export const credentialPromises: Promises = {
  "replaces a password, and nothing else of the account": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const change = { accountId: alice!.id, devices: [], ...samplePassword("new") };
    assert.equal(await store.replacePassword(change), 2);
    const changed = { ...alice!, ...samplePassword("new"), epoch: 2 };
    assert.deepEqual(await store.findAccount(asAccountName("alice")), changed);
    assert.deepEqual(await store.findAccount(asAccountName("bob")), bob);
  },

  "keeps one recovery of an account, the last": async (store) => {
    const [alice] = await createAccounts(store, ["alice", "bob"]);
    assert.equal(await store.findRecovery(asAccountName("alice")), null);
    assert.equal(await store.findRecovery(asAccountName("nobody")), null);
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    await store.replaceRecovery(recoveryFor(alice!, "second"));
    const found = (await store.findRecovery(asAccountName("alice")))!;
    assert.deepEqual(found.account, alice);
    assert.deepEqual({ ...found.recovery }, sampleRecovery("second"));
    found.recovery.sealedKeys.fill(0);
    assert.deepEqual(
      { ...(await store.findRecovery(asAccountName("alice")))!.recovery },
      sampleRecovery("second"),
    );
    assert.equal(await store.findRecovery(asAccountName("bob")), null);
    const none = { ...recoveryFor(alice!, ""), recovery: null };
    await store.replaceRecovery(none);
    assert.equal(await store.findRecovery(asAccountName("alice")), null);
  },

  "recovers once, with the key that is kept": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const recover = (code: string) =>
      store.recover({
        accountId: alice!.id,
        recoveryKey: asRecoveryKey(bytes(`key of ${code}`)),
        ...samplePassword(code),
      });
    assert.equal(await recover("first"), false);
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    assert.equal(await recover("second"), false);
    assert.deepEqual(await store.findAccount(asAccountName("alice")), alice);
    const won = await Promise.all([recover("first"), recover("first"), recover("first")]);
    assert.deepEqual(won.filter((one) => one), [true]);
    assert.equal(await store.findRecovery(asAccountName("alice")), null);
    const recovered = { ...alice!, ...samplePassword("first"), epoch: 2 };
    assert.deepEqual(await store.findAccount(asAccountName("alice")), recovered);
  },

  "keeps a recovery when the password changes": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    await store.replacePassword({
      accountId: alice!.id,
      devices: [],
      ...samplePassword("new"),
    });
    assert.deepEqual(
      { ...(await store.findRecovery(asAccountName("alice")))!.recovery },
      sampleRecovery("first"),
    );
  },

  "replaces keys, keeps how they were succeeded, and drops the recovery": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    const line = { keys: alice!.keys, steps: [] };
    assert.deepEqual(plainLines(await store.findLines([asAccountName("alice")])), [line]);
    const first = keysChange(alice!.id, 1);
    assert.deepEqual({ ...await store.replaceKeys(first) }, { epoch: 2, recoveryEnded: true });
    assert.equal(await store.findRecovery(asAccountName("alice")), null);
    const second = keysChange(alice!.id, 2);
    assert.deepEqual({ ...await store.replaceKeys(second) }, { epoch: 3, recoveryEnded: false });
    const { keys, sealedKeys } = keysChange(alice!.id, 2);
    assert.deepEqual(await store.findAccount(asAccountName("alice")), {
      ...alice!,
      epoch: 3,
      keys,
      sealedKeys,
    });
    assert.deepEqual(
      (await store.findKeys([asAccountName("alice")]))[0]?.fingerprint,
      fingerprintOf("keys 2"),
    );
    const steps = [
      { ...publicOf(alice!.keys), ...sampleSuccession(1) },
      { ...publicOf(keysChange(accountId(0), 1).keys), ...sampleSuccession(2) },
    ];
    const lines = await store.findLines([
      asAccountName("alice"),
      asAccountName("nobody"),
      asAccountName("bob"),
      asAccountName("alice"),
    ]);
    const here = { keys, steps };
    const others = [null, { keys: bob!.keys, steps: [] }];
    assert.deepEqual(plainLines(lines), [here, ...others, here]);
  },

  "keeps the last steps of a long line": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const count = limits.maxSuccessions + 3;
    for (let n = 0; n < count; n++) {
      await store.replaceKeys(keysChange(alice!.id, n));
    }
    const [line] = await store.findLines([asAccountName("alice")]);
    const times = line!.steps.map(({ succeededAt }) => succeededAt);
    assert.deepEqual(times, Array.from({ length: limits.maxSuccessions }, (_, n) => n + 3));
  },

  "takes mail for the new keys, and for no earlier ones": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await store.replaceKeys(keysChange(alice!.id, 1));
    const message = sampleMessage(alice!.id, { key: "one", to: ["alice"] });
    await assert.rejects(store.send(message), { code: "key_changed" });
    const fingerprint = fingerprintOf("keys 1");
    const again = sampleMessage(alice!.id, { key: "one", to: ["alice"] });
    const recipients = again.recipients.map((recipient) => ({ ...recipient, fingerprint }));
    assert.equal((await store.send({ ...again, recipients })).id, 1);
  },

  "replaces the sealed keys alone, and drops the recovery": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const replace = () =>
      store.replaceSealedKeys({
        accountId: alice!.id,
        sealedKeys: bytes("more keys"),
        devices: [],
      });
    await store.replaceRecovery(recoveryFor(alice!, "first"));
    assert.deepEqual({ ...await replace() }, { epoch: 2, recoveryEnded: true });
    assert.equal(await store.findRecovery(asAccountName("alice")), null);
    const changed = { ...alice!, sealedKeys: bytes("more keys"), epoch: 2 };
    assert.deepEqual(await store.findAccount(asAccountName("alice")), changed);
    assert.deepEqual({ ...await replace() }, { epoch: 3, recoveryEnded: false });
  },
};
