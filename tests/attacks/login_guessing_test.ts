/** Guessing at passwords, and at who has an account. */
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { passwordFloor } from "../../src/model/account.ts";
import { loginKeyOf } from "../../src/crypto/account/login_proof.ts";
import { asAccountName } from "../../src/model/address.ts";
import { asLoginSeed } from "../../src/model/digests.ts";
import type { MailError } from "../../src/model/errors.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { registerOn } from "../support/account.ts";
import { outcome, RawClient, Refusal } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

/** Tries wrong keys until told to wait; returns how many were tried, and what was told. */
async function guess(server: PipeServer, name: string, address: string) {
  const client = await RawClient.open(server.connect({ remoteAddress: address }));
  for (let tries = 0; tries < 1_000; tries++) {
    const told = await refusal(
      client.logIn({
        name: asAccountName(name),
        loginSeed: asLoginSeed(randomBytes(32)),
      }),
    );
    if (told.code !== "denied") return { tries, told, client };
    assert.equal(told.message, "Cannot log in: the name or password is wrong");
  }
  throw new Error("nobody stopped the guessing");
}

async function refusal(call: Promise<unknown>): Promise<MailError> {
  const error = await call.then(() => null, (error) => error);
  assert.ok(error instanceof Refusal);
  return error.told;
}

Deno.test("guessing is stopped, with the time to come back, and the owner gets in then", async () => {
  let now = 1_000_000;
  await using server = await startPipeServer({ now: () => now, clock: () => now });
  const ada = await registerOn(await RawClient.open(server.connect()), "ada");
  const { tries, told, client } = await guess(server, "ada", "192.0.2.7");
  assert.equal(tries, rates.loginByAccountAndAddress.burst);
  assert.equal(told.code, "try_later");
  assert.ok(told.retryAfterSeconds! > 0);
  assert.equal(await outcome(client.logIn(ada)), "try_later");
  now += told.retryAfterSeconds! * 1000;
  assert.equal(await outcome(client.logIn(ada)), "ok");
});

Deno.test("guessing keeps no saved login out, from the same address either, and tells nothing more", async () => {
  await using server = await startPipeServer({ now: () => 1_000_000, clock: () => 0 });
  const owner = await RawClient.open(server.connect());
  const ada = await registerOn(owner, "ada");
  const loginSeed = asLoginSeed(randomBytes(32));
  await owner.call("addDevice", {
    label: "laptop",
    scope: "mail",
    senders: null,
    key: await loginKeyOf(loginSeed),
    sealedKeys: randomBytes(90),
    wrappedKey: randomBytes(60),
    expires: null,
    replaces: null,
  });
  const { told, client } = await guess(server, "ada", "192.0.2.7");
  const wrong = { name: ada.name, loginSeed: asLoginSeed(randomBytes(32)) };
  for (let tries = 0; tries < 30; tries++) {
    const machine = await RawClient.open(server.connect({ remoteAddress: "192.0.2.7" }));
    const unsigned = {
      name: ada.name,
      key: await loginKeyOf(loginSeed),
      signature: randomBytes(64),
    };
    const asked = [wrong, ada].map((keys) => () => client.logIn(keys));
    for (const ask of [...asked, () => client.call("login", unsigned)]) {
      const { code, message } = await refusal(ask());
      assert.deepEqual([code, message], [told.code, told.message]);
    }
    assert.equal(await outcome(machine.logIn({ name: ada.name, loginSeed })), "ok");
  }
});

Deno.test("a clock that is set back keeps nobody out for longer", async () => {
  let [now, clock] = [1_000_000, 0];
  await using server = await startPipeServer({ now: () => now, clock: () => clock });
  const ada = await registerOn(await RawClient.open(server.connect()), "ada");
  const { told, client } = await guess(server, "ada", "192.0.2.7");
  now -= 500_000;
  clock += told.retryAfterSeconds! * 1000;
  assert.equal(await outcome(client.logIn(ada)), "ok");
});

Deno.test("guessing from everywhere does not lock out an owner who was here before", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const home = await RawClient.open(server.connect({ remoteAddress: "192.0.2.1" }));
  const ada = await registerOn(home, "ada");
  assert.equal(await outcome(home.logIn(ada)), "ok");
  for (let i = 0; i < rates.loginByAccount.burst / 5; i++) {
    await guess(server, "ada", `198.51.100.${i}`);
  }
  const { tries } = await guess(server, "ada", "203.0.113.1");
  assert.equal(tries, 0);
  assert.equal(await outcome(home.logIn(ada)), "ok");
});

