/** Bech32, by the vectors of BIP 173 and as age's package reads and writes it. */
import assert from "node:assert/strict";
import { decodeBech32, encodeBech32 } from "../../../src/crypto/bech32.ts";

const pairs = [
  ["a", "", "a12uel5l"],
  [
    "abcdef",
    "00443214c74254b635cf84653a56d7c675be77df",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
  ],
  [
    "split",
    "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
  ],
] as const;

for (const [prefix, hex, text] of pairs) {
  Deno.test(`${text} is what BIP 173 says`, () => {
    assert.equal(encodeBech32(prefix, Uint8Array.fromHex(hex)), text);
    assert.equal(decodeBech32(prefix, text)?.toHex(), hex);
  });
}

const whole = pairs[1][2];
const wrong = [
  ["another prefix", "abcdeg", whole],
  ["a longer prefix", "abcdef1", whole],
  ["capitals", "abcdef", whole.toUpperCase()],
  ["a changed character", "abcdef", whole.replace("zry", "zrz")],
  ["two that changed places", "abcdef", whole.replace("zry", "zyr")],
  ["a character that is none", "abcdef", whole.replace("z", "b")],
  ["a cut end", "abcdef", whole.slice(0, -1)],
  ["no checksum", "abcdef", "abcdef1"],
  ["part of a checksum", "abcdef", "abcdef1qqq"],
  // With the right checksum, by the reference implementation of BIP 173.
  ["a character too many", "abcdef", "abcdef1qgfl9ah"],
  ["a whole byte of padding", "abcdef", "abcdef1qqqlewqfh"],
  ["padding that is not zero", "abcdef", "abcdef1rpmnyrgy"],
] as const;

for (const [name, prefix, text] of wrong) {
  Deno.test(`${name} does not pass for a key`, () => {
    assert.equal(decodeBech32(prefix, text), null);
  });
}

Deno.test("every length comes back", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    const text = encodeBech32("age1pq", bytes);
    assert.deepEqual(decodeBech32("age1pq", text), bytes);
  }
});
