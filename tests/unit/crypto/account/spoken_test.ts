/** Fingerprints read aloud: forty digits of all 32 bytes, and read back as people write them down. */
import assert from "node:assert/strict";
import { formatFingerprint } from "../../../../src/crypto/fingerprint.ts";
import { formatSpoken, parseGiven } from "../../../../src/crypto/account/spoken.ts";
import { asAccountFingerprint } from "../../../../src/model/digests.ts";

// The second by another program: python3 -c 'for i in range(0,64,8): print("%05d" % (int(h[i:i+8],16) % 100000))'
const known: readonly [hex: string, spoken: string][] = [
  ["00".repeat(32), Array(8).fill("00000").join(" ")],
  [
    "28fd3a4d9f7c27d73a1304033af92cf2ea039eaf25959009b042754c38a4225f",
    "84173 14007 24739 08498 05775 58729 45420 80799",
  ],
  ["ff".repeat(32), Array(8).fill("67295").join(" ")],
  ["000186a0".repeat(8), Array(8).fill("00000").join(" ")],
  ["00000007".repeat(8), Array(8).fill("00007").join(" ")],
];

for (const [hex, spoken] of known) {
  Deno.test(`${hex.slice(0, 8)}... is spoken as WIRE 7.1 says`, () => {
    assert.equal(formatSpoken(asAccountFingerprint(Uint8Array.fromHex(hex))), spoken);
  });
}

const [hex, spoken] = known[1]!;
const bytes = asAccountFingerprint(Uint8Array.fromHex(hex));

Deno.test("every byte is heard, also where the bytes are part of a larger buffer", () => {
  for (let at = 0; at < bytes.length; at++) {
    const other = asAccountFingerprint(bytes.with(at, bytes[at]! ^ 1));
    assert.notEqual(formatSpoken(other), spoken, `byte ${at}`);
    assert.equal(parseGiven(spoken)(other), false);
  }
  const within = new Uint8Array(40).fill(9);
  within.set(bytes, 3);
  assert.equal(formatSpoken(asAccountFingerprint(within.subarray(3, 35))), spoken);
});

Deno.test("what was heard or pasted is read back", () => {
  const written = [
    spoken,
    spoken.replaceAll(" ", ""),
    ` ${spoken.replaceAll(" ", "\n")}\n`,
    formatFingerprint(bytes),
    hex.toUpperCase(),
    `SHA256:${hex.match(/../g)!.join(":")}`,
  ];
  for (const text of written) {
    assert.equal(parseGiven(text)(bytes), true, text);
    assert.equal(parseGiven(text)(asAccountFingerprint(bytes.toReversed())), false, text);
  }
});

Deno.test("half of it, more of it and other things are refused, never compared in part", () => {
  const digits = spoken.replaceAll(" ", "");
  const wrong = ["", digits.slice(1), `${digits}0`, digits.slice(0, 20), hex.slice(1), "yes"];
  for (const text of [...wrong, digits.replace("8", "８"), `SHA256:${digits}`]) {
    assert.throws(() => parseGiven(text), { name: "MailError", code: "malformed" }, text);
  }
});