/** A client of `name` that says the same wrong key for ever. */
async function stale(server: PipeServer, name: string, address: string) {
  const client = await RawClient.open(server.connect({ remoteAddress: address }));
  const loginSeed = asLoginSeed(randomBytes(32));
  return () => outcome(client.logIn({ name: asAccountName(name), loginSeed }));
}

Deno.test("a machine with an old key keeps nobody out, however often it comes", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const home = await RawClient.open(server.connect({ remoteAddress: "192.0.2.1" }));
  const ada = await registerOn(home, "ada");
  const old = await stale(server, "ada", "192.0.2.1");
  for (let i = 0; i < 3 * rates.loginByAccount.burst; i++) assert.equal(await old(), "denied");
  assert.equal(await outcome(home.logIn(ada)), "ok");
});

Deno.test("guessing at one account keeps out nobody who was here before", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const office = await RawClient.open(server.connect({ remoteAddress: "192.0.2.1" }));
  const ada = await registerOn(office, "ada");
  await office.logIn(ada);
  for (let i = 0; i < rates.loginByAddress.burst; i++) {
    const guess = {
      name: asAccountName(`user${i}`),
      loginSeed: asLoginSeed(randomBytes(32)),
    };
    assert.equal(await outcome(office.logIn(guess)), "denied");
  }
  assert.equal(await outcome(office.logIn(ada)), "ok");
  const { tries } = await guess(server, "ada", "192.0.2.1");
  assert.equal(
    tries,
    rates.loginByAccountAndAddress.burst,
    "her own account is guarded all the same",
  );
});

Deno.test("a restart gives no guesses back, and a clock that was set back meanwhile locks nobody out", async () => {
  let now = 1_000_000_000;
  await using before = await startPipeServer({ now: () => now, clock: () => 0 });
  const ada = await registerOn(await RawClient.open(before.connect()), "ada");
  await guess(before, "ada", "192.0.2.7");

  await using after = await startPipeServer({
    store: before.store,
    now: () => now,
    clock: () => 5,
  });
  const { tries } = await guess(after, "ada", "192.0.2.7");
  assert.equal(tries, 0);

  now -= 365 * 24 * 60 * 60 * 1000;
  let clock = 0;
  await using later = await startPipeServer({
    store: before.store,
    now: () => now,
    clock: () => clock,
  });
  const { perSecond, burst } = rates.loginByAccountAndAddress;
  clock = 1000 * burst / perSecond;
  const client = await RawClient.open(later.connect({ remoteAddress: "192.0.2.7" }));
  assert.equal(await outcome(client.logIn(ada)), "ok");
});

Deno.test("one address cannot go through many names", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const client = await RawClient.open(server.connect({ remoteAddress: "2001:db8::1" }));
  const outcomes = [];
  for (let i = 0; i < rates.loginByAddress.burst + 1; i++) {
    const guess = {
      name: asAccountName(`user${i}`),
      loginSeed: asLoginSeed(randomBytes(32)),
    };
    outcomes.push(await outcome(client.logIn(guess)));
  }
  assert.equal(outcomes.at(-2), "denied");
  assert.equal(outcomes.at(-1), "try_later");
  const neighbour = await RawClient.open(server.connect({ remoteAddress: "2001:db8::2" }));
  const again = {
    name: asAccountName("user99"),
    loginSeed: asLoginSeed(randomBytes(32)),
  };
  assert.equal(await outcome(neighbour.logIn(again)), "try_later");
});

Deno.test("a name that is nobody's answers like one that is somebody's", async () => {
  await using server = await startPipeServer();
  const client = await RawClient.open(server.connect());
  await registerOn(client, "ada");
  const known = await client.call("passwordParameters", { name: asAccountName("ada") });
  const unknown = await client.call("passwordParameters", { name: asAccountName("eve") });
  const stranger = await client.call("passwordParameters", { name: asAccountName("mallory") });
  assert.deepEqual(Object.keys(unknown), Object.keys(known));
  assert.equal(unknown.salt.length, known.salt.length);
  assert.deepEqual({ ...unknown, salt: null }, { ...passwordFloor, salt: null });
  assert.notDeepEqual(unknown.salt, stranger.salt);
  const later = await RawClient.open(server.connect());
  assert.deepEqual(await later.call("passwordParameters", { name: asAccountName("eve") }), unknown);
  const keys = { loginSeed: asLoginSeed(randomBytes(32)) };
  const wrongKey = await refusal(client.logIn({ name: asAccountName("ada"), ...keys }));
  const wrongName = await refusal(client.logIn({ name: asAccountName("eve"), ...keys }));
  assert.deepEqual([wrongKey.code, wrongKey.message], [wrongName.code, wrongName.message]);
});
