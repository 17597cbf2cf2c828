/** Who steals a saved login has mail until it is revoked, and never the account. */
import assert from "node:assert/strict";
import { passwordFloor } from "../../src/model/account.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { asAppPasswordVerifier, asLoginKey, asLoginSeed } from "../../src/model/digests.ts";
import { loginKeyOf } from "../../src/crypto/account/login_proof.ts";
import { type OperationName, operations } from "../../src/wire/operations.ts";
import { registerOn } from "../support/account.ts";
import { type Asked, ended, outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const open = (server: PipeServer) => RawClient.open(server.connect());

/** What a device may do that is not limited. */
const whole = { scope: "mail", senders: null, expires: null } as const;

/** An owner's session, and one of a device that was stolen. */
async function scene(server: PipeServer) {
  const owner = await open(server);
  const account = await registerOn(owner, "ada");
  const loginSeed = asLoginSeed(randomBytes(32));
  const secrets = {
    key: await loginKeyOf(loginSeed),
    sealedKeys: randomBytes(90),
    wrappedKey: randomBytes(60),
  };
  await owner.call("addDevice", { label: "laptop", ...whole, ...secrets, replaces: null });
  const stolen = { name: account.name, loginSeed };
  const thief = await open(server);
  assert.deepEqual((await thief.logIn(stolen)).sealedKeys, secrets.sealedKeys);
  return { owner, account, thief, stolen, secrets };
}

const password = {
  parameters: { salt: randomBytes(16), ...passwordFloor },
  loginKey: asLoginKey(randomBytes(32)),
  sealedKeys: randomBytes(90),
  devices: [],
};
const keys = { signingKey: randomBytes(32), recipient: "age1", signature: randomBytes(64) };
const succession = { succeededAt: 1, signature: randomBytes(64), acceptance: randomBytes(64) };

/** A request for every operation that takes the owner. */
const attempts: { readonly [N in OperationName]?: Asked<N> } = {
  changePassword: password,
  saveRecovery: { recovery: null },
  rotateKeys: { keys, succession, sealedKeys: randomBytes(90), devices: [] },
  replaceSealedKeys: { sealedKeys: randomBytes(90), devices: [] },
  createAppPassword: {
    label: "planted",
    scope: "smtp",
    verifier: asAppPasswordVerifier(randomBytes(32)),
  },
  addDevice: {
    label: "planted",
    ...whole,
    key: asLoginKey(randomBytes(32)),
    sealedKeys: randomBytes(90),
    wrappedKey: randomBytes(60),
    replaces: null,
  },
  deviceKeys: {},
  revokeDevice: { label: "laptop" },
};

Deno.test("a stolen login reads and sends mail, and changes nothing of the account", async () => {
  await using server = await startPipeServer();
  const { account, thief, stolen } = await scene(server);
  const owners = Object.entries(operations).filter(([, { callers }]) => callers === "owner");
  assert.deepEqual(Object.keys(attempts).toSorted(), owners.map(([name]) => name).toSorted());
  for (const name of Object.keys(attempts) as OperationName[]) {
    assert.equal(await outcome(thief.call(name, attempts[name] as never)), "denied", name);
  }
  const claim = await thief.proofOf(stolen);
  assert.equal(await outcome(thief.call("closeAccount", claim)), "denied");
  assert.equal(await outcome(thief.call("keyring", { known: null })), "ok");
  assert.deepEqual((await thief.call("devices", {})).devices.map(({ label }) => label), ["laptop"]);
  const later = await open(server);
  assert.equal(await outcome(later.logIn(account)), "ok", "the password is what it was");
  assert.equal(await outcome((await open(server)).logIn(stolen)), "ok", "no device ended");
});

Deno.test("a device that was revoked is out at once, and for good", async () => {
  await using server = await startPipeServer();
  const { owner, account, thief, stolen, secrets } = await scene(server);
  const other = asLoginSeed(randomBytes(32));
  const more = { ...secrets, key: await loginKeyOf(other) };
  await owner.call("addDevice", { label: "phone", ...whole, ...more, replaces: null });
  const phone = await open(server);
  await phone.logIn({ name: account.name, loginSeed: other });

  assert.deepEqual(await owner.call("revokeDevice", { label: "laptop" }), { revoked: true });
  assert.deepEqual(await ended(thief), []);
  assert.equal(await outcome((await open(server)).logIn(stolen)), "denied");
  assert.deepEqual(await owner.call("revokeDevice", { label: "laptop" }), { revoked: false });
  assert.equal(await outcome(phone.call("keyring", { known: null })), "ok", "another goes on");

  assert.deepEqual(await phone.call("endDevice", {}), { ended: true });
  assert.equal(
    await outcome((await open(server)).logIn({ name: account.name, loginSeed: other })),
    "denied",
    "a device ends itself",
  );
  assert.deepEqual(await owner.call("endDevice", {}), { ended: false }, "the password is none");
});

Deno.test("a change of the password or the keys keeps the devices that it names", async () => {
  await using server = await startPipeServer();
  const { owner, account, stolen, secrets } = await scene(server);
  const carried = { ...secrets, sealedKeys: randomBytes(91) };
  const change = { ...password, devices: [carried] };
  await owner.call("changePassword", change);
  const device = await open(server);
  assert.deepEqual((await device.logIn(stolen)).sealedKeys, carried.sealedKeys);
  assert.equal(await outcome((await open(server)).logIn(account)), "denied", "the old password");
  await owner.call("replaceSealedKeys", { sealedKeys: randomBytes(90), devices: [] });
  assert.deepEqual(await ended(device), []);
  assert.equal(await outcome((await open(server)).logIn(stolen)), "denied");
});

Deno.test("a device of one account is none of another, and its key opens no account as a password", async () => {
  await using server = await startPipeServer();
  const { stolen } = await scene(server);
  const bob = await open(server);
  const { name } = await registerOn(bob, "bob");
  const thief = await open(server);
  assert.equal(await outcome(thief.logIn({ ...stolen, name })), "denied");
  assert.equal(await outcome(bob.logIn(stolen)), "denied", "one session is one account's");
});
