/** Our post-quantum keys and those of the `age-encryption` package are the same, each way. */
import {
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import assert from "node:assert/strict";
import {
  generateIdentity,
  isIdentity,
  publicKeyOf,
  recipientOf,
  seedOf,
} from "../../../../src/crypto/account/age_key.ts";
import { decodeBech32, encodeBech32 } from "../../../../src/crypto/bech32.ts";
import {
  decapsulateHybrid,
  encapsulateHybrid,
  hybridPublicKey,
  importHybridKey,
  openHybridKey,
} from "../../../../src/crypto/session/hybrid_kem.ts";

const identity = generateIdentity();
const recipient = await recipientOf(identity);
Deno.test("keys are those that the package makes", async () => {
  assert.equal(await identityToRecipient(identity), recipient);
  const theirs = await generateHybridIdentity();
  assert.equal(await recipientOf(theirs), await identityToRecipient(theirs));
});

Deno.test("a ciphertext of the same seed gives the same secret, another seed another", async () => {
  const seed = decodeBech32("age-secret-key-pq-", identity.toLowerCase())!;
  const { ciphertext, secret } = await encapsulateHybrid(
    await importHybridKey(await hybridPublicKey(seed)),
  );
  const open = async (seed: Uint8Array) => decapsulateHybrid(await openHybridKey(seed), ciphertext);
  assert.deepEqual(await open(seed), secret);
  assert.notDeepEqual(await open(crypto.getRandomValues(new Uint8Array(32))), secret);
});

Deno.test("what is no key is told from keys", async () => {
  const classic = await generateX25519Identity();
  const short = encodeBech32("age-secret-key-pq-", new Uint8Array(31)).toUpperCase();
  for (
    const each of ["", classic, identity.toLowerCase(), identity.slice(0, -1), short, recipient]
  ) {
    assert.equal(isIdentity(each), false);
    assert.throws(() => seedOf(each), { code: "bad_signature" });
  }
  const ours = encodeBech32("age1pq", new Uint8Array(1215));
  for (
    const each of ["", await identityToRecipient(classic), recipient.toUpperCase(), ours, identity]
  ) {
    assert.throws(() => publicKeyOf(each), { code: "bad_signature" });
  }
});
