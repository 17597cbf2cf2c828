/** Which chains of retired keys lead from the key that was known to the one that is shown: WIRE.md 3.5. */
import assert from "node:assert/strict";
import { sha256 } from "../../../../src/crypto/fingerprint.ts";
import { leadsTo, signServerSuccession } from "../../../../src/crypto/session/server_succession.ts";
import type { Bytes } from "../../../../src/model/bytes.ts";
import { asServerFingerprint } from "../../../../src/model/digests.ts";
import type { ServerSuccession } from "../../../../src/wire/layouts.ts";
import { makePairQuickly } from "../../../support/quick_rsa.ts";

interface Key {
  readonly pkcs8: Bytes;
  readonly spki: Bytes;
  readonly fingerprint: Bytes;
}

const algorithm = { name: "RSA-PSS", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]) };

async function keyOf(pair: CryptoKeyPair): Promise<Key> {
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return { pkcs8, spki, fingerprint: await sha256(spki) };
}

const [a, b, c, short] = await Promise.all([
  ...[1, 2, 3].map(async () => await keyOf(await makePairQuickly("RSA-PSS"))),
  crypto.subtle.generateKey({ ...algorithm, modulusLength: 2048 }, true, ["sign", "verify"])
    .then(keyOf),
]) as [Key, Key, Key, Key];
const step = (from: Key, to: Key, at = 1) =>
  signServerSuccession(from.pkcs8, from.spki, asServerFingerprint(to.fingerprint), at);
const [ab, bc, ac, shortB] = await Promise.all([
  step(a, b),
  step(b, c),
  step(a, c),
  step(short, b),
]);
const flipped = (bytes: Uint8Array) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);

const cases: readonly [
  what: string,
  steps: readonly ServerSuccession[],
  from: Key,
  to: Key,
  leads: boolean,
][] = [
  ["one step", [ab], a, b, true],
  ["two steps", [ab, bc], a, c, true],
  ["only the rest of the chain is needed", [ab, bc], b, c, true],
  ["nothing to follow", [], a, a, true],
  ["no statement at all", [], a, b, false],
  ["a statement of somebody else", [bc], a, c, false],
  ["the wrong order", [bc, ab], a, c, false],
  ["the way back", [ab], b, a, false],
  [
    "another successor than the one signed",
    [{ ...ab, successor: asServerFingerprint(c.fingerprint) }],
    a,
    c,
    false,
  ],
  ["another key under the same statement", [{ ...ab, serverKey: c.spki }], a, b, false],
  ["another time than the one signed", [{ ...ab, at: 2 }], a, b, false],
  ["a flipped signature", [{ ...ab, signature: flipped(ab.signature) }], a, b, false],
  ["an empty signature", [{ ...ab, signature: new Uint8Array(0) }], a, b, false],
  ["a key that is none", [{ ...ab, serverKey: new Uint8Array(3) }], a, b, false],
  ["a key that is too short", [shortB], short, b, false],
  ["the last word of a key that signed twice is not its own any more", [ab, ac], a, c, false],
];

for (const [what, steps, from, to, leads] of cases) {
  Deno.test(`succession: ${what}`, async () => {
    assert.equal(
      await leadsTo(
        steps,
        asServerFingerprint(from.fingerprint),
        asServerFingerprint(to.fingerprint),
      ),
      leads,
    );
  });
}
