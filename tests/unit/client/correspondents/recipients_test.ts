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
import { asAccountName, asAddress, formatAddress } from "../../../../src/model/address.ts";
import type { FoundKeys, PublishedKeys } from "../../../../src/wire/layouts.ts";

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

const aliases: Readonly<Record<string, string>> = { info: "bob", sales: "bob", me: "alice" };

/** As a server answers. */
function lookUp(wanted: string): FoundKeys | null {
  const name = aliases[wanted] ?? wanted;
  const keys = keysOf.get(name);
  return keys === undefined ? null : { name: asAccountName(name), keys };
}

/** Parses, looks up at a pretended server, and resolves. */
function resolve(to: string[], cc: string[] = [], bcc: string[] = []) {
  const addressed = parseRecipients({ to, cc, bcc });
  return resolveRecipients(addressed, alice, namesOf(addressed).map(lookUp));
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
  await assert.rejects(resolveRecipients(addressed, alice, [lookUp("bob")]), refused);
});

Deno.test("one's own keys are never the server's to say", async () => {
  const addressed = parseRecipients({ to: ["alice"], cc: [], bcc: [] });
  const forged = await publishKeys(generateSecretKeys(), asAddress(`alice@${domain}`));
  const answer = [{ name: asAccountName("alice"), keys: forged }];
  const [self] = await resolveRecipients(addressed, alice, answer);
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
    await assert.rejects(
      resolveRecipients(addressed, alice, [{ name: asAccountName("bob"), keys }]),
      refused,
    );
  });
}

const shownCases: readonly [to: string[], shown: string[][], aliases: string[][]][] = [
  [["bob"], [["bob@example.org"]], [[]]],
  [["bob+scans"], [["bob+scans@example.org"]], [[]]],
  [["B <Bob+Scans.2@example.org>"], [["bob+Scans.2@example.org"]], [[]]],
  [["bob+a", "bob", "bob@example.org", "bob+b+c"], [[
    "bob+a@example.org",
    "bob@example.org",
    "bob+b+c@example.org",
  ]], [[]]],
  [["info"], [["bob@example.org"]], [["info@example.org"]]],
  [["info+x", "bob+y", "sales", "carol"], [
    ["bob@example.org", "bob+y@example.org"],
    ["carol@example.org"],
  ], [["info@example.org", "sales@example.org"], []]],
];

for (const [to, shown, aliases] of shownCases) {
  Deno.test(`${to.join(", ")}: one copy for each account, shown as it was written`, async () => {
    const resolved = await resolve(to);
    assert.deepEqual(resolved.map((each) => [...each.shown]), shown);
    assert.deepEqual(resolved.map((each) => [...each.aliases]), aliases);
    assert.ok(resolved.every(({ name, address }) => address === `${name}@example.org`));
  });
}

const noTags = ["bob+", "+x", "bob+a b", "bob+(x)", "bob+x+@y", `bob+${"x".repeat(65)}`];

for (const text of noTags) {
  Deno.test(`no address with a tag: ${text.slice(0, 20)}`, () => {
    const parse = () => parseRecipients({ to: [text], cc: [], bcc: [] });
    if (text === "bob+x+@y") assert.equal(parse().to[0]!.domain, "y");
    else assert.throws(parse, { code: "malformed" });
  });
}

Deno.test("an alias is of an account that can be, and has that account's own signature", async () => {
  const addressed = parseRecipients({ to: ["info"], cc: [], bcc: [] });
  const carol = keysOf.get("carol")!;
  const answers = [
    [{ name: "bob", keys: carol }, "bad_signature"],
    [{ name: "BOB", keys: bob }, "protocol"],
    [{ name: "bob+x", keys: bob }, "malformed"],
    [{ name: "", keys: bob }, "malformed"],
  ] as const;
  for (const [found, code] of answers) {
    await assert.rejects(
      resolveRecipients(addressed, alice, [{ ...found, name: asAccountName(found.name) }]),
      { code },
    );
  }
});

Deno.test("an alias of one's own account is oneself, with one's own keys", async () => {
  const addressed = parseRecipients({ to: ["me"], cc: [], bcc: [] });
  const [self] = await resolveRecipients(addressed, alice, [{
    name: asAccountName("alice"),
    keys: bob,
  }]);
  assert.deepEqual([self!.address, self!.sealTo], ["alice@example.org", own.recipient]);
});
