/** An application password opens what it is for, and nothing else; making one needs the account's own. */
import assert from "node:assert/strict";
import { makeAppPassword } from "../../src/crypto/account/app_password.ts";
import { loginKeyOf, recoveryKeyOf } from "../../src/crypto/account/login_proof.ts";
import { passwordFloor } from "../../src/model/account.ts";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import type { AppPasswordScope } from "../../src/model/device.ts";
import { asLoginSeed, asRecoverySeed } from "../../src/model/digests.ts";
import type { MailError } from "../../src/model/errors.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const open = (server: PipeServer, remoteAddress = "192.0.2.1") =>
  RawClient.open(server.connect({ remoteAddress }));

/** Makes an account with an application password. */
async function prepare(server: PipeServer, name: string, scope: AppPasswordScope = "smtp") {
  const owner = await open(server);
  const { loginSeed } = await registerOn(owner, name);
  const { password, verifier } = await makeAppPassword();
  const query = { label: "scanner", scope, verifier };
  await owner.call("createAppPassword", query);
  return { owner, loginSeed, query, password, verifier };
}

function entry(server: PipeServer, name: string, password: string, address = "192.0.2.9") {
  const login = { name: asAccountName(name), password, scope: "smtp" } as const;
  const entered = server.context.appPasswords.enter(login, address);
  return entered.then(() => "ok", (error: MailError) => error.code);
}

Deno.test("an application password lets its account in, within its scope", async () => {
  await using server = await startPipeServer();
  const ada = await prepare(server, "ada");
  await registerOn(await open(server), "bob");
  const bridge = await prepare(server, "eve", "bridge");
  assert.equal(await entry(server, "ada", ada.password), "ok");
  assert.equal(await entry(server, "bob", ada.password), "denied");
  assert.equal(await entry(server, "nobody", ada.password), "denied");
  assert.equal(await entry(server, "eve", bridge.password), "denied");
  assert.equal(
    await entry(server, "ada", ada.password.replace(/^./, (c) => c === "7" ? "8" : "7")),
    "denied",
  );
  const check = (scope: AppPasswordScope) =>
    bridge.owner.call("checkAppPassword", { scope, verifier: bridge.verifier });
  assert.deepEqual([await check("bridge"), await check("smtp")], [{ holds: true }, {
    holds: false,
  }]);
  const { verifier } = bridge;
  assert.deepEqual(await ada.owner.call("checkAppPassword", { scope: "bridge", verifier }), {
    holds: false,
  });
});

Deno.test("the account's own keys are no application password, nor the other way round", async () => {
  await using server = await startPipeServer();
  const { loginSeed, verifier } = await prepare(server, "ada");
  for (const secret of [loginSeed, verifier]) {
    assert.equal(await entry(server, "ada", secret.toHex()), "denied");
  }
  const client = await open(server);
  assert.equal(
    await outcome(
      client.logIn({
        name: asAccountName("ada"),
        loginSeed: asLoginSeed(verifier),
      }),
    ),
    "denied",
  );
});

Deno.test("a name that would deceive in a list is refused", async () => {
  await using server = await startPipeServer();
  const { owner, query } = await prepare(server, "ada");
  for (const label of ["", "a\u001b[2J", "a\u202eb"]) {
    assert.equal(await outcome(owner.call("createAppPassword", { ...query, label })), "malformed");
  }
});

Deno.test("revoked, recovered and disabled ones let nobody in", async () => {
  await using server = await startPipeServer();
  const { administration } = server.context;
  const ada = await prepare(server, "ada");
  await administration.disable(asAccountName("ada"));
  assert.equal(await entry(server, "ada", ada.password), "denied");
  await administration.enable(asAccountName("ada"));
  assert.equal(await entry(server, "ada", ada.password), "ok");
  const bob = await prepare(server, "bob");
  assert.deepEqual(await bob.owner.call("revokeAppPassword", { label: "scanner" }), {
    revoked: true,
  });
  assert.deepEqual(await bob.owner.call("revokeAppPassword", { label: "scanner" }), {
    revoked: false,
  });
  assert.equal(await entry(server, "bob", bob.password), "denied");

  const eve = await prepare(server, "eve");
  const seed = asRecoverySeed(randomBytes(32));
  const recovery = { key: await recoveryKeyOf(seed), sealedKeys: randomBytes(80) };
  await eve.owner.call("saveRecovery", { recovery });
  const client = await open(server);
  const loginSeed = asLoginSeed(randomBytes(32));
  await client.call("recover", {
    ...await client.claimOf(asAccountName("eve"), seed),
    parameters: { salt: randomBytes(16), ...passwordFloor },
    loginKey: await loginKeyOf(loginSeed),
    loginSeed,
    sealedKeys: randomBytes(100),
  });
  assert.equal(await entry(server, "eve", eve.password), "denied");
});

Deno.test("guesses count with those at the password, by account and address", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const { password } = await prepare(server, "ada");
  for (let tries = 0; tries < rates.loginByAccountAndAddress.burst; tries++) {
    assert.equal(await entry(server, "ada", (await makeAppPassword()).password), "denied");
  }
  const another = await makeAppPassword();
  assert.equal(await entry(server, "ada", another.password), "try_later");
  assert.equal(await entry(server, "ada", password), "ok", "no guess finds it");
  const client = await open(server, "192.0.2.9");
  const guess = {
    name: asAccountName("ada"),
    loginSeed: asLoginSeed(randomBytes(32)),
  };
  assert.equal(await outcome(client.logIn(guess)), "try_later");
  assert.equal(await entry(server, "ada", password, "192.0.2.10"), "ok");
});

Deno.test("when one was last used is told to the hour", async () => {
  const hourMs = 3_600_000;
  let now = 1000 * hourMs + 123_456;
  await using server = await startPipeServer({ now: () => now, clock: () => now });
  const { owner, password } = await prepare(server, "ada");
  const usedAt = async () => (await owner.call("appPasswords", {})).appPasswords[0]!.usedAt;
  assert.equal(await usedAt(), null);
  await entry(server, "ada", password);
  assert.equal(await usedAt(), 1000 * hourMs);
  now += hourMs;
  await entry(server, "ada", password);
  assert.equal(await usedAt(), 1001 * hourMs);
});

const endings: Readonly<
  Record<string, (server: PipeServer, owner: RawClient) => Promise<unknown>>
> = {
  "its password is revoked": (_, owner) => owner.call("revokeAppPassword", { label: "scanner" }),
  "the account is disabled": ({ context }) => context.administration.disable(asAccountName("ada")),
  "the account is removed": ({ context }) => context.administration.remove([asAccountName("ada")]),
};

for (const [what, end] of Object.entries(endings)) {
  Deno.test(`a program that is in is not, once ${what}`, async () => {
    await using server = await startPipeServer();
    const { owner, password } = await prepare(server, "ada");
    const { appPasswords } = server.context;
    const login = { name: asAccountName("ada"), password, scope: "smtp" } as const;
    const entrance = await appPasswords.enter(login, "192.0.2.9");
    await appPasswords.requireStillIn(entrance);
    await end(server, owner);
    await assert.rejects(appPasswords.requireStillIn(entrance), { code: "denied" });
  });
}
