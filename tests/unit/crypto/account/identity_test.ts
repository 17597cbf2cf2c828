/** An account's keys: published for one name, and sealed for one account. WIRE 7.1 and 7.2. */
import assert from "node:assert/strict";
import { accountFingerprint } from "../../../../src/crypto/fingerprint.ts";
import {
  generateSecretKeys,
  type KeyOwner,
  openSecretKeys,
  publicKeysOf,
  publishKeys,
  sealSecretKeys,
  verifyPublishedKeys,
} from "../../../../src/crypto/account/identity.ts";
import { passwordFloor } from "../../../../src/model/account.ts";
import { asAccountName, asAddress } from "../../../../src/model/address.ts";
import { asAccountFingerprint, asWrappingKey } from "../../../../src/model/digests.ts";
import type { PublishedKeys } from "../../../../src/wire/layouts.ts";

const address = asAddress("alice@example.org");
const alice = generateSecretKeys();
const mallory = generateSecretKeys();
const published = await publishKeys(alice, address);
const unsigned = await publishKeys(mallory, address);
const wrappingKey = asWrappingKey(new Uint8Array(32).fill(3));
const owner: KeyOwner = {
  address,
  parameters: { salt: new Uint8Array(16), ...passwordFloor },
  fingerprint: await accountFingerprint(published),
};
const sealed = await sealSecretKeys(wrappingKey, owner, alice);

Deno.test("published keys are those of the secret ones, signed for their name", async () => {
  const { signature, ...keys } = published;
  assert.deepEqual(keys, await publicKeysOf(alice));
  assert.equal(signature.length, 64);
  assert.match(keys.recipient, /^age1pq1/);
  assert.equal(await verifyPublishedKeys(asAccountName("alice"), "example.org", published), true);
});

const misused: readonly [name: string, user: string, domain: string, keys: PublishedKeys][] = [
  ["another name", "bob", "example.org", published],
  ["another domain", "alice", "example.com", published],
  ["a name and domain cut elsewhere", "alice@example", "org", published],
  ["no name", "", "example.org", published],
  ["another recipient", "alice", "example.org", { ...published, recipient: unsigned.recipient }],
  ["another signing key", "alice", "example.org", {
    ...published,
    signingKey: unsigned.signingKey,
  }],
  ["another signature", "alice", "example.org", { ...published, signature: unsigned.signature }],
  ["no signature", "alice", "example.org", { ...published, signature: new Uint8Array(64) }],
  ["no key", "alice", "example.org", { ...published, signingKey: new Uint8Array(32).fill(0xff) }],
];

for (const [name, user, domain, keys] of misused) {
  Deno.test(`published keys do not verify with ${name}`, async () => {
    assert.equal(await verifyPublishedKeys(asAccountName(user), domain, keys), false);
  });
}

Deno.test("secret keys are what they were after sealing, under a nonce of their own", async () => {
  const opened = await openSecretKeys(wrappingKey, owner, published.signingKey, sealed);
  const { signingSeed, identity, mailboxKey } = opened;
  assert.deepEqual({ signingSeed, identity, mailboxKey }, alice);
  assert.notDeepEqual(await sealSecretKeys(wrappingKey, owner, alice), sealed);
});

const { parameters, fingerprint } = owner;
const owners: readonly [name: string, owner: KeyOwner][] = [
  ["another name", { ...owner, address: asAddress("bob@example.org") }],
  ["another domain", { ...owner, address: asAddress("alice@example.com") }],
  ["another salt", { ...owner, parameters: { ...parameters, salt: parameters.salt.with(0, 1) } }],
  ["less memory", { ...owner, parameters: { ...parameters, memoryKiB: 8 } }],
  ["fewer passes", { ...owner, parameters: { ...parameters, passes: 1 } }],
  ["another fingerprint", {
    ...owner,
    fingerprint: asAccountFingerprint(fingerprint.map((byte) => byte ^ 1)),
  }],
];

const broken = { name: "MailError", code: "bad_signature" };

for (const [name, other] of owners) {
  Deno.test(`sealed secret keys do not open for an account with ${name}`, async () => {
    await assert.rejects(openSecretKeys(wrappingKey, other, published.signingKey, sealed), broken);
  });
}

Deno.test("sealed secret keys do not open with another key, or changed anywhere", async () => {
  const open = (key: Uint8Array<ArrayBuffer>, blob: Uint8Array) =>
    openSecretKeys(asWrappingKey(key), owner, published.signingKey, blob);
  await assert.rejects(open(new Uint8Array(32), sealed), broken);
  for (let at = 0; at < sealed.length; at++) {
    await assert.rejects(open(wrappingKey, sealed.with(at, sealed[at]! ^ 1)), broken);
  }
  for (const length of [0, 1, 12, 27, 28, sealed.length - 1]) {
    await assert.rejects(open(wrappingKey, sealed.slice(0, length)), broken);
  }
});

Deno.test("two accounts' sealed keys cannot change places", async () => {
  const other = { ...owner, fingerprint: await accountFingerprint(unsigned) };
  const theirs = await sealSecretKeys(wrappingKey, other, mallory);
  await assert.rejects(openSecretKeys(wrappingKey, owner, published.signingKey, theirs), broken);
  await assert.rejects(openSecretKeys(wrappingKey, other, unsigned.signingKey, sealed), broken);
});

Deno.test("secret keys that are not those of the published signing key are refused", async () => {
  const mixed = await sealSecretKeys(wrappingKey, owner, {
    ...alice,
    signingSeed: mallory.signingSeed,
  });
  await assert.rejects(openSecretKeys(wrappingKey, owner, published.signingKey, mixed), {
    ...broken,
    message: /do not belong together/,
  });
});
