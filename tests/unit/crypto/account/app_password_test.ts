/** Application passwords: one word of 128 bits, taken as people type it. */
import assert from "node:assert/strict";
import {
  appPasswordVerifier,
  makeAppPassword,
} from "../../../../src/crypto/account/app_password.ts";
import { requireLabel } from "../../../../src/model/label.ts";

Deno.test("an application password is one word of 128 bits, and no two are the same", async () => {
  const made = await Promise.all(Array.from({ length: 200 }, makeAppPassword));
  for (const { password } of made) assert.match(password, /^[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$/);
  assert.equal(new Set(made.map(({ password }) => password)).size, made.length);
  for (let at = 0; at < 25; at++) {
    assert.ok(new Set(made.map(({ password }) => password[at])).size > 20, `place ${at}`);
  }
});

Deno.test("the server is told a digest: WIRE 7.6", async () => {
  const label = new TextEncoder().encode("mailctl application password v1\0");
  const digest = await crypto.subtle.digest(
    "SHA-256",
    Uint8Array.of(...label, ...new Uint8Array(16)),
  );
  assert.deepEqual(await appPasswordVerifier("0".repeat(26)), new Uint8Array(digest));
});

Deno.test("an application password is read as people type it", async () => {
  const { password, verifier } = await makeAppPassword();
  const spellings = [
    password,
    password.toUpperCase(),
    password.match(/.{1,4}/g)!.join("-"),
    ` ${password.match(/.{1,4}/g)!.join(" ")}\n`,
    password.replaceAll("0", "O").replaceAll("1", "l"),
  ];
  for (const spelling of spellings) assert.deepEqual(await appPasswordVerifier(spelling), verifier);
});

Deno.test("what can be no application password has no digest", async () => {
  const { password } = await makeAppPassword();
  for (
    const text of [
      "",
      password.slice(1),
      `${password}0`,
      password.replace(/./, "u"),
      "-".repeat(1e6),
    ]
  ) {
    assert.equal(await appPasswordVerifier(text), null);
  }
});

Deno.test("a label is visible, and of one line", () => {
  for (const label of ["scanner", "Thunderbird on the laptop", "Büro \u{1f4e0}", "x".repeat(64)]) {
    requireLabel(label, "a password");
  }
  const wrong = [
    "",
    " ",
    " a",
    "a ",
    "a  b",
    "a\tb",
    "a\nb",
    "a\u202eb",
    "a\0",
    "x".repeat(65),
    "\u200b",
  ];
  for (const label of wrong) {
    assert.throws(
      () => requireLabel(label, "a password"),
      { code: "malformed" },
      JSON.stringify(label),
    );
  }
});
