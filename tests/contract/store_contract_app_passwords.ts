/** What a store promises of application passwords. */
import { asAccountName } from "../../src/model/address.ts";
import { asAppPasswordVerifier, asLoginKey, asRecoveryKey } from "../../src/model/digests.ts";
import { type AccountId, accountId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import type { AppPassword } from "../../src/store/app_password_store.ts";
import type { Store } from "../../src/store/store.ts";
import { bytes, createAccounts, patterned } from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

function sample(accountId: AccountId, label: string) {
  return {
    accountId,
    label,
    scope: "smtp",
    verifier: asAppPasswordVerifier(patterned(32, label.length)),
    createdAt: 1000,
  } as const;
}

function kept(label: string, usedAt: number | null = null): AppPassword {
  const { scope, verifier, createdAt } = sample(accountId(0), label);
  return { label, scope, verifier: asAppPasswordVerifier(verifier), createdAt, usedAt };
}

async function listed(store: Store, accountId: AccountId): Promise<AppPassword[]> {
  return (await store.appPasswords(accountId)).map((one) => ({ ...one }));
}

/** Makes alice with these application passwords. */
async function withPasswords(store: Store, labels: readonly string[]): Promise<AccountId> {
  const [alice] = await createAccounts(store, ["alice"]);
  for (const label of labels) {
    await store.addAppPassword(sample(alice!.id, label));
  }
  return alice!.id;
}

export const appPasswordPromises: Promises = {
  "lists an account's application passwords by label, and nobody else's": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    for (const label of ["scanner", "Zeta", "\u{1f4e0} fax", "alpha"]) {
      await store.addAppPassword(sample(alice!.id, label));
    }
    await store.addAppPassword(sample(bob!.id, "scanner"));
    const labels = (await store.appPasswords(alice!.id)).map(({ label }) => label);
    assert.deepEqual(labels, ["Zeta", "alpha", "scanner", "\u{1f4e0} fax"]);
    assert.deepEqual(await listed(store, bob!.id), [kept("scanner")]);
    (await store.appPasswords(bob!.id))[0]!.verifier.fill(0);
    assert.deepEqual(await listed(store, bob!.id), [kept("scanner")]);
  },

  "refuses a label that there is, and changes nothing": async (store) => {
    const id = await withPasswords(store, ["scanner"]);
    const again = { ...sample(id, "scanner"), verifier: asAppPasswordVerifier(patterned(32, 99)) };
    await assert.rejects(store.addAppPassword(again), { code: "name_taken" });
    assert.deepEqual(await listed(store, id), [kept("scanner")]);
  },

  "keeps so many application passwords and no more": async (store) => {
    const labels = Array.from({ length: limits.maxAppPasswords }, (_, n) => `n${n}`);
    const id = await withPasswords(store, labels);
    await assert.rejects(store.addAppPassword(sample(id, "more")), { code: "too_large" });
    assert.equal(await store.removeAppPassword(id, "n7"), true);
    await store.addAppPassword(sample(id, "more"));
  },

  "removes one application password, once": async (store) => {
    const id = await withPasswords(store, ["one", "three"]);
    assert.equal(await store.removeAppPassword(id, "one"), true);
    assert.equal(await store.removeAppPassword(id, "one"), false);
    assert.deepEqual(await listed(store, id), [kept("three")]);
  },

  "notes when an application password was used, and passes over one that is gone": async (
    store,
  ) => {
    const id = await withPasswords(store, ["one", "three"]);
    await store.noteAppPasswordUse(id, "one", 5000);
    await store.noteAppPasswordUse(id, "two", 6000);
    assert.deepEqual(await listed(store, id), [kept("one", 5000), kept("three")]);
  },

  "keeps application passwords when the password changes": async (store) => {
    const id = await withPasswords(store, ["one"]);
    const { parameters } = (await store.findAccount(asAccountName("alice")))!;
    const change = { accountId: id, parameters };
    const changed = {
      devices: [],
      loginKey: asLoginKey(bytes("new")),
      sealedKeys: bytes("new keys"),
    };
    await store.replacePassword({ ...change, ...changed });
    assert.deepEqual(await listed(store, id), [kept("one")]);
  },

  "ends application passwords when the account is recovered": async (store) => {
    const id = await withPasswords(store, ["one"]);
    const { parameters } = (await store.findAccount(asAccountName("alice")))!;
    const recovery = { key: asRecoveryKey(bytes("code")), sealedKeys: bytes("sealed") };
    await store.replaceRecovery({ accountId: id, recovery });
    const change = { accountId: id, recoveryKey: asRecoveryKey(bytes("other")), parameters };
    const password = {
      loginKey: asLoginKey(bytes("new")),
      sealedKeys: bytes("new keys"),
    };
    assert.equal(await store.recover({ ...change, ...password }), false);
    assert.deepEqual(await listed(store, id), [kept("one")]);
    assert.equal(
      await store.recover({ ...change, recoveryKey: asRecoveryKey(bytes("code")), ...password }),
      true,
    );
    assert.deepEqual(await listed(store, id), []);
  },

  "ends application passwords when the account is closed": async (store) => {
    const id = await withPasswords(store, ["one"]);
    await store.closeAccount(id, 2000);
    assert.deepEqual(await listed(store, id), []);
  },
};
