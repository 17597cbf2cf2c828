/** The second way into an account is no easier than the first, and tells a stranger nothing. */
import assert from "node:assert/strict";
import { passwordFloor } from "../../src/model/account.ts";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import {
  asLoginSeed,
  asRecoveryKey,
  asRecoverySeed,
  type RecoverySeed,
} from "../../src/model/digests.ts";
import { loginKeyOf, recoveryKeyOf } from "../../src/crypto/account/login_proof.ts";
import type { MailError } from "../../src/model/errors.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { registerOn } from "../support/account.ts";
import { ended, outcome, RawClient, Refusal } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const open = (server: PipeServer, remoteAddress = "192.0.2.1") =>
  RawClient.open(server.connect({ remoteAddress }));

/** Makes an account with a second way in, on a session that stays open. */
async function prepare(server: PipeServer, name: string) {
  const owner = await open(server);
  const account = await registerOn(owner, name);
  const { seed, recovery } = await makeCode();
  await owner.call("saveRecovery", { recovery });
  return { owner, account, seed, recovery };
}

async function makeCode() {
  const seed = asRecoverySeed(randomBytes(32));
  return { seed, recovery: { key: await recoveryKeyOf(seed), sealedKeys: randomBytes(80) } };
}

async function nextPassword() {
  const loginSeed = asLoginSeed(randomBytes(32));
  const parameters = { salt: randomBytes(16), ...passwordFloor };
  const loginKey = await loginKeyOf(loginSeed);
  return { loginSeed, next: { parameters, loginKey, loginSeed, sealedKeys: randomBytes(100) } };
}

const ada = asAccountName("ada");

async function openBy(client: RawClient, seed: RecoverySeed, name = ada) {
  return await client.call("recovery", await client.claimOf(name, seed));
}

async function recover(client: RawClient, seed: RecoverySeed, name = ada) {
  const { next } = await nextPassword();
  return await client.call("recover", { ...await client.claimOf(name, seed), ...next });
}

async function told(call: Promise<unknown>): Promise<MailError> {
  const error = await call.then(() => null, (error) => error);
  assert.ok(error instanceof Refusal);
  return error.told;
}

Deno.test("a code gives what was sealed, sets a password, ends all sessions, and is used up", async () => {
  await using server = await startPipeServer();
  const { owner, account, seed, recovery } = await prepare(server, "ada");
  const bystander = await open(server);
  await registerOn(bystander, "bob");
  const client = await open(server);
  const kept = await openBy(client, seed);
  assert.deepEqual([kept.domain, kept.keys, kept.sealedKeys], [
    "mail.test",
    account.registration.keys,
    recovery.sealedKeys,
  ]);
  const { loginSeed, next } = await nextPassword();
  const state = await client.call("recover", { ...await client.claimOf(ada, seed), ...next });
  assert.deepEqual([state.parameters, state.sealedKeys], [next.parameters, next.sealedKeys]);
  assert.equal(await outcome(client.call("keyring", { known: null })), "ok");
  assert.deepEqual(await ended(owner), []);
  assert.equal(await outcome(bystander.call("keyring", { known: null })), "ok");
  const later = await open(server);
  assert.equal(await outcome(later.logIn(account)), "denied");
  assert.equal(await outcome(openBy(later, seed)), "denied");
  assert.equal(await outcome(recover(later, seed)), "denied");
  assert.equal(await outcome(later.logIn({ name: ada, loginSeed })), "ok");
});

Deno.test("of two who use one code at once, one wins", async () => {
  await using server = await startPipeServer();
  const { seed } = await prepare(server, "ada");
  const clients = await Promise.all([1, 2, 3].map(() => open(server)));
  const ends = await Promise.all(
    clients.map((client) => outcome(recover(client, seed)).catch(() => "cut")),
  );
  assert.deepEqual(ends.toSorted(), ["denied", "denied", "ok"]);
});

