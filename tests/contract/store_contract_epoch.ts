/** What a store promises of sessions: one that an account's change has ended reads and writes nothing more. */
import { asAccountName } from "../../src/model/address.ts";
import { asAppPasswordVerifier, asLoginKey, asRecoveryKey } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  patterned,
  query,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

const password = {
  parameters: { salt: patterned(16, 7), memoryKiB: 131072, passes: 4 },
  loginKey: asLoginKey(patterned(32, 9)),
  sealedKeys: bytes("other keys"),
};
const [phone, laptop] = [asLoginKey(patterned(32, 20)), asLoginKey(patterned(32, 30))];
const recovery = { key: asRecoveryKey(patterned(32, 8)), sealedKeys: bytes("keys by it") };
const fingerprint = fingerprintOf("other keys");
const keys = {
  signingKey: patterned(32, 3),
  recipient: "age1",
  signature: bytes("s"),
  fingerprint,
};
const succession = { succeededAt: 1, signature: patterned(64, 1), acceptance: patterned(64, 2) };

function changeOf({ id }: Account) {
  return { accountId: id, devices: [] };
}

/** Every change that ends the sessions of an account. */
export const endings: Record<string, (store: Store, alice: Account) => Promise<unknown>> = {
  "another password": (store, alice) => store.replacePassword({ ...changeOf(alice), ...password }),
  "a recovery": async (store, alice) => {
    await store.replaceRecovery({ ...changeOf(alice), recovery });
    await store.recover({ accountId: alice.id, recoveryKey: recovery.key, ...password });
  },
  "other keys": (store, alice) =>
    store.replaceKeys({ ...changeOf(alice), keys, succession, sealedKeys: bytes("others") }),
  "keys sealed anew": (store, alice) =>
    store.replaceSealedKeys({ ...changeOf(alice), sealedKeys: bytes("others") }),
  "an administrator": (store, alice) => store.disableAccount(alice.name, 5),
  "its owner, for good": (store, alice) => store.closeAccount(alice.id, 5),
};

async function collect(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body);
}

/** Every kind of call that a session makes. */
const calls: Record<string, (store: Store, alice: Account) => Promise<unknown>> = {
  list: (store, { id }) => store.list(query(id)),
  entries: (store, { id }) => store.entries(id, [entryId(1)]),
  body: (store, { id }) => collect(store.body(id, entryId(1))),
  newMail: (store, { id }) => store.newMail({ accountId: id, after: 0, limit: 9, unread: false }),
  findKeys: (store) => store.findKeys([asAccountName("bob")]),
  keyring: (store, { id }) => store.keyring(id),
  replaceKeyring: (store, { id }) =>
    store.replaceKeyring(id, {
      expectedVersion: 0,
      after: null,
      version: 1,
      sealed: bytes("ring"),
    }),
  send: (store, { id }) => store.send(sampleMessage(id, { key: "later", to: ["bob"] })),
  markRead: (store, { id }) => store.markRead(id, [entryId(1)], 7, new Map()),
  deleteEntries: (store, { id }) => store.deleteEntries(id, [entryId(1)]),
  beginUpload: (store, { id }) => store.beginUpload(id),
  replacePassword: (store, alice) => store.replacePassword({ ...changeOf(alice), ...password }),
  replaceRecovery: (store, alice) => store.replaceRecovery({ ...changeOf(alice), recovery }),
  replaceKeys: (store, alice) =>
    store.replaceKeys({ ...changeOf(alice), keys, succession, sealedKeys: bytes("others") }),
  replaceSealedKeys: (store, alice) =>
    store.replaceSealedKeys({ ...changeOf(alice), sealedKeys: bytes("others") }),
  addAppPassword: (store, { id }) => {
    const verifier = asAppPasswordVerifier(patterned(32));
    const made = { label: "l", scope: "smtp", verifier, createdAt: 1 } as const;
    return store.addAppPassword({ accountId: id, ...made });
  },
  addDevice: (store, alice) => store.addDevice(deviceOf(alice, "tablet", patterned(32, 40))),
  removeDevice: (store, { id }) => store.removeDevice(id, "laptop"),
  closeAccount: (store, { id }) => store.closeAccount(id, 5),
};

