/** Promises about devices. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { asAccountFingerprint, asLoginKey, asRecoveryKey } from "../../src/model/digests.ts";
import { accountId } from "../../src/model/ids.ts";
import type { AccountId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type {} from "../../src/store/device_store.ts";
import type { DeviceSecrets } from "../../src/store/credential_store.ts";
import type { Store } from "../../src/store/store.ts";
import { bytes, createAccounts, patterned } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

function secrets(name: string, what = "made"): DeviceSecrets {
  return {
    key: asLoginKey(bytes(`key of ${name}`)),
    sealedKeys: bytes(`keys for ${name}, ${what}`),
    wrappedKey: bytes(`key of ${name}, wrapped, ${what}`),
  };
}

const power = { scope: "mail", senders: null, expiresAt: null } as const;

function sample(id: AccountId, name: string) {
  return {
    accountId: id,
    label: name,
    ...power,
    ...secrets(name),
    createdAt: 1000,
    replaces: null,
  };
}

function kept(name: string, what = "made", usedAt: number | null = null) {
  return { label: name, ...power, ...secrets(name, what), createdAt: 1000, usedAt };
}

async function listed(store: Store, id: AccountId) {
  return (await store.devices(id)).map((each) => ({ ...each }));
}

async function withDevices(store: Store, names: readonly string[]): Promise<AccountId> {
  const [alice] = await createAccounts(store, ["alice", "bob"]);
  for (const name of names) await store.addDevice(sample(alice!.id, name));
  return alice!.id;
}

const password = {
  parameters: { salt: patterned(16, 7), memoryKiB: 131072, passes: 4 },
  loginKey: asLoginKey(bytes("new")),
  sealedKeys: bytes("new keys"),
};

export const devicePromises: Promises = {
  "keeps devices, by label, and finds one by its key": async (store) => {
    const id = await withDevices(store, ["b", "a"]);
    assert.deepEqual(await listed(store, id), [kept("a"), kept("b")]);
    assert.deepEqual({ ...(await store.findDevice(id, secrets("b").key))! }, kept("b"));
    assert.equal(await store.findDevice(id, secrets("c").key), null);
    const { id: bob } = (await store.findAccount(asAccountName("bob")))!;
    assert.equal(await store.findDevice(bob, secrets("b").key), null, "of another account");
    assert.equal(await store.findDevice(accountId(0), secrets("b").key), null, "of nobody");
  },

  "keeps what a device may do, whose mail it may read, and until when": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const senders = ["bob", "zoë"].map(asAccountName);
    const limited = { scope: "read", senders, expiresAt: 5000 } as const;
    await store.addDevice({ ...sample(alice!.id, "a"), ...limited });
    assert.deepEqual(await listed(store, alice!.id), [{ ...kept("a"), ...limited }]);
    const found = await store.findDevice(alice!.id, secrets("a").key);
    assert.deepEqual({ ...found! }, { ...kept("a"), ...limited });
  },

  "has one device of a label, and as many as there may be": async (store) => {
    const id = await withDevices(store, ["a"]);
    const again = { ...sample(id, "a"), ...secrets("another") };
    await assert.rejects(store.addDevice(again), { code: "name_taken" });
    for (let n = 1; n < limits.maxDevices; n++) await store.addDevice(sample(id, `n${n}`));
    await assert.rejects(store.addDevice(sample(id, "late")), { code: "too_large" });
  },

  "lets go of devices that have expired when another comes": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await store.addDevice({ ...sample(alice!.id, "a"), expiresAt: 2000 });
    await store.addDevice({ ...sample(alice!.id, "b"), createdAt: 1999, expiresAt: 2001 });
    assert.equal((await listed(store, alice!.id)).length, 2);
    await store.addDevice({ ...sample(alice!.id, "c"), createdAt: 2000 });
    assert.deepEqual((await listed(store, alice!.id)).map(({ label }) => label), ["b", "c"]);
  },

  "puts a device in the place of another, also under its label": async (store) => {
    const id = await withDevices(store, ["a", "b"]);
    const next = { ...sample(id, "a"), ...secrets("next"), replaces: secrets("a").key };
    await store.addDevice(next);
    assert.deepEqual((await listed(store, id)).map(({ label, key }) => [label, key]), [
      ["a", secrets("next").key],
      ["b", secrets("b").key],
    ]);
    const gone = { ...sample(id, "c"), replaces: secrets("never").key };
    await store.addDevice(gone);
  },

  "removes a device once, and notes the use of those that are there": async (store) => {
    const id = await withDevices(store, ["a", "b"]);
    await store.noteDeviceUse(id, secrets("a").key, 3600);
    await store.noteDeviceUse(id, secrets("gone").key, 3600);
    assert.deepEqual(await listed(store, id), [kept("a", "made", 3600), kept("b")]);
    assert.equal(await store.removeDevice(id, "a"), true);
    assert.equal(await store.removeDevice(id, "a"), false);
    assert.deepEqual(await listed(store, id), [kept("b")]);
  },

  "gives devices what a change of the account has for them, and ends the others": async (store) => {
    const changes: ((id: AccountId, devices: DeviceSecrets[]) => Promise<unknown>)[] = [
      (accountId, devices) => store.replacePassword({ accountId, devices, ...password }),
      (accountId, devices) =>
        store.replaceSealedKeys({ accountId, devices, sealedKeys: bytes("more keys") }),
      (accountId, devices) =>
        store.replaceKeys({
          accountId,
          devices,
          keys: {
            signingKey: patterned(32),
            recipient: "age1x",
            signature: patterned(64),
            fingerprint: asAccountFingerprint(bytes("fingerprint")),
          },
          sealedKeys: bytes("other keys"),
          succession: { succeededAt: 1, signature: patterned(64), acceptance: patterned(64) },
        }),
    ];
    const id = await withDevices(store, ["a", "b", "c", "d"]);
    for (const [n, left] of [["a", "b", "c"], ["a", "b"], ["a"]].entries()) {
      const carried = [...left, "never"].map((name) => secrets(name, `change ${n}`));
      assert.ok(await changes[n]!(id, carried));
      assert.deepEqual(await listed(store, id), left.map((name) => kept(name, `change ${n}`)));
    }
  },

  "ends devices when the account is recovered, or closed": async (store) => {
    const id = await withDevices(store, ["a"]);
    const recoveryKey = asRecoveryKey(bytes("code"));
    const recovery = { key: recoveryKey, sealedKeys: bytes("sealed") };
    await store.replaceRecovery({ accountId: id, recovery });
    assert.equal(await store.recover({ accountId: id, recoveryKey, ...password }), true);
    assert.deepEqual(await listed(store, id), []);
    await store.addDevice(sample(id, "b"));
    await store.closeAccount(id, 2000);
    assert.equal(await store.findDevice(id, secrets("b").key), null);
    assert.equal(await store.findAccount(asAccountName("alice")), null);
  },
};
