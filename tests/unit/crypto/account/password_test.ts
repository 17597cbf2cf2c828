/** From a password to keys: the same everywhere, and never cheaper than the floor. WIRE 7.3. */
import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import {
  acceptable,
  derivePasswordKeys,
  newPasswordParameters,
} from "../../../../src/crypto/account/password.ts";
import { passwordCeiling, passwordFloor } from "../../../../src/model/account.ts";
import type { LoginSeed } from "../../../../src/model/digests.ts";
import { readVector } from "../../../vectors/vector.ts";

const salt = new Uint8Array(16).fill(1);

interface PasswordVector {
  readonly password: string;
  readonly parameters: { readonly salt: Uint8Array; memoryKiB: number; passes: number };
  /** What Argon2id gives; computed by @noble/hashes. */
  readonly stretched: Uint8Array;
  readonly loginSeed: LoginSeed;
  readonly wrappingKey: Uint8Array;
}

Deno.test("the keys of a login are the recorded ones", async () => {
  assert.equal(Object.hasOwn(crypto.subtle, "deriveBits"), false, "nothing stands in for Argon2id");
  const recorded = await readVector<PasswordVector>("password");
  const keys = await derivePasswordKeys(recorded.password, recorded.parameters);
  const { loginSeed, wrappingKey, stretched } = recorded;
  assert.deepEqual(keys, { loginSeed, wrappingKey });
  const derive = (info: string) =>
    new Uint8Array(hkdfSync("sha256", stretched, new Uint8Array(0), info, 32));
  assert.deepEqual(derive("mailctl login seed v2"), loginSeed);
  assert.deepEqual(derive("mailctl wrapping key v1"), wrappingKey);
});

Deno.test("a password has one key however its letters are composed, and another otherwise", async () => {
  const parameters = { salt, ...passwordFloor };
  const [composed, decomposed, angstrom, other, otherSalt] = await Promise.all([
    derivePasswordKeys("pässwörd Å", parameters),
    derivePasswordKeys("pa\u0308sswo\u0308rd A\u030a", parameters),
    derivePasswordKeys("pässwörd \u212b", parameters),
    derivePasswordKeys("password A", parameters),
    derivePasswordKeys("pässwörd Å", { ...parameters, salt: salt.with(15, 2) }),
  ]);
  assert.deepEqual(decomposed, composed);
  assert.deepEqual(angstrom, composed);
  for (const keys of [other, otherSalt]) {
    assert.notDeepEqual(keys.loginSeed, composed.loginSeed);
    assert.notDeepEqual(keys.wrappingKey, composed.wrappingKey);
  }
});

Deno.test("a password may be compatible with another and still be another", async () => {
  const parameters = { salt, ...passwordFloor };
  const [ligature, letters] = await Promise.all([
    derivePasswordKeys("ﬁnd it", parameters),
    derivePasswordKeys("find it", parameters),
  ]);
  assert.notDeepEqual(ligature.wrappingKey, letters.wrappingKey);
});

const floor = passwordFloor;
const ceiling = passwordCeiling;
const parameters: readonly [name: string, memoryKiB: number, passes: number, accepted: boolean][] =
  [
    ["the floor", floor.memoryKiB, floor.passes, true],
    ["the ceiling", ceiling.memoryKiB, ceiling.passes, true],
    ["memory below the floor", floor.memoryKiB - 1, floor.passes, false],
    ["passes below the floor", floor.memoryKiB, floor.passes - 1, false],
    ["memory above the ceiling", ceiling.memoryKiB + 1, floor.passes, false],
    ["passes above the ceiling", floor.memoryKiB, ceiling.passes + 1, false],
    ["nothing", 0, 0, false],
    ["much memory for few passes", ceiling.memoryKiB, 1, false],
    ["all that fits the wire", 2 ** 32 - 1, 2 ** 16 - 1, false],
  ];

for (const [name, memoryKiB, passes, accepted] of parameters) {
  Deno.test(`password parameters are ${accepted ? "accepted" : "refused"}: ${name}`, async () => {
    assert.equal(acceptable({ salt, memoryKiB, passes }), accepted);
    if (accepted) return;
    const derived = derivePasswordKeys("password", { salt, memoryKiB, passes });
    await assert.rejects(derived, { name: "MailError", code: "protocol" });
  });
}

Deno.test("the floor is that of SECURITY.md, and new passwords are at it with a salt of their own", () => {
  assert.deepEqual(floor, { memoryKiB: 65_536, passes: 3 });
  const [a, b] = [newPasswordParameters(), newPasswordParameters()];
  assert.deepEqual({ ...a, salt: b.salt }, { ...floor, salt: b.salt });
  assert.equal(a.salt.length, 16);
  assert.notDeepEqual(a.salt, b.salt);
});