function deviceOf({ id }: Account, label: string, key: Uint8Array) {
  return {
    accountId: id,
    label,
    key: asLoginKey(key),
    scope: "mail",
    senders: null,
    expiresAt: null,
    sealedKeys: bytes("sealed"),
    wrappedKey: bytes("wrapped"),
    createdAt: 1,
    replaces: null,
  } as const;
}

async function refused(call: Promise<unknown>): Promise<boolean> {
  return await call.then(() => false, (error) => {
    assert.equal(error.code, "unavailable");
    return true;
  });
}

export const epochPromises: Promises = {
  ...Object.fromEntries(
    Object.entries(endings).map(([what, end]) => [
      `ends every session of an account by ${what}, and no other`,
      async (store: Store) => {
        const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
        const [session, others] = [store.as(alice!), store.as(bob!)];
        await session.send(sampleMessage(alice!.id, { key: "k", to: ["alice", "bob"] }));
        for (const call of ["list", "entries", "body", "keyring"]) {
          assert.equal(await refused(calls[call]!(session, alice!)), false, call);
        }
        await end(store, alice!);
        for (const [name, call] of Object.entries(calls)) {
          assert.ok(await refused(call(session, alice!)), name);
        }
        const { total, unread } = await others.list(query(bob!.id));
        assert.deepEqual([total, unread], [1, 1]);
      },
    ]),
  ),
  "lets one of many sessions change how an account is entered": async (store) => {
    const changes = ["replacePassword", "replaceKeys", "replaceSealedKeys"];
    const names = changes.map((_, at) => `alice${at}`);
    for (const [at, alice] of (await createAccounts(store, names)).entries()) {
      const tries = Array.from({ length: 10 }, () => {
        return refused(calls[changes[at]!]!(store.as({ ...alice }), alice));
      });
      assert.equal((await Promise.all(tries)).filter((one) => !one).length, 1);
      const current = (await store.findAccount(alice.name))!;
      assert.equal(current.epoch, alice.epoch + 1);
    }
  },
  "goes on with a session that knows the account as it is": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await endings["another password"]!(store, alice!);
    const current = (await store.findAccount(alice!.name))!;
    assert.equal(current.epoch, alice!.epoch + 1);
    assert.equal(await refused(calls["list"]!(store.as(current), current)), false);
  },
  "changes nothing for a session that is over, not even what only it could change": async (
    store,
  ) => {
    const [alice] = await createAccounts(store, ["alice"]);
    await store.disableAccount(alice!.name, 5);
    await store.disableAccount(alice!.name, null);
    const change = store.as(alice!).replacePassword({ ...changeOf(alice!), ...password });
    assert.ok(await refused(change));
    const { sealedKeys } = (await store.findAccount(alice!.name))!;
    assert.deepEqual(sealedKeys, alice!.sealedKeys);
  },
  "ends the sessions of a device that is revoked, and no other": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    for (const key of [phone, laptop]) {
      await store.addDevice(deviceOf(alice!, key[0] === phone[0] ? "phone" : "laptop", key));
    }
    const sessions = [phone, laptop].map((device) => store.as({ ...alice!, device }));
    await store.removeDevice(alice!.id, "phone");
    for (const [name, call] of Object.entries(calls)) {
      assert.ok(await refused(call(sessions[0]!, alice!)), name);
    }
    for (const session of [sessions[1]!, store.as(alice!)]) {
      assert.equal(await refused(calls["list"]!(session, alice!)), false);
    }
  },
  "stops a body in the middle once its reader's session is over": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const upload = await store.beginUpload(alice!.id);
    for (const [at, chunk] of ["one", "two"].entries()) {
      await store.appendUpload(upload, at, bytes(chunk));
    }
    await store.send(sampleMessage(alice!.id, { key: "k", to: ["alice"], body: { upload } }));
    const body = store.as(alice!).body(alice!.id, entryId(1))[Symbol.asyncIterator]();
    await body.next();
    await store.disableAccount(alice!.name, 5);
    await assert.rejects(body.next(), { code: "unavailable" });
  },
};
