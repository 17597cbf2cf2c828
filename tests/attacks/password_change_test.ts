/** Whoever has a session, an old password or bad timing does not keep a way into an account whose password changed. */
import assert from "node:assert/strict";
import { passwordFloor } from "../../src/model/account.ts";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { asLoginKey, asLoginSeed } from "../../src/model/digests.ts";
import { loginKeyOf } from "../../src/crypto/account/login_proof.ts";
import { MemoryStore } from "../support/memory_store.ts";
import type { Account } from "../../src/store/account_store.ts";
import { registerOn, type TestAccount } from "../support/account.ts";
import { ended, outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const open = (server: PipeServer, remoteAddress = "192.0.2.1") =>
  RawClient.open(server.connect({ remoteAddress }));

async function logIn(server: PipeServer, account: TestAccount): Promise<RawClient> {
  const client = await open(server);
  await client.logIn(account);
  return client;
}

async function newPassword({ name }: TestAccount) {
  const loginSeed = asLoginSeed(randomBytes(32));
  const parameters = { salt: randomBytes(16), ...passwordFloor };
  const sealedKeys = randomBytes(100);
  return {
    change: { parameters, loginKey: await loginKeyOf(loginSeed), sealedKeys, devices: [] },
    login: { name, loginSeed },
  };
}

Deno.test("a change ends every other session, and the old password with it", async () => {
  await using server = await startPipeServer();
  const owner = await open(server);
  const ada = await registerOn(owner, "ada");
  const bob = await registerOn(await open(server), "bob");
  const [thief, bystander] = [await logIn(server, ada), await logIn(server, bob)];
  const { change, login } = await newPassword(ada);
  await owner.call("changePassword", change);
  assert.deepEqual(await ended(thief), []);
  assert.equal(await outcome(owner.call("keyring", { known: null })), "ok");
  assert.equal(await outcome(bystander.call("keyring", { known: null })), "ok");
  const later = await open(server);
  assert.equal(await outcome(later.logIn(ada)), "denied");
  const { parameters, sealedKeys } = await later.logIn(login);
  assert.deepEqual([parameters, sealedKeys], [change.parameters, change.sealedKeys]);
});

Deno.test("of two changes at once one wins, and its password is the only one", async () => {
  await using server = await startPipeServer();
  const ada = await registerOn(await open(server), "ada");
  const clients = await Promise.all([1, 2, 3, 4].map(() => logIn(server, ada)));
  const passwords = await Promise.all(clients.map(() => newPassword(ada)));
  const ends = await Promise.all(
    clients.map((client, at) =>
      outcome(client.call("changePassword", passwords[at]!.change)).catch(() => "cut")
    ),
  );
  assert.equal(ends.filter((end) => end === "ok").length, 1);
  const client = await open(server, "192.0.2.2");
  const works = [];
  for (const { login } of passwords) works.push(await outcome(client.logIn(login)) === "ok");
  assert.deepEqual(works, ends.map((end) => end === "ok"));
});

Deno.test("what a session sealed before another change cannot undo that change", async () => {
  const store = new MemoryStore("mail.test");
  await using server = await startPipeServer({ store });
  const owner = await open(server);
  const ada = await registerOn(owner, "ada");
  const { id, parameters } = (await store.findAccount(asAccountName("ada")))!;
  const elsewhere = {
    parameters,
    loginKey: asLoginKey(randomBytes(32)),
    sealedKeys: randomBytes(9),
    devices: [],
  };
  await store.replacePassword({ accountId: id, ...elsewhere });
  const { change } = await newPassword(ada);
  assert.equal(await outcome(owner.call("changePassword", change)), "unavailable");
});

Deno.test("weak parameters are refused", async () => {
  await using server = await startPipeServer();
  const owner = await open(server);
  const ada = await registerOn(owner, "ada");
  const { change } = await newPassword(ada);
  const weak = { ...change, parameters: { ...change.parameters, memoryKiB: 8 } };
  assert.equal(await outcome(owner.call("changePassword", weak)), "malformed");
});

/** Lets an account be found, and keeps whoever asked waiting. */
class SlowStore extends MemoryStore {
  gate: { readonly found: () => void; readonly goOn: Promise<void> } | null = null;

  override async findAccount(name: string): Promise<Account | null> {
    const account = await super.findAccount(asAccountName(name));
    const { gate } = this;
    this.gate = null;
    gate?.found();
    await gate?.goOn;
    return account;
  }
}

Deno.test("a login by the old password that was under way comes too late", async () => {
  const store = new SlowStore("mail.test");
  await using server = await startPipeServer({ store });
  const owner = await open(server);
  const ada = await registerOn(owner, "ada");
  const thief = await open(server);
  const found = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  store.gate = { found: found.resolve, goOn: goOn.promise };
  const login = outcome(thief.logIn(ada));
  await found.promise;
  await owner.call("changePassword", (await newPassword(ada)).change);
  goOn.resolve();
  assert.equal(await login, "denied");
  assert.equal(await outcome(thief.call("keyring", { known: null })), "denied");
});
