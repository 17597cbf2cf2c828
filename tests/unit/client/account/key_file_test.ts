/** Files of keys: whatever is in them, they name identities that open mail, and nothing else. */
import assert from "node:assert/strict";
import { generateHybridIdentity, generateX25519Identity } from "age-encryption";
import { formatKeyFile, parseKeyFile } from "../../../../src/client/account/key_file.ts";
import type { OpenAccount } from "../../../../src/client/account.ts";
import { isFailure } from "../../../../src/model/errors.ts";
import { limits } from "../../../../src/model/limits.ts";

const [own, former] = await Promise.all([generateHybridIdentity(), generateHybridIdentity()]);
const fingerprint = new Uint8Array(32).fill(7);
const older = new Uint8Array(32).fill(8);
const none = new Uint8Array(32);

Deno.test("what is written is read again, and vouches for nothing", () => {
  const account = {
    address: "ada@mail.test",
    fingerprint,
    publicKeys: { signingKey: none, recipient: "age1pq1" },
    share: {
      signingSeed: new Uint8Array(32),
      identity: own,
      earlier: [{ identity: former, fingerprint: older, until: 1_000 }],
    },
  } as unknown as OpenAccount;
  assert.deepEqual(parseKeyFile(formatKeyFile(account)), [
    { identity: own, fingerprint, until: 0 },
    { identity: former, fingerprint: older, until: 0 },
  ]);
});

Deno.test("a file of age-keygen is as good, with any line breaks", () => {
  const text = `# created: 2026-01-01\r\n# public key: age1pq1\r\n\r\n${own}\r\n${former}`;
  assert.deepEqual(parseKeyFile(text), [
    { identity: own, fingerprint: none, until: 0 },
    { identity: former, fingerprint: none, until: 0 },
  ]);
  assert.throws(() => parseKeyFile("# nothing\n"), { code: "malformed" });
});

const classic = await generateX25519Identity();
const broken: readonly [string, string][] = [
  ["text", "hello"],
  ["an X25519 identity", classic],
  ["an identity in lower case", own.toLowerCase()],
  ["an identity that was cut", own.slice(0, -1)],
  ["an identity with a typing error", own.slice(0, -1) + (own.endsWith("Q") ? "P" : "Q")],
  ["two identities on a line", `${own} ${former}`],
  ["an identity behind a blank", ` ${own}`],
];
for (const [name, line] of broken) {
  Deno.test(`${name} is refused, by its line, and not repeated`, () => {
    assert.throws(() => parseKeyFile(`# first\n${line}\n`), (error) => {
      assert.ok(isFailure(error, "malformed"));
      assert.match(error.message, /line 2/);
      assert.ok(!error.message.includes(line));
      return true;
    });
  });
}

Deno.test("a file of very many identities is refused early", () => {
  const lines = `${own}\n`.repeat(limits.maxEarlierKeys + 2);
  assert.throws(() => parseKeyFile(lines), { code: "too_large" });
});
