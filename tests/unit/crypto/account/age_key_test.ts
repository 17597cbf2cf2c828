/** Our post-quantum keys and those of the `age-encryption` package are the same, each way. */
import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
  type Stanza,
} from "age-encryption";
import assert from "node:assert/strict";
import {
  ageIdentity,
  ageRecipient,
  generateIdentity,
  isIdentity,
  recipientOf,
} from "../../../../src/crypto/account/age_key.ts";
import { decodeBech32, encodeBech32 } from "../../../../src/crypto/bech32.ts";
import {
  decapsulateHybrid,
  encapsulateHybrid,
  hybridPublicKey,
} from "../../../../src/crypto/session/hybrid_kem.ts";

const identity = generateIdentity();
const recipient = await recipientOf(identity);
const text = new TextEncoder().encode("what is sealed");
const fileKey = crypto.getRandomValues(new Uint8Array(16));

async function sealBy(to: Parameters<Encrypter["addRecipient"]>[0]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(to);
  return await encrypter.encrypt(text);
}

async function openBy(
  by: Parameters<Decrypter["addIdentity"]>[0],
  file: Uint8Array,
): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(by);
  return await decrypter.decrypt(file);
}

async function wrapped(): Promise<Stanza> {
  const [stanza] = await ageRecipient(recipient).wrapFileKey(fileKey);
  return stanza!;
}

Deno.test("keys are those that the package makes", async () => {
  assert.equal(await identityToRecipient(identity), recipient);
  const theirs = await generateHybridIdentity();
  assert.equal(await recipientOf(theirs), await identityToRecipient(theirs));
});

Deno.test("what one side seals the other opens", async () => {
  assert.deepEqual(await openBy(identity, await sealBy(ageRecipient(recipient))), text);
  assert.deepEqual(await openBy(ageIdentity(identity), await sealBy(recipient)), text);
  assert.deepEqual(
    await openBy(ageIdentity(identity), await sealBy(ageRecipient(recipient))),
    text,
  );
});

Deno.test("a ciphertext of the same seed gives the same secret, another seed another", async () => {
  const seed = decodeBech32("age-secret-key-pq-", identity.toLowerCase())!;
  const { ciphertext, secret } = await encapsulateHybrid(await hybridPublicKey(seed));
  assert.deepEqual(await decapsulateHybrid(seed, ciphertext), secret);
  const other = crypto.getRandomValues(new Uint8Array(32));
  assert.notDeepEqual(await decapsulateHybrid(other, ciphertext), secret);
});

Deno.test("the key of a file is not for another identity", async () => {
  assert.deepEqual(await ageIdentity(identity).unwrapFileKey([await wrapped()]), fileKey);
  assert.equal(await ageIdentity(generateIdentity()).unwrapFileKey([await wrapped()]), null);
});

Deno.test("a stanza of another kind is passed over", async () => {
  const other = { args: ["X25519", "c2hhcmU"], body: new Uint8Array(32) };
  assert.equal(await ageIdentity(identity).unwrapFileKey([other]), null);
  assert.deepEqual(await ageIdentity(identity).unwrapFileKey([other, await wrapped()]), fileKey);
});

const { args: [type = "", share = ""], body } = await wrapped();
const malformed: readonly (readonly [name: string, stanza: Stanza])[] = [
  ["no share", { args: [type], body }],
  ["two shares", { args: [type, share, share], body }],
  ["a share too short", { args: [type, share.slice(0, -4)], body }],
  ["a share that is no base64", { args: [type, `!${share.slice(1)}`], body }],
  ["a padded share", { args: [type, `${share}=`], body }],
  ["a share with bits left over", { args: [type, `${share.slice(0, -1)}${next(share)}`], body }],
  ["a body too short", { args: [type, share], body: body.subarray(1) }],
  ["a body too long", { args: [type, share], body: new Uint8Array(33) }],
];

/** A last character that stands for the same bytes, but for bits that are left over. */
function next(base64: string): string {
  return String.fromCharCode(base64.charCodeAt(base64.length - 1) + 1);
}

for (const [name, stanza] of malformed) {
  Deno.test(`a stanza with ${name} is refused`, async () => {
    await assert.rejects(async () => await ageIdentity(identity).unwrapFileKey([stanza]));
  });
}

for (const at of [0, 700, 1100]) {
  Deno.test(`a share whose byte ${at} was flipped gives no key`, async () => {
    const bytes = Uint8Array.fromBase64(share);
    bytes[at]! ^= 1;
    const flipped = { args: [type, bytes.toBase64({ omitPadding: true })], body };
    assert.equal(await ageIdentity(identity).unwrapFileKey([flipped]), null);
  });
}

Deno.test("what is no key is told from keys", async () => {
  const classic = await generateX25519Identity();
  const short = encodeBech32("age-secret-key-pq-", new Uint8Array(31)).toUpperCase();
  for (
    const each of ["", classic, identity.toLowerCase(), identity.slice(0, -1), short, recipient]
  ) {
    assert.equal(isIdentity(each), false);
    assert.throws(() => ageIdentity(each), { code: "bad_signature" });
  }
  const ours = encodeBech32("age1pq", new Uint8Array(1215));
  for (
    const each of ["", await identityToRecipient(classic), recipient.toUpperCase(), ours, identity]
  ) {
    assert.throws(() => ageRecipient(each), { code: "bad_signature" });
  }
});

Deno.test("keys by which every secret would be the same are refused", async () => {
  const key = decodeBech32("age1pq", recipient)!;
  key.fill(0, 1184); // the point of small order: RFC 7748 6.1
  const weak = ageRecipient(encodeBech32("age1pq", key));
  await assert.rejects(async () => await weak.wrapFileKey(fileKey));
});
