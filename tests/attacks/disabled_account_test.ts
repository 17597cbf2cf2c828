/** Going on with an account that was disabled or removed: on open sessions, by logging in again, by being quick. */
import { accountId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { loginKeyOf, recoveryKeyOf } from "../../src/crypto/account/login_proof.ts";
import { passwordFloor } from "../../src/model/account.ts";
import { asAccountName } from "../../src/model/address.ts";
import { concatBytes, randomBytes } from "../../src/model/bytes.ts";
import { asLoginSeed, asRecoverySeed } from "../../src/model/digests.ts";
import type { Account } from "../../src/store/account_store.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { makeAccount, messageTo, registerOn, wholeInbox } from "../support/account.ts";
import { outcome, RawClient, Refusal, requestPayload } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

async function told(call: Promise<unknown>): Promise<string> {
  const error = await call.then(() => null, (error) => error);
  assert.ok(error instanceof Refusal);
  return `${error.told.code} ${error.told.message}`;
}

Deno.test("disabling ends every session of the account and of no other", async () => {
  await using server = await startPipeServer();
  const clients = [];
  for (let n = 0; n < 3; n++) clients.push(await RawClient.open(server.connect()));
  const [first, second, other] = clients as [RawClient, RawClient, RawClient];
  const ada = await registerOn(first, "ada");
  await second.logIn(ada);
  await registerOn(other, "bob");
  const { administration } = server.context;
  assert.equal((await administration.show(asAccountName("ada"))).sessions, 2);
  await administration.disable(asAccountName("ada"));
  assert.equal((await administration.show(asAccountName("ada"))).sessions, 0);
  assert.deepEqual([await first.readToEnd(), await second.readToEnd()], [[], []]);
  assert.equal(await outcome(other.call("ping", {})), "ok");
});

Deno.test("removing an account ends its sessions at once, and nobody gets the name", async () => {
  await using server = await startPipeServer();
  const open = () => RawClient.open(server.connect());
  const [first, second, other] = [await open(), await open(), await open()];
  const ada = await registerOn(first, "ada");
  await second.logIn(ada);
  const bob = await registerOn(other, "bob");
  await other.call("send", messageTo([ada], randomBytes(20)));
  const { administration } = server.context;
  assert.equal(await administration.remove([asAccountName("ada")]), true);
  assert.deepEqual([await first.readToEnd(), await second.readToEnd()], [[], []]);
  assert.equal(
    await outcome(other.call("send", messageTo([ada], randomBytes(20)))),
    "no_such_recipient",
  );
  const again = await open();
  assert.equal(await outcome(again.logIn(ada)), "denied");
  const { registration } = await makeAccount("ada");
  assert.equal(await outcome(again.call("register", registration)), "name_taken");
  const inbox = {
    accountId: accountId(2),
    box: "inbox",
    before: null,
    limit: 9,
    unread: false,
  } as const;
  const { entries } = await server.store.list({ ...inbox, from: null, since: null, aside: null });
  assert.deepEqual(entries.map(({ from }) => from), ["<>"], bob.name);
  await assert.rejects(administration.remove([asAccountName("<>")]), { code: "no_such_recipient" });
});

Deno.test("only who has the password hears that an account is disabled; mail is kept for it", async () => {
  await using server = await startPipeServer();
  const { administration } = server.context;
  const ada = await registerOn(await RawClient.open(server.connect()), "ada");
  await administration.disable(asAccountName("ada"));
  const client = await RawClient.open(server.connect());
  const wrong = {
    name: asAccountName("ada"),
    loginSeed: asLoginSeed(randomBytes(32)),
  };
  const nobody = {
    name: asAccountName("eve"),
    loginSeed: asLoginSeed(randomBytes(32)),
  };
  assert.equal(await told(client.logIn(wrong)), await told(client.logIn(nobody)));
  assert.match(await told(client.logIn(ada)), /^denied .*disabled/);
  assert.equal(await outcome(client.call("keyring", { known: null })), "denied", "not logged in");

  const bob = await RawClient.open(server.connect());
  await registerOn(bob, "bob");
  assert.equal((await bob.call("lookUp", { names: [asAccountName("ada")] })).found.length, 1);
  await bob.call("send", messageTo([ada], randomBytes(20)));
  await administration.enable(asAccountName("ada"));
  await client.logIn(ada);
  assert.equal((await client.call("list", wholeInbox)).total, 1);
});

/** Lets something happen in the middle of a request: between the look at an account and the check of its key. */
class SlowStore extends MemoryStore {
  meanwhile: (() => Promise<unknown>) | null = null;
  replaced = false;

  override replaceKeyring(...change: Parameters<MemoryStore["replaceKeyring"]>) {
    this.replaced = true;
    return super.replaceKeyring(...change);
  }

  afterRecovery = () => Promise.resolve();

  override async recover(...change: Parameters<MemoryStore["recover"]>) {
    const recovered = await super.recover(...change);
    await this.afterRecovery();
    return recovered;
  }

  override async findKeys(names: readonly string[]) {
    await this.meanwhile?.();
    return await super.findKeys(names.map(asAccountName));
  }

  override async findAccount(name: string): Promise<Account | null> {
    const found = await super.findAccount(asAccountName(name));
    const { meanwhile } = this;
    this.meanwhile = null;
    await meanwhile?.();
    return found;
  }
}

Deno.test("a login that was under way while the account was disabled does not get in", async () => {
  const store = new SlowStore("mail.test");
  await using server = await startPipeServer({ store });
  const ada = await registerOn(await RawClient.open(server.connect()), "ada");
  const late = await RawClient.open(server.connect());
  store.meanwhile = () => server.context.administration.disable(asAccountName("ada"));
  assert.match(await told(late.logIn(ada)), /^denied .*disabled/);
});

Deno.test("a login that was under way while the account was removed does not get in", async () => {
  const store = new SlowStore("mail.test");
  await using server = await startPipeServer({ store });
  const ada = await registerOn(await RawClient.open(server.connect()), "ada");
  const late = await RawClient.open(server.connect());
  store.meanwhile = () => server.context.administration.remove([asAccountName("ada")]);
  assert.match(await told(late.logIn(ada)), /^denied .*the name or password is wrong/);
});

Deno.test("a recovery code does not get into a disabled account, however quick, and says so to its holder only", async () => {
  const store = new SlowStore("mail.test");
  await using server = await startPipeServer({ store });
  const { administration } = server.context;
  const owner = await RawClient.open(server.connect());
  await registerOn(owner, "ada");
  const seed = asRecoverySeed(randomBytes(32));
  const recovery = { key: await recoveryKeyOf(seed), sealedKeys: randomBytes(80) };
  await owner.call("saveRecovery", { recovery });
  await administration.disable(asAccountName("ada"));

  const client = await RawClient.open(server.connect());
  const right = await client.claimOf(asAccountName("ada"), seed);
  const wrong = await client.claimOf(asAccountName("ada"), asRecoverySeed(randomBytes(32)));
  const loginSeed = asLoginSeed(randomBytes(32));
  const next = {
    parameters: { salt: randomBytes(16), ...passwordFloor },
    loginKey: await loginKeyOf(loginSeed),
    loginSeed,
    sealedKeys: randomBytes(100),
  };
  for (const claim of [wrong, right]) {
    const words = claim === right
      ? /^denied .*disabled/
      : /^denied .*the name or recovery code is wrong/;
    assert.match(await told(client.call("recovery", claim)), words);
    assert.match(await told(client.call("recover", { ...claim, ...next })), words);
  }
  assert.equal(await outcome(client.call("keyring", { known: null })), "denied", "not logged in");

  await administration.enable(asAccountName("ada"));
  assert.equal(await outcome(client.call("recovery", right)), "ok", "it was not used up");
  store.afterRecovery = async () => void await administration.disable(asAccountName("ada"));
  assert.match(await told(client.call("recover", { ...right, ...next })), /^denied .*disabled/);
  assert.equal(await outcome(client.call("keyring", { known: null })), "denied", "not logged in");
});

Deno.test("what an account had asked for before it was disabled, and was not begun, is not done", async () => {
  const store = new SlowStore("mail.test");
  {
    await using server = await startPipeServer({ store });
    const client = await RawClient.open(server.connect());
    await registerOn(client, "ada");
    store.meanwhile = () => server.context.administration.disable(asAccountName("ada"));
    const keyring = { expectedVersion: 0, after: null, version: 1, sealed: new Uint8Array(1) };
    const asked = [
      await client.seal("request", requestPayload("lookUp", { names: [asAccountName("ada")] })),
      await client.seal("request", requestPayload("replaceKeyring", keyring)),
    ];
    await client.sendBytes(concatBytes(asked)); // in one flight
    assert.deepEqual(await client.readToEnd(), []);
  } // the server has finished whatever it was about to do
  assert.equal(store.replaced, false);
});
