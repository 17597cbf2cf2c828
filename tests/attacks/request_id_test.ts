/** The id of a request is no way into an account: who repeats one proves as much as who made it. */
import assert from "node:assert/strict";
import { loginKeyOf, recoveryKeyOf } from "../../src/crypto/account/login_proof.ts";
import { passwordFloor } from "../../src/model/account.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { asLoginSeed, asRecoverySeed, asRequestId } from "../../src/model/digests.ts";
import { versionOf } from "../../src/model/keyring.ts";
import { makeAccount, registerOn } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const open = (server: PipeServer) => RawClient.open(server.connect());
const newId = () => asRequestId(randomBytes(16));

async function newPassword() {
  const loginSeed = asLoginSeed(randomBytes(32));
  const loginKey = await loginKeyOf(loginSeed);
  const parameters = { salt: randomBytes(16), ...passwordFloor };
  return { parameters, loginKey, loginSeed, sealedKeys: randomBytes(100) };
}

Deno.test("whoever saw a registration gets into the account by none of it", async () => {
  await using server = await startPipeServer();
  const { registration, name, loginSeed } = await makeAccount("ada");
  const owner = await open(server);
  const { signature: loginSignature } = await owner.proofOf({ name, loginSeed });
  const { loginSeed: _, ...seen } = { request: newId(), ...registration, loginSignature };
  await owner.call("register", seen);
  const others = {
    "as it was, in another session": seen,
    "with a password of their own": { ...seen, ...await newPassword(), loginSignature: undefined },
    "unsigned": { ...seen, loginSignature: new Uint8Array(64) },
  };
  for (const [how, attempt] of Object.entries(others)) {
    const thief = await open(server);
    const { loginSignature, ...rest } = attempt;
    const asked = loginSignature === undefined ? rest : { ...rest, loginSignature };
    assert.equal(await outcome(thief.call("register", asked as never)), "denied", how);
    assert.equal(await outcome(thief.call("keyring", { known: null })), "denied", how);
  }
  const elsewhere = { ...seen, request: newId(), loginSeed };
  const { loginSignature: __, ...signed } = elsewhere;
  const again = await open(server);
  assert.equal(await outcome(again.call("register", signed)), "name_taken", "another id");
});

Deno.test("a registration takes the password's own signature over the session", async () => {
  await using server = await startPipeServer();
  const { registration } = await makeAccount("ada");
  const { loginSeed: _, ...unsigned } = registration;
  const client = await open(server);
  assert.equal(await outcome(client.call("register", unsigned)), "malformed");
  assert.equal(await outcome(client.call("register", registration)), "ok", "nothing was made");
});

Deno.test("a recovery code that was used up opens nothing, also not by the id of its recovery", async () => {
  await using server = await startPipeServer();
  const owner = await open(server);
  const { name } = await registerOn(owner, "ada");
  const seed = asRecoverySeed(randomBytes(32));
  const recovery = { key: await recoveryKeyOf(seed), sealedKeys: randomBytes(80) };
  await owner.call("saveRecovery", { recovery });
  const request = newId();
  const [next, later] = [await newPassword(), await newPassword()];
  const recover = async (client: RawClient, password: typeof next) =>
    await outcome(client.call("recover", {
      ...await client.claimOf(name, seed),
      ...password,
      request,
    }));
  const recovered = await open(server);
  assert.equal(await recover(recovered, next), "ok");
  const thief = await open(server);
  assert.equal(await recover(thief, later), "denied", "another password");
  const { loginSeed: _, ...password } = later;
  await recovered.call("changePassword", { ...password, devices: [] });
  assert.equal(await recover(thief, next), "denied", "the password was changed since");
  assert.equal(await outcome(thief.call("keyring", { known: null })), "denied");
});

Deno.test("the id of another account's request changes nothing for either", async () => {
  await using server = await startPipeServer();
  const [ada, bob] = [await open(server), await open(server)];
  for (const [client, name] of [[ada, "ada"], [bob, "bob"]] as const) {
    await registerOn(client, name);
  }
  const request = newId();
  const ring = (version: number) => ({
    expectedVersion: 0,
    after: null,
    version,
    sealed: randomBytes(9),
  });
  await ada.call("replaceKeyring", { request, ...ring(1) });
  assert.deepEqual(await bob.call("replaceKeyring", { request, ...ring(7) }), {});
  assert.equal(versionOf((await ada.call("keyring", { known: null })).parts), 1);
  assert.equal(versionOf((await bob.call("keyring", { known: null })).parts), 7);
});

Deno.test("an account is closed by its password alone, and the id of that tells nothing else", async () => {
  await using server = await startPipeServer();
  const owner = await open(server);
  const ada = await registerOn(owner, "ada");
  const stranger = await open(server);
  const forged = { ...await stranger.proofOf(ada), signature: new Uint8Array(64) };
  const request = newId();
  assert.equal(await outcome(stranger.call("closeAccount", { request, ...forged })), "denied");
  const { key, signature } = await owner.proofOf(ada);
  const seen = { name: ada.name, key, signature };
  assert.equal(await outcome(stranger.call("closeAccount", seen)), "denied", "of another session");
  await owner.call("closeAccount", { request, ...seen });
  assert.deepEqual(await stranger.call("closeAccount", { request, ...seen }), { erased: true });
  assert.equal(await outcome(stranger.call("keyring", { known: null })), "denied");
  assert.equal(await outcome(stranger.call("closeAccount", seen)), "denied", "another id");
});
