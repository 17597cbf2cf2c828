/** Ed25519 as RFC 8032 has it: its own vectors, and what must not verify. */
import assert from "node:assert/strict";
import { utf8 } from "../../../src/model/bytes.ts";
import { generateSigningSeed, sign, signingKeyOf, verify } from "../../../src/crypto/signature.ts";

/** RFC 8032 7.1: seed, public key, message, signature. */
const vectors: readonly [name: string, ...hex: [string, string, string, string]][] = [
  [
    "TEST 1",
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "TEST 2",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "TEST 3",
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
];

for (const [name, ...hex] of vectors) {
  Deno.test(`Ed25519 is that of RFC 8032: ${name}`, async () => {
    const [seed, publicKey, message, signature] = hex.map((text) => Uint8Array.fromHex(text));
    assert.deepEqual(await signingKeyOf(seed!), publicKey);
    assert.deepEqual(await sign(seed!, message!), signature);
    assert.equal(await verify(publicKey!, signature!, message!), true);
  });
}

const seed = new Uint8Array(32).fill(7);
const publicKey = await signingKeyOf(seed);
const message = utf8("a message");
const signature = await sign(seed, message);

Deno.test("a signature does not hold with any one of its bits changed", async () => {
  for (let bit = 0; bit < 512; bit++) {
    const changed = signature.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(await verify(publicKey, changed, message), false, `bit ${bit}`);
  }
});

Deno.test("a signature does not hold for another message, or by another key", async () => {
  for (const other of ["", "a messagE", "a message ", " a message"]) {
    assert.equal(await verify(publicKey, signature, utf8(other)), false);
  }
  const otherKey = await signingKeyOf(new Uint8Array(32).fill(8));
  assert.equal(await verify(otherKey, signature, message), false);
  for (let bit = 0; bit < 256; bit++) {
    const changed = publicKey.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(await verify(changed, signature, message), false, `bit ${bit}`);
  }
});

Deno.test("what is no key or no signature is false, not a failure", async () => {
  for (const length of [0, 1, 31, 33, 64]) {
    assert.equal(await verify(new Uint8Array(length).fill(1), signature, message), false);
  }
  for (const length of [0, 1, 32, 63, 65, 128]) {
    const wrong = new Uint8Array(length);
    wrong.set(signature.subarray(0, length));
    assert.equal(await verify(publicKey, wrong, message), false);
  }
});

Deno.test("one signature has one form: S above the group's order does not verify", async () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${signature.slice(32).reverse().toHex()}`);
  for (let times = 1n; s + times * order < 2n ** 256n; times++) {
    const hex = (s + times * order).toString(16).padStart(64, "0");
    const twin = new Uint8Array([...signature.slice(0, 32), ...Uint8Array.fromHex(hex).reverse()]);
    assert.equal(await verify(publicKey, twin, message), false, `S + ${times} L`);
  }
});

Deno.test("seeds are 32 bytes and never the same", () => {
  const seeds = Array.from({ length: 50 }, () => generateSigningSeed());
  assert.ok(seeds.every(({ length }) => length === 32));
  assert.equal(new Set(seeds.map((each) => each.toHex())).size, 50);
});
