/** Who a message goes to: everybody once, nobody unknown, and no key that is not signed. */
import assert from "node:assert/strict";
import {
  namesOf,
  parseRecipients,
  resolveRecipients,
} from "../../../../src/client/correspondents/recipients.ts";
import type { OpenAccount } from "../../../../src/client/account.ts";
import { accountFingerprint } from "../../../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publishKeys } from "../../../../src/crypto/account/identity.ts";
import { asAddress, formatAddress } from "../../../../src/model/address.ts";
import type { PublishedKeys } from "../../../../src/wire/layouts.ts";

const domain = "example.org";
const secret = generateSecretKeys();
const keysOf = new Map<string, PublishedKeys>();
for (const name of ["bob", "carol", "dave"]) {
  keysOf.set(name, await publishKeys(secret, asAddress(`${name}@${domain}`)));
}

const own = await publishKeys(secret, asAddress(`alice@${domain}`));
/** Who sends: no more of an account than resolving looks at. */
const alice = {
  name: "alice",
  address: `alice@${domain}`,
  domain,
  publicKeys: own,
  fingerprint: await accountFingerprint(own),
} as unknown as OpenAccount;

/** Parses, looks up at a pretended server, and resolves. */
function resolve(to: string[], cc: string[] = [], bcc: string[] = []) {
  const addressed = parseRecipients({ to, cc, bcc });
  const keys = namesOf(addressed).map((name) => keysOf.get(name) ?? null);
  return resolveRecipients(addressed, alice, keys);
}

type Lists = readonly [to: string[], cc: string[], bcc: string[]];
const parsed: readonly [name: string, written: Lists, read: Lists][] = [
  ["as written", [["bob"], ["carol"], ["dave"]], [["bob"], ["carol"], ["dave"]]],
  ["twice in a row", [["bob", "bob"], [], []], [["bob"], [], []]],
  ["in to and cc", [["bob"], ["bob", "carol"], []], [["bob"], ["carol"], []]],
  ["in cc and bcc", [[], ["bob"], ["bob"]], [[], ["bob"], []]],
  ["written otherwise", [["Bob", "BOB@example.org"], ["B <bob@Example.ORG>"], []], [
    ["bob", "bob@example.org"],
    [],
    [],
  ]],
];

for (const [name, [to, cc, bcc], read] of parsed) {
  Deno.test(`a recipient is counted where they stand first: ${name}`, () => {
    const addressed = parseRecipients({ to, cc, bcc });
    const lists = [addressed.to, addressed.cc, addressed.bcc].map((all) => all.map(formatAddress));
    assert.deepEqual(lists, read);
  });
}

Deno.test("a message to nobody, to too many or to no address is refused", () => {
  const none = { to: [], cc: [], bcc: [] };
  assert.throws(() => parseRecipients(none), { name: "MailError", code: "usage" });
  const many = (count: number) => Array.from({ length: count }, (_, at) => `u${at}`);
  assert.throws(() => parseRecipients({ ...none, to: many(30), bcc: many(51) }), {
    code: "too_large",
    message: /51 recipients/,
  });
  assert.equal(parseRecipients({ ...none, to: many(50), cc: many(50) }).to.length, 50);
  assert.throws(() => parseRecipients({ ...none, to: ["a b"] }), { code: "malformed" });
});

Deno.test("recipients have their role, address, key and its fingerprint", async () => {
  const resolved = await resolve(["bob"], ["carol@example.org"], ["dave"]);
  assert.deepEqual(resolved.map(({ role, address }) => `${role} ${address}`), [
    "to bob@example.org",
    "cc carol@example.org",
    "bcc dave@example.org",
  ]);
  for (const { name, sealTo, fingerprint } of resolved) {
    const keys = keysOf.get(name)!;
    assert.equal(sealTo, keys.recipient);
    assert.deepEqual(fingerprint, await accountFingerprint(keys));
  }
});

Deno.test("user and user@domain are one recipient, in the first role", async () => {
  const resolved = await resolve(["bob"], ["bob@example.org"], ["bob@example.org", "carol"]);
  assert.deepEqual(resolved.map(({ role, name }) => [role, name]), [["to", "bob"], [
    "bcc",
    "carol",
  ]]);
});

Deno.test("all who do not exist are named, also those of other domains, and nothing is resolved", async () => {
  await assert.rejects(resolve(["bob", "nobody"], ["bob@elsewhere.org"], ["none@example.org"]), {
    name: "MailError",
    code: "no_such_recipient",
    message: "Cannot send to nobody, none@example.org: there is no such account; " +
      "bob@elsewhere.org: mailctl sends only to accounts of example.org",
  });
});

Deno.test("an answer with too few keys is refused", async () => {
  const addressed = parseRecipients({ to: ["bob", "carol"], cc: [], bcc: [] });
  const refused = { code: "protocol" };
  await assert.rejects(resolveRecipients(addressed, alice, [keysOf.get("bob")!]), refused);
});

Deno.test("one's own keys are never the server's to say", async () => {
  const addressed = parseRecipients({ to: ["alice"], cc: [], bcc: [] });
  const forged = await publishKeys(generateSecretKeys(), asAddress(`alice@${domain}`));
  const [self] = await resolveRecipients(addressed, alice, [forged]);
  assert.equal(self!.sealTo, own.recipient);
  assert.deepEqual(self!.fingerprint, alice.fingerprint);
});

const bob = keysOf.get("bob")!;
const { signingKey, recipient } = await publishKeys(
  generateSecretKeys(),
  asAddress("bob@example.org"),
);
const untrusted: readonly [name: string, keys: PublishedKeys][] = [
  ["another account's", keysOf.get("carol")!],
  ["with another recipient", { ...bob, recipient }],
  ["with another signing key", { ...bob, signingKey }],
  ["without a signature", { ...bob, signature: new Uint8Array(64) }],
  ["of another domain", await publishKeys(secret, asAddress("bob@elsewhere.org"))],
];

for (const [name, keys] of untrusted) {
  Deno.test(`keys that their owner did not sign are refused: ${name}`, async () => {
    const addressed = parseRecipients({ to: ["bob"], cc: [], bcc: [] });
    const refused = { name: "MailError", code: "bad_signature", message: /keys of bob/ };
    await assert.rejects(resolveRecipients(addressed, alice, [keys]), refused);
  });
}
