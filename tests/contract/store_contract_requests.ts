/** What a store promises of requests: one that comes again under its id changes nothing more, and tells the first result. */
import assert from "node:assert/strict";
import { type AccountName, asAccountName } from "../../src/model/address.ts";
import { systemName } from "../../src/model/bounce.ts";
import {
  asAppPasswordVerifier,
  asInviteHash,
  asLoginKey,
  asRecoveryKey,
  asRequestId,
} from "../../src/model/digests.ts";
import { type AccountId, entryId } from "../../src/model/ids.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { RequestKey } from "../../src/store/request_store.ts";
import { keptRequests } from "../../src/store/rules/requests.ts";
import type { Store } from "../../src/store/store.ts";
import {
  bytes,
  createAccounts,
  fingerprintOf,
  patterned,
  type Promises,
  query,
  sampleAccount,
  sampleMessage,
} from "../support/store_samples.ts";
import { type KeyringPart, versionOf } from "../../src/model/keyring.ts";

const alice = asAccountName("alice");

function requestOf(n: number, change: Partial<RequestKey> = {}): RequestKey {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, n);
  return { account: alice, id: asRequestId(id), call: "call", at: 1_000, ...change };
}

const recovery = () => ({ key: asRecoveryKey(bytes("code")), sealedKeys: bytes("by code") });
const password = () => ({
  parameters: { salt: patterned(16, 7), memoryKiB: 131072, passes: 4 },
  loginKey: asLoginKey(bytes("new key")),
  sealedKeys: bytes("new keys"),
});
const tokenHash = () => asInviteHash(patterned(32, 5));
const invite = () => ({
  tokenHash: tokenHash(),
  uses: 2,
  expiresAt: 9_000,
  maxBytes: null,
  provisioning: false,
});
const device = (accountId: AccountId) => ({
  accountId,
  key: asLoginKey(bytes("phone's key")),
  label: "phone",
  scope: "mail" as const,
  senders: null,
  sealedKeys: bytes("keys of phone"),
  wrappedKey: bytes("wrapped"),
  createdAt: 1,
  expiresAt: null,
  replaces: null,
});
const appPassword = (accountId: AccountId) => ({
  accountId,
  label: "scanner",
  scope: "smtp" as const,
  verifier: asAppPasswordVerifier(patterned(32)),
  createdAt: 1,
});

interface Change {
  readonly before?: (store: Store, id: AccountId) => Promise<unknown>;
  readonly act: (store: Store, id: AccountId) => Promise<unknown>;
  /** Whose request it is; alice's unless it is said. */
  readonly account?: AccountName;
}

/** All that a request may do. Each call hands in bytes of its own. */
const changes: Record<string, Change> = {
  createAccount: {
    act: (store) => store.createAccount(sampleAccount("carol")),
    account: asAccountName("carol"),
  },
  createInvitedAccount: {
    before: (store) => store.addInvite(invite(), 1),
    act: (store) =>
      store.createInvitedAccount(sampleAccount("carol"), { tokenHash: tokenHash(), now: 2 }),
    account: asAccountName("carol"),
  },
  replaceKeyring: {
    act: (store, id) =>
      store.replaceKeyring(id, {
        expectedVersion: 0,
        after: null,
        version: 1,
        sealed: bytes("ring"),
      }),
  },
  replacePassword: {
    act: (store, accountId) => store.replacePassword({ accountId, devices: [], ...password() }),
  },
  replaceRecovery: {
    act: (store, accountId) => store.replaceRecovery({ accountId, recovery: recovery() }),
  },
  recover: {
    before: (store, accountId) => store.replaceRecovery({ accountId, recovery: recovery() }),
    act: (store, accountId) =>
      store.recover({ accountId, recoveryKey: recovery().key, ...password() }),
  },
  replaceKeys: {
    before: (store, accountId) => store.replaceRecovery({ accountId, recovery: recovery() }),
    act: (store, accountId) =>
      store.replaceKeys({
        accountId,
        devices: [],
        keys: {
          signingKey: patterned(32, 3),
          recipient: "age1",
          signature: bytes("s"),
          fingerprint: fingerprintOf("other keys"),
        },
        sealedKeys: bytes("other keys"),
        succession: {
          succeededAt: 1,
          signature: patterned(64, 1),
          acceptance: patterned(64, 2),
        },
      }),
  },
  replaceSealedKeys: {
    before: (store, accountId) => store.replaceRecovery({ accountId, recovery: recovery() }),
    act: (store, accountId) =>
      store.replaceSealedKeys({ accountId, devices: [], sealedKeys: bytes("others") }),
  },
  addAppPassword: { act: (store, id) => store.addAppPassword(appPassword(id)) },
  removeAppPassword: {
    before: (store, id) => store.addAppPassword(appPassword(id)),
    act: (store, id) => store.removeAppPassword(id, "scanner"),
  },
  addDevice: { act: (store, id) => store.addDevice(device(id)) },
  removeDevice: {
    before: (store, id) => store.addDevice(device(id)),
    act: (store, id) => store.removeDevice(id, "phone"),
  },
  block: { act: (store, id) => store.block(id, ["bob"], 5) },
  unblock: {
    before: (store, id) => store.block(id, ["bob"], 5),
    act: (store, id) => store.unblock(id, ["bob"]),
  },
  deleteEntries: { act: (store, id) => store.deleteEntries(id, [entryId(2)]) },
  closeAccount: { act: (store, id) => store.closeAccount(id, 5) },
  addInvite: { act: (store) => store.addInvite(invite(), 1), account: systemName },
  revokeInvites: {
    before: (store) => store.addInvite(invite(), 1),
    act: (store) => store.revokeInvites([tokenHash()]),
    account: systemName,
  },
  removeAliases: {
    before: (store) =>
      store.addAlias({ name: asAccountName("info"), skeleton: "i", account: alice }),
    act: (store) => store.removeAliases([asAccountName("info")]),
    account: systemName,
  },
};

