/** Fingerprints: written one way, read as people paste them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  accountFingerprint,
  formatFingerprint,
  parseFingerprint,
  sha256,
} from "../../../src/crypto/fingerprint.ts";
import { utf8 } from "../../../src/model/bytes.ts";
import { asAccountFingerprint } from "../../../src/model/digests.ts";

const bytes = new Uint8Array(32).map((_, at) => at * 8);
const digits = bytes.toHex();

const readable: readonly [name: string, text: string][] = [
  ["as it is written", digits],
  ["upper case", digits.toUpperCase()],
  ["with blanks around it", `  ${digits}\n`],
  ["with colons", digits.match(/../g)!.join(":")],
  ["in groups", digits.match(/.{8}/g)!.join(" ")],
  ["over several lines", digits.match(/.{16}/g)!.join("\n")],
  ["with its kind", `SHA256:${digits}`],
  ["with its kind in lower case", `sha256:${digits}`],
];

for (const [name, text] of readable) {
  Deno.test(`a fingerprint is read: ${name}`, () => {
    assert.deepEqual(parseFingerprint(text), bytes);
    assert.equal(formatFingerprint(asAccountFingerprint(parseFingerprint(text))), digits);
  });
}

const unreadable: readonly [name: string, text: string][] = [
  ["empty", ""],
  ["a digit short", digits.slice(1)],
  ["a digit long", `${digits}0`],
  ["a letter that is no digit", `g${digits.slice(1)}`],
  ["full-width digits", `０${digits.slice(1)}`],
  ["base64", utf8(digits).toBase64()],
  ["another kind", `SHA1:${digits}`],
  ["its kind twice", `SHA256:SHA256:${digits}`],
];

for (const [name, text] of unreadable) {
  Deno.test(`what is no fingerprint is refused: ${name}`, () => {
    assert.throws(() => parseFingerprint(text), { name: "MailError", code: "malformed" });
  });
}

Deno.test("the digest is SHA-256", async () => {
  for (const text of ["", "abc", "x".repeat(1000)]) {
    assert.equal(
      (await sha256(utf8(text))).toHex(),
      createHash("sha256").update(text).digest("hex"),
    );
  }
});

Deno.test("an account's fingerprint names both of its keys: WIRE 7.1", async () => {
  const keys = { signingKey: new Uint8Array(32).fill(1), recipient: "age1pq1x" };
  const recipient = createHash("sha256").update(keys.recipient).digest();
  const expected = createHash("sha256").update("mailctl account v2\0").update(keys.signingKey)
    .update(recipient).digest("hex");
  assert.equal((await accountFingerprint(keys)).toHex(), expected);
  const others = [{ ...keys, recipient: "age1pq1y" }, {
    ...keys,
    signingKey: keys.signingKey.with(31, 2),
  }];
  for (const other of others) {
    assert.notEqual((await accountFingerprint(other)).toHex(), expected);
  }
});