Deno.test("an unknown name, one without a code and a wrong code have one answer", async () => {
  await using server = await startPipeServer();
  await prepare(server, "ada");
  await registerOn(await open(server), "bob");
  const client = await open(server, "192.0.2.2");
  const answers = [];
  for (const name of ["ada", "bob", "nobody"]) {
    const { seed } = await makeCode();
    const { code, message, hint } = await told(openBy(client, seed, asAccountName(name)));
    const again = await told(recover(client, seed, asAccountName(name)));
    assert.deepEqual([again.code, again.message, again.hint], [code, message, hint]);
    answers.push(`${code}: ${message}`);
  }
  const only = "denied: Cannot recover the account: the name or recovery code is wrong";
  assert.deepEqual(answers, [only, only, only]);
});

Deno.test("codes are guessed at no faster than passwords, and both count together", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const { account, seed } = await prepare(server, "ada");
  const client = await open(server, "192.0.2.7");
  const burst = rates.loginByAccountAndAddress.burst;
  for (let tries = 0; tries < burst; tries++) {
    const wrong = (await makeCode()).seed;
    const by = tries % 2 === 0 ? openBy(client, wrong) : recover(client, wrong);
    assert.equal(await outcome(by), "denied");
  }
  assert.equal(await outcome(openBy(client, seed)), "try_later");
  assert.equal(await outcome(recover(client, seed)), "try_later");
  assert.equal(await outcome(client.logIn(account)), "try_later");
});

Deno.test("a new code ends the one before, and revoking ends it", async () => {
  await using server = await startPipeServer();
  const { owner, seed } = await prepare(server, "ada");
  const second = await makeCode();
  await owner.call("saveRecovery", { recovery: second.recovery });
  const client = await open(server);
  const opens = (seed: RecoverySeed) => outcome(openBy(client, seed));
  assert.deepEqual([await opens(seed), await opens(second.seed)], ["denied", "ok"]);
  await owner.call("saveRecovery", { recovery: null });
  assert.equal(await opens(second.seed), "denied");
});

Deno.test("a code opens no second account in one session", async () => {
  await using server = await startPipeServer();
  const { seed } = await prepare(server, "ada");
  const bob = await open(server);
  await registerOn(bob, "bob");
  assert.equal(await outcome(recover(bob, seed)), "denied");
  assert.equal(await outcome(recover(await open(server), seed)), "ok", "it was not used up");
});

Deno.test("what a code signed in one session opens nothing in another, nor a login", async () => {
  await using server = await startPipeServer();
  const { account, seed } = await prepare(server, "ada");
  const [client, thief] = [await open(server), await open(server)];
  const claim = await client.claimOf(ada, seed);
  const { next } = await nextPassword();
  assert.equal(await outcome(thief.call("recovery", claim)), "denied");
  assert.equal(await outcome(thief.call("recover", { ...claim, ...next })), "denied");
  const { key, signature } = await client.proofOf(account);
  const swapped = { name: ada, key: asRecoveryKey(key), signature };
  assert.equal(await outcome(client.call("recovery", swapped)), "denied");
  assert.equal(await outcome(client.call("recovery", claim)), "ok");
});

Deno.test("other sealed keys end the code that lacks them, and every other session", async () => {
  await using server = await startPipeServer();
  const { owner, account, seed } = await prepare(server, "ada");
  const [elsewhere, stranger] = [await open(server), await open(server)];
  await elsewhere.logIn(account);
  const request = { sealedKeys: randomBytes(60), devices: [] };
  assert.equal(await outcome(openBy(stranger, seed)), "ok");
  assert.deepEqual(await owner.call("replaceSealedKeys", request), { recoveryEnded: true });
  assert.equal(await outcome(openBy(stranger, seed)), "denied");
  assert.deepEqual(await ended(elsewhere), []);
  assert.deepEqual(
    (await (await open(server)).logIn(account)).sealedKeys,
    request.sealedKeys,
  );
  assert.deepEqual(await owner.call("replaceSealedKeys", request), { recoveryEnded: false });
});
