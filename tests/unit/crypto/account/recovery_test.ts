/** Recovery codes: as people write them, never guessed at, and bound to one account and its keys. */
import assert from "node:assert/strict";
import { generateSecretKeys, publicKeysOf } from "../../../../src/crypto/account/identity.ts";
import {
  deriveRecoveryKeys,
  makeRecoveryCode,
  openForRecovery,
  sealForRecovery,
} from "../../../../src/crypto/account/recovery.ts";
import { accountFingerprint } from "../../../../src/crypto/fingerprint.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { asAccountFingerprint, asRecoveryWrappingKey } from "../../../../src/model/digests.ts";
import { isFailure } from "../../../../src/model/errors.ts";

Deno.test("a code has 160 bits, in groups, and no two are the same", async () => {
  const codes = await Promise.all(Array.from({ length: 200 }, makeRecoveryCode));
  for (const code of codes) {
    assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}$/);
  }
  assert.equal(new Set(codes).size, codes.length);
  for (let at = 0; at < 44; at++) {
    if (at % 5 !== 4) assert.ok(new Set(codes.map((code) => code[at])).size > 20, `place ${at}`);
  }
});

Deno.test("a code is a fixed one's keys: WIRE 7.4", async () => {
  const code = "0000-0000-0000-0000-0000-0000-0000-0000-58E4";
  const keys = await deriveRecoveryKeys(code);
  const material = await crypto.subtle.importKey("raw", new Uint8Array(20), "HKDF", false, [
    "deriveBits",
  ]);
  const derive = async (info: string) =>
    new Uint8Array(
      await crypto.subtle.deriveBits(
        {
          name: "HKDF",
          hash: "SHA-256",
          salt: new Uint8Array(0),
          info: new TextEncoder().encode(info),
        },
        material,
        256,
      ),
    );
  assert.deepEqual(keys.recoverySeed, await derive("mailctl recovery seed v2"));
  assert.deepEqual(keys.wrappingKey, await derive("mailctl recovery wrapping key v1"));
});

Deno.test("a code is read as people write it", async () => {
  const code = await makeRecoveryCode();
  const keys = await deriveRecoveryKeys(code);
  const spellings = [
    code.toLowerCase(),
    code.replaceAll("-", ""),
    ` ${code.replaceAll("-", " ")}\n`,
    code.replaceAll("0", "o").replaceAll("1", "l"),
    code.replaceAll("0", "O").replaceAll("1", "I"),
  ];
  for (const spelling of spellings) assert.deepEqual(await deriveRecoveryKeys(spelling), keys);
});

Deno.test("a typing error is told, and the code is not repeated", async () => {
  const code = await makeRecoveryCode();
  const swap = (at: number) =>
    code.slice(0, at) + (code[at] === "7" ? "8" : "7") + code.slice(at + 1);
  const places = [...code].flatMap((character, at) => character === "-" ? [] : [at]);
  const wrong = [...places.map(swap), code.slice(1), `${code}0`, "", code.replace(/./, "U")];
  for (const text of wrong) {
    await assert.rejects(deriveRecoveryKeys(text), (error) => {
      assert.ok(isFailure(error, "malformed"));
      assert.ok(text.length < 40 || !error.message.includes(text));
      return true;
    });
  }
});

Deno.test("keys sealed for recovery open for their account and code alone", async () => {
  const secretKeys = generateSecretKeys();
  const { signingKey, recipient } = await publicKeysOf(secretKeys);
  const owner = {
    address: asAddress("ada@mail.test"),
    fingerprint: await accountFingerprint({ signingKey, recipient }),
  };
  const { wrappingKey, recoverySeed } = await deriveRecoveryKeys(await makeRecoveryCode());
  const sealed = await sealForRecovery(wrappingKey, owner, secretKeys);
  assert.deepEqual(await openForRecovery(wrappingKey, owner, signingKey, sealed), secretKeys);
  const refused = { code: "bad_signature" };
  const eve = { ...owner, address: asAddress("eve@mail.test") };
  await assert.rejects(openForRecovery(wrappingKey, eve, signingKey, sealed), refused);
  const others = { ...owner, fingerprint: asAccountFingerprint(new Uint8Array(32)) };
  await assert.rejects(openForRecovery(wrappingKey, others, signingKey, sealed), refused);
  await assert.rejects(
    openForRecovery(asRecoveryWrappingKey(recoverySeed), owner, signingKey, sealed),
    refused,
  );
  await assert.rejects(openForRecovery(wrappingKey, owner, new Uint8Array(32), sealed), refused);
});
