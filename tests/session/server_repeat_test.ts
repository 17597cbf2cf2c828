/**
 * Every request that changes something comes twice under its id, on two connections: both are told the same. The log
 * tells what changed of an account.
 */
import assert from "node:assert/strict";
import { generateSecretKeys, publishKeys } from "../../src/crypto/account/identity.ts";
import { loginKeyOf, recoveryKeyOf } from "../../src/crypto/account/login_proof.ts";
import { signSuccession } from "../../src/crypto/account/succession.ts";
import { accountFingerprint } from "../../src/crypto/fingerprint.ts";
import { passwordFloor } from "../../src/model/account.ts";
import { asAddress } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import {
  asAppPasswordVerifier,
  asLoginKey,
  asLoginSeed,
  asRecoverySeed,
  asRequestId,
} from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { type ChangeName, operations, type ReplyOf } from "../../src/wire/operations.ts";
import { makeAccount, messageTo, registerOn, type TestAccount } from "../support/account.ts";
import { type Asked, outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

/** A change: what is asked for in a session, and how its owner logs in after. Null: the request itself logs in. */
interface Scene<N extends ChangeName> {
  readonly asked: (client: RawClient) => Promise<Asked<N>>;
  /** Where it is asked for first; by the owner unless it is said. */
  readonly first?: RawClient;
  readonly after?: Pick<TestAccount, "name" | "loginSeed"> | null;
}

type Make<N extends ChangeName> = (
  owner: RawClient,
  ada: TestAccount,
  server: PipeServer,
) => Promise<Scene<N>>;

const same = <N extends ChangeName>(asked: Asked<N>): Scene<N> => ({
  asked: () => Promise.resolve(asked),
});
const device = () => ({
  label: "phone",
  scope: "mail" as const,
  senders: null,
  expires: null,
  key: asLoginKey(randomBytes(32)),
  sealedKeys: randomBytes(90),
  wrappedKey: randomBytes(60),
  replaces: null,
});
const appPassword = () => ({
  label: "scanner",
  scope: "smtp" as const,
  verifier: asAppPasswordVerifier(randomBytes(32)),
});

async function nextPassword() {
  const loginSeed = asLoginSeed(randomBytes(32));
  return {
    loginSeed,
    parameters: { salt: randomBytes(16), ...passwordFloor },
    loginKey: await loginKeyOf(loginSeed),
    sealedKeys: randomBytes(100),
  };
}

const scenes: { readonly [N in ChangeName]: Make<N> } = {
  register: async () => {
    const { registration } = await makeAccount("eve");
    return { ...same<"register">(registration), after: null };
  },
  delete: async (owner, ada) => {
    await owner.call("send", messageTo([ada], randomBytes(9)));
    return same<"delete">({ ids: [entryId(1)], versions: null });
  },
  replaceKeyring: () =>
    Promise.resolve(
      same<"replaceKeyring">({
        expectedVersion: 0,
        after: null,
        version: 1,
        sealed: randomBytes(9),
      }),
    ),
  changePassword: async (_, { name }) => {
    const { loginSeed, ...password } = await nextPassword();
    return { ...same<"changePassword">({ ...password, devices: [] }), after: { name, loginSeed } };
  },
  saveRecovery: () => Promise.resolve(same<"saveRecovery">({ recovery: null })),
  recover: async (owner, { name }) => {
    const seed = asRecoverySeed(randomBytes(32));
    const recovery = { key: await recoveryKeyOf(seed), sealedKeys: randomBytes(80) };
    await owner.call("saveRecovery", { recovery });
    const next = await nextPassword();
    const asked = async (client: RawClient) => ({ ...await client.claimOf(name, seed), ...next });
    return { asked, after: null };
  },
  rotateKeys: async (_, { secretKeys, fingerprint }) => {
    const address = asAddress("ada@mail.test");
    const fresh = generateSecretKeys();
    const keys = await publishKeys(fresh, address);
    const before = { signingSeed: secretKeys.signingSeed, fingerprint };
    const after = { signingSeed: fresh.signingSeed, fingerprint: await accountFingerprint(keys) };
    const succession = await signSuccession(address, before, after, 1);
    return same<"rotateKeys">({ keys, succession, sealedKeys: randomBytes(90), devices: [] });
  },
  replaceSealedKeys: async (owner) => {
    const recovery = {
      key: await recoveryKeyOf(asRecoverySeed(randomBytes(32))),
      sealedKeys: randomBytes(80),
    };
    await owner.call("saveRecovery", { recovery });
    return same<"replaceSealedKeys">({ sealedKeys: randomBytes(90), devices: [] });
  },
  closeAccount: (_, ada) =>
    Promise.resolve({ asked: (client: RawClient) => client.proofOf(ada), after: null }),
  createAppPassword: () => Promise.resolve(same<"createAppPassword">(appPassword())),
  revokeAppPassword: async (owner) => {
    await owner.call("createAppPassword", appPassword());
    return same<"revokeAppPassword">({ label: "scanner" });
  },
  addDevice: () => Promise.resolve(same<"addDevice">(device())),
  revokeDevice: async (owner) => {
    await owner.call("addDevice", device());
    return same<"revokeDevice">({ label: "phone" });
  },
  endDevice: async (owner, { name }, server) => {
    const loginSeed = asLoginSeed(randomBytes(32));
    await owner.call("addDevice", { ...device(), key: await loginKeyOf(loginSeed) });
    const first = await open(server);
    await first.logIn({ name, loginSeed });
    return { ...same<"endDevice">({}), first };
  },
  replaceFolders: () =>
    Promise.resolve(
      same<"replaceFolders">({ expectedVersion: 0, version: 1, sealed: randomBytes(9) }),
    ),
  copy: async (owner, ada) => {
    await owner.call("send", messageTo([ada], randomBytes(9)));
    return same<"copy">({ copies: [{ id: entryId(1), sealed: randomBytes(9), aside: true }] });
  },
  block: () => Promise.resolve(same<"block">({ addresses: ["eve@elsewhere.test"] })),
  unblock: async (owner) => {
    await owner.call("block", { addresses: ["eve@elsewhere.test"] });
    return same<"unblock">({ addresses: ["eve@elsewhere.test"] });
  },
};

const events: Readonly<Partial<Record<ChangeName, string>>> = {
  register: "account registered",
  changePassword: "password changed",
  saveRecovery: "recovery code changed",
  recover: "password recovered",
  rotateKeys: "keys changed",
  replaceSealedKeys: "keys imported",
  closeAccount: "account deleted",
  createAppPassword: "application password created",
  revokeAppPassword: "application password revoked",
  addDevice: "login saved",
  revokeDevice: "login revoked",
  endDevice: "login ended",
};

const open = (server: PipeServer) => RawClient.open(server.connect());

for (const name of Object.keys(scenes) as ChangeName[]) {
  Deno.test(`a repeat is told the first answer: ${name}`, async () => {
    await using server = await startPipeServer();
    const owner = await open(server);
    const ada = await registerOn(owner, "ada");
    const scene = await (scenes[name] as Make<ChangeName>)(owner, ada, server);
    const id = { request: asRequestId(randomBytes(16)) };
    const call = async (client: RawClient, request = id) =>
      await client.call(name, { ...await scene.asked(client), ...request } as never);
    const before = server.lines.length;
    const first = await call(scene.first ?? (scene.after === null ? await open(server) : owner));
    const logged = server.lines.slice(before).map(({ event, account }) => `${event}: ${account}`);
    const account = name === "register" ? "eve" : "ada";
    assert.deepEqual(logged, events[name] ? [`${events[name]}: ${account}`] : []);
    const later = await open(server);
    if (scene.after !== null) await later.logIn(scene.after ?? ada);
    assert.deepEqual(await call(later) as ReplyOf<ChangeName>, first);
    if (scene.after === null) return;
    const other = name === "delete"
      ? later.call("revokeAppPassword", { label: "x", ...id })
      : later.call("delete", { ids: [], versions: null, ...id });
    assert.equal(await outcome(other), "conflict", "another call under the same id");
    assert.equal(
      await outcome(later.call("keyring", { known: null })),
      "ok",
      "the session goes on",
    );
  });
}

Deno.test("what was not there is not logged as revoked", async () => {
  await using server = await startPipeServer();
  const owner = await open(server);
  await registerOn(owner, "ada");
  const before = server.lines.length;
  for (const name of ["revokeAppPassword", "revokeDevice"] as const) {
    const request = asRequestId(randomBytes(16));
    assert.deepEqual(await owner.call(name, { label: "x", request }), { revoked: false });
  }
  assert.deepEqual(server.lines.slice(before), []);
});

Deno.test("there is a scene for every operation whose request has an id", () => {
  const all = Object.entries(operations).filter(([, { repeat }]) => repeat === "id");
  assert.deepEqual(Object.keys(scenes).toSorted(), all.map(([name]) => name).toSorted());
});
