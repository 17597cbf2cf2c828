/** The second way into an account is no easier than the first, and tells a stranger nothing. */
import assert from "node:assert/strict";
import { passwordFloor } from "../../src/model/account.ts";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { asAuthenticationKey, asRecoveryKey, type RecoveryKey } from "../../src/model/digests.ts";
import type { MailError } from "../../src/model/errors.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { registerOn, type TestAccount } from "../support/account.ts";
import { ended, outcome, RawClient, Refusal } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const open = (server: PipeServer, remoteAddress = "192.0.2.1") =>
  RawClient.open(server.connect({ remoteAddress }));

/** Makes an account with a second way in, on a session that stays open. */
async function prepare(server: PipeServer, name: string) {
  const owner = await open(server);
  const account = await registerOn(owner, name);
  const recovery = { recoveryKey: asRecoveryKey(randomBytes(32)), sealedKeys: randomBytes(80) };
  const { authenticationKey } = account;
  await owner.call("saveRecovery", { authenticationKey, recovery });
  return { owner, account, recovery };
}

function recoverBy(recoveryKey: RecoveryKey, { name }: TestAccount) {
  const newAuthenticationKey = asAuthenticationKey(randomBytes(32));
  const parameters = { salt: randomBytes(16), ...passwordFloor };
  const sealedKeys = randomBytes(100);
  return { name, recoveryKey, parameters, newAuthenticationKey, sealedKeys };
}

async function told(call: Promise<unknown>): Promise<MailError> {
  const error = await call.then(() => null, (error) => error);
  assert.ok(error instanceof Refusal);
  return error.told;
}

Deno.test("a code gives what was sealed, sets a password, ends all sessions, and is used up", async () => {
  await using server = await startPipeServer();
  const { owner, account, recovery } = await prepare(server, "ada");
  const bystander = await open(server);
  await registerOn(bystander, "bob");
  const { recoveryKey } = recovery;
  const client = await open(server);
  const kept = await client.call("recovery", {
    name: asAccountName("ada"),
    recoveryKey,
  });
  assert.deepEqual([kept.domain, kept.keys, kept.sealedKeys], [
    "mail.test",
    account.registration.keys,
    recovery.sealedKeys,
  ]);
  const change = recoverBy(recoveryKey, account);
  const state = await client.call("recover", change);
  assert.deepEqual([state.parameters, state.sealedKeys], [change.parameters, change.sealedKeys]);
  assert.equal(await outcome(client.call("keyring", {})), "ok");
  assert.deepEqual(await ended(owner), []);
  assert.equal(await outcome(bystander.call("keyring", {})), "ok");
  const later = await open(server);
  assert.equal(await outcome(later.call("login", account)), "denied");
  assert.equal(
    await outcome(
      later.call("recovery", {
        name: asAccountName("ada"),
        recoveryKey,
      }),
    ),
    "denied",
  );
  assert.equal(await outcome(later.call("recover", recoverBy(recoveryKey, account))), "denied");
  const login = { name: asAccountName("ada"), authenticationKey: change.newAuthenticationKey };
  assert.equal(await outcome(later.call("login", login)), "ok");
});

Deno.test("of two who use one code at once, one wins", async () => {
  await using server = await startPipeServer();
  const { account, recovery } = await prepare(server, "ada");
  const clients = await Promise.all([1, 2, 3].map(() => open(server)));
  const ends = await Promise.all(
    clients.map((client) =>
      outcome(client.call("recover", recoverBy(recovery.recoveryKey, account))).catch(() => "cut")
    ),
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
    const claim = { name: asAccountName(name), recoveryKey: asRecoveryKey(randomBytes(32)) };
    const { code, message, hint } = await told(client.call("recovery", claim));
    const by = recoverBy(claim.recoveryKey, { name } as TestAccount);
    const again = await told(client.call("recover", by));
    assert.deepEqual([again.code, again.message, again.hint], [code, message, hint]);
    answers.push(`${code}: ${message}`);
  }
  const only = "denied: Cannot recover the account: the name or recovery code is wrong";
  assert.deepEqual(answers, [only, only, only]);
});

