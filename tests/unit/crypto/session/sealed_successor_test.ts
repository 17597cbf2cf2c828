/** A successor's private key, sealed under the key before it. */
import assert from "node:assert/strict";
import { openSuccessor, sealSuccessor } from "../../../../src/crypto/session/sealed_successor.ts";
import { asServerFingerprint } from "../../../../src/model/digests.ts";

const [first, second, third] = [1, 2, 3].map((byte) =>
  asServerFingerprint(new Uint8Array(32).fill(byte))
) as [Fingerprint, Fingerprint, Fingerprint];
type Fingerprint = ReturnType<typeof asServerFingerprint>;

const key = new Uint8Array(1_800).fill(7);
const next = new Uint8Array(1_800).fill(8);
const step = { predecessor: first, successor: second };

Deno.test("a sealed successor is opened by the key before it", async () => {
  const sealed = await sealSuccessor(key, step, next);
  assert.deepEqual(await openSuccessor(key, step, sealed), next);
});

/** What is wrong -> how it is opened. */
const wrong: Record<string, (sealed: Uint8Array) => Promise<unknown>> = {
  "another key": (sealed) => openSuccessor(next, step, sealed),
  "another predecessor": (sealed) => openSuccessor(key, { ...step, predecessor: third }, sealed),
  "another successor": (sealed) => openSuccessor(key, { ...step, successor: third }, sealed),
  "a changed nonce": (sealed) => openSuccessor(key, step, changed(sealed, 0)),
  "a changed byte": (sealed) => openSuccessor(key, step, changed(sealed, 900)),
  "a changed tag": (sealed) => openSuccessor(key, step, changed(sealed, sealed.length - 1)),
  "a lost end": (sealed) => openSuccessor(key, step, sealed.subarray(0, -1)),
  "nothing": () => openSuccessor(key, step, new Uint8Array(0)),
};

for (const [what, opens] of Object.entries(wrong)) {
  Deno.test(`a sealed successor is not opened: ${what}`, async () => {
    const sealed = await sealSuccessor(key, step, next);
    await assert.rejects(opens(sealed), { code: "bad_signature" });
  });
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, bytes[at]! ^ 1);
}