/** All that can be seen of a store. */
async function seen(store: Store) {
  const accounts = await Promise.all(
    ["alice", "bob", "carol"].map(async (text) => {
      const account = await store.findAccount(asAccountName(text));
      if (account === null) return await store.wasAccount(asAccountName(text));
      return {
        account,
        keyring: { ...await store.keyring(account.id) },
        recovery: await store.findRecovery(account.name),
        lines: await store.findLines([account.name]),
        appPasswords: await store.appPasswords(account.id),
        devices: await store.devices(account.id),
        blocked: await store.blocked(account.id),
        inbox: (await store.list(query(account.id))).entries.map(({ id }) => id),
      };
    }),
  );
  const invites = await store.invites({ now: 2, after: null, limit: 9 });
  return { accounts, invites, aliases: await store.aliases({ after: null, limit: 9 }) };
}

/** As JSON, since rows of a database have no prototype. */
const shown = async (store: Store) => JSON.stringify(await seen(store));

async function begin(store: Store, { before }: Change): Promise<AccountId> {
  const [{ id }] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  await store.send(sampleMessage(id, { key: "k", to: ["alice"] }));
  await before?.(store, id);
  return id;
}

export const requestPromises: Promises = {
  ...Object.fromEntries(
    Object.entries(changes).map(([what, change]) => [
      `carries out ${what} once under an id, and tells the first result each time`,
      async (store: Store) => {
        const id = await begin(store, change);
        const request = requestOf(1, { account: change.account ?? alice });
        const before = await shown(store);
        assert.equal(await store.wasCarriedOut(request), false);
        const first = await change.act(store.under(request), id);
        const after = await shown(store);
        assert.notEqual(after, before);
        assert.equal(await store.wasCarriedOut(request), true);
        for (let n = 0; n < 2; n++) {
          const again = await change.act(store.under({ ...request, at: 2_000 + n }), id);
          assert.deepEqual(JSON.stringify(again), JSON.stringify(first));
        }
        assert.equal(await shown(store), after);
      },
    ]),
  ),

  "tells the first result to whoever's session is over by then, and does nothing else for it":
    async (store) => {
      const [owner] = await createAccounts(store, ["alice"]);
      const change = changes["replacePassword"]!;
      const session = { ...owner!, request: requestOf(1) };
      assert.equal(await change.act(store.as(session), owner!.id), 2);
      assert.equal(await change.act(store.as({ ...session }), owner!.id), 2);
      const other = store.as({ ...owner!, request: requestOf(2) });
      await assert.rejects(change.act(other, owner!.id), { code: "unavailable" });
      assert.equal(await store.wasCarriedOut(requestOf(2)), false);
    },

  "reads under a request as without one": async (store) => {
    const [owner] = await createAccounts(store, ["alice"]);
    const session = store.as({ ...owner!, request: requestOf(1) });
    assert.deepEqual(await session.devices(owner!.id), []);
    await session.addDevice(device(owner!.id));
    assert.equal((await session.devices(owner!.id)).length, 1);
    assert.equal((await session.findAccount(alice))!.id, owner!.id);
  },

  "carries out one of many at once under an id, and tells them all the same": async (store) => {
    const [owner] = await createAccounts(store, ["alice"]);
    const ring = (n: number) =>
      store.under(requestOf(1)).replaceKeyring(owner!.id, {
        expectedVersion: 0,
        after: null,
        version: n + 1,
        sealed: bytes(`ring ${n}`),
      });
    await Promise.all(Array.from({ length: 10 }, (_, n) => ring(n))); // each is told that it was taken
    const [{ version, sealed }] = (await store.keyring(owner!.id)).parts as [KeyringPart];
    assert.deepEqual(sealed, bytes(`ring ${version - 1}`));
  },

  "knows an id for one account only": async (store) => {
    const [owner, bob] = await createAccounts(store, ["alice", "bob"]);
    const ring = (n: number) => ({
      expectedVersion: 0,
      after: null,
      version: n,
      sealed: bytes(`ring ${n}`),
    });
    await store.under(requestOf(1)).replaceKeyring(owner!.id, ring(1));
    const bobs = requestOf(1, { account: bob!.name });
    assert.equal(await store.wasCarriedOut(bobs), false);
    await store.under(bobs).replaceKeyring(bob!.id, ring(2));
    await store.under(bobs).replaceKeyring(bob!.id, ring(3)); // the first is what was carried out
    assert.equal(versionOf((await store.keyring(bob!.id)).parts), 2);
    assert.equal(await store.wasCarriedOut({ ...bobs, account: asAccountName("nobody") }), false);
  },

  "refuses another call under an id": async (store) => {
    const [owner] = await createAccounts(store, ["alice"]);
    await store.under(requestOf(1)).addDevice(device(owner!.id));
    const other = requestOf(1, { call: "other" });
    await assert.rejects(store.wasCarriedOut(other), { code: "conflict" });
    const refused = store.under(other).removeDevice(owner!.id, "phone");
    await assert.rejects(refused, { code: "conflict" });
    assert.equal((await store.devices(owner!.id)).length, 1);
  },

  "keeps nothing of a request that failed": async (store) => {
    const [owner] = await createAccounts(store, ["alice"]);
    const unblock = () => store.under(requestOf(1)).unblock(owner!.id, ["bob"]);
    await assert.rejects(unblock(), { code: "no_such_recipient" });
    assert.equal(await store.wasCarriedOut(requestOf(1)), false);
    await store.block(owner!.id, ["bob"], 1);
    await unblock();
    assert.deepEqual(await store.blocked(owner!.id), []);
  },

  "forgets a request after its time, and the oldest of too many of one account": async (store) => {
    const [owner, bob] = await createAccounts(store, ["alice", "bob"]);
    const make = (request: RequestKey) =>
      store.under(request).block(
        request.account === alice ? owner!.id : bob!.id,
        ["carol"],
        1,
      );
    const bobs = requestOf(0, { account: bob!.name, at: 5_000 });
    await make(bobs);
    for (let n = 0; n <= keptRequests.most; n++) await make(requestOf(n));
    const known = async (...all: RequestKey[]) =>
      await Promise.all(all.map((one) => store.wasCarriedOut(one)));
    const [first, second, last] = [0, 1, keptRequests.most].map((n) => requestOf(n));
    assert.deepEqual(await known(first!, second!, last!, bobs), [false, true, true, true]);
    while (await store.expireDue(null, 1_000 + keptRequests.ms - 1));
    assert.deepEqual(await known(second!, last!, bobs), [true, true, true]);
    while (await store.expireDue(null, 1_000 + keptRequests.ms));
    assert.deepEqual(await known(second!, last!, bobs), [false, false, true]);
  },

  "forgets the requests of an account with the account, all but that which closed it": async (
    store,
  ) => {
    const [owner] = await createAccounts(store, ["alice"]);
    await store.under(requestOf(1)).block(owner!.id, ["bob"], 1);
    await store.under(requestOf(2)).closeAccount(owner!.id, 5);
    const known = [requestOf(1), requestOf(2)].map((one) => store.wasCarriedOut(one));
    assert.deepEqual(await Promise.all(known), [false, true]);
  },
};