Deno.test("codes are guessed at no faster than passwords, and both count together", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const { account, recovery } = await prepare(server, "ada");
  const client = await open(server, "192.0.2.7");
  const burst = rates.loginByAccountAndAddress.burst;
  for (let tries = 0; tries < burst; tries++) {
    const claim = { name: asAccountName("ada"), recoveryKey: asRecoveryKey(randomBytes(32)) };
    const by = tries % 2 === 0
      ? client.call("recovery", claim)
      : client.call("recover", recoverBy(claim.recoveryKey, account));
    assert.equal(await outcome(by), "denied");
  }
  const { recoveryKey } = recovery;
  assert.equal(
    await outcome(
      client.call("recovery", {
        name: asAccountName("ada"),
        recoveryKey,
      }),
    ),
    "try_later",
  );
  assert.equal(await outcome(client.call("recover", recoverBy(recoveryKey, account))), "try_later");
  assert.equal(await outcome(client.call("login", account)), "try_later");
});

Deno.test("an open session makes no code without the password, and ends none", async () => {
  await using server = await startPipeServer();
  const { owner, recovery } = await prepare(server, "ada");
  const own = { recoveryKey: asRecoveryKey(randomBytes(32)), sealedKeys: randomBytes(80) };
  for (const planted of [own, null]) {
    const request = { authenticationKey: asAuthenticationKey(randomBytes(32)), recovery: planted };
    assert.equal(await outcome(owner.call("saveRecovery", request)), "denied");
  }
  const client = await open(server);
  const { recoveryKey } = recovery;
  assert.equal(
    await outcome(
      client.call("recovery", {
        name: asAccountName("ada"),
        recoveryKey,
      }),
    ),
    "ok",
  );
});

Deno.test("a new code ends the one before, and revoking ends it", async () => {
  await using server = await startPipeServer();
  const { owner, account, recovery } = await prepare(server, "ada");
  const { authenticationKey } = account;
  const second = { recoveryKey: asRecoveryKey(randomBytes(32)), sealedKeys: randomBytes(80) };
  await owner.call("saveRecovery", {
    authenticationKey,
    recovery: second,
  });
  const client = await open(server);
  const opens = ({ recoveryKey }: { recoveryKey: RecoveryKey }) =>
    outcome(
      client.call("recovery", {
        name: asAccountName("ada"),
        recoveryKey,
      }),
    );
  assert.deepEqual([await opens(recovery), await opens(second)], ["denied", "ok"]);
  await owner.call("saveRecovery", { authenticationKey, recovery: null });
  assert.equal(await opens(second), "denied");
});

Deno.test("a code opens no second account in one session", async () => {
  await using server = await startPipeServer();
  const { recovery, account } = await prepare(server, "ada");
  const bob = await open(server);
  await registerOn(bob, "bob");
  const by = recoverBy(recovery.recoveryKey, account);
  assert.equal(await outcome(bob.call("recover", by)), "denied");
  assert.equal(await outcome((await open(server)).call("recover", by)), "ok", "it was not used up");
});

Deno.test("other sealed keys need the password, undo nothing, and end the code that lacks them", async () => {
  await using server = await startPipeServer();
  const { owner, account, recovery } = await prepare(server, "ada");
  const { authenticationKey } = account;
  const elsewhere = await open(server);
  await elsewhere.call("login", account);
  const request = { authenticationKey, sealedKeys: randomBytes(60) };
  const guessed = { ...request, authenticationKey: asAuthenticationKey(randomBytes(32)) };
  assert.equal(await outcome(owner.call("replaceSealedKeys", guessed)), "denied");
  const claim = { name: asAccountName("ada"), recoveryKey: recovery.recoveryKey };
  const stranger = await open(server);
  assert.equal(await outcome(stranger.call("recovery", claim)), "ok");
  assert.deepEqual(await owner.call("replaceSealedKeys", request), { recoveryEnded: true });
  assert.equal(await outcome(stranger.call("recovery", claim)), "denied");
  const stale = { ...request, sealedKeys: randomBytes(61) };
  assert.deepEqual(await ended(elsewhere), []);
  assert.deepEqual(
    (await (await open(server)).call("login", account)).sealedKeys,
    request.sealedKeys,
  );
  assert.deepEqual(await owner.call("replaceSealedKeys", stale), { recoveryEnded: false });
});
