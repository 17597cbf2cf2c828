/** Text under a passphrase: an armored age file that costs whoever guesses 256 MiB and about a second a guess. */
import assert from "node:assert/strict";
import {
  openWithPassphrase,
  sealWithPassphrase,
} from "../../../../src/crypto/account/passphrase.ts";

Deno.test("a passphrase is stretched by scrypt with a work factor of 18, and opens what it sealed", async () => {
  const sealed = await sealWithPassphrase("the keys", "a passphrase");
  const base64 = sealed.replace(/^-----.*$/gm, "").replace(/\s/g, "");
  const [version, stanza] = atob(base64).split("\n");
  assert.equal(version, "age-encryption.org/v1");
  assert.match(stanza!, /^-> scrypt \S+ 18$/);
  assert.equal(
    await openWithPassphrase(new TextEncoder().encode(sealed), "a passphrase"),
    "the keys",
  );
});
