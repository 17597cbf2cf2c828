/** Summaries: what a client sealed again after checking it counts only for the entry it was checked for. */
import assert from "node:assert/strict";
import { openAccount, type OwnAccount } from "../../../../src/client/account.ts";
import { openEntry } from "../../../../src/client/reading/entry.ts";
import {
  generateSecretKeys,
  publishKeys,
  sealSecretKeys,
} from "../../../../src/crypto/account/identity.ts";
import { sealFile } from "../../../../src/crypto/age/file.ts";
import { accountFingerprint, sha256 } from "../../../../src/crypto/fingerprint.ts";
import { signEnvelope } from "../../../../src/crypto/message/envelope.ts";
import { encodeSummary } from "../../../../src/crypto/message/summary.ts";
import { passwordFloor } from "../../../../src/model/account.ts";
import { asAccountName, asAddress } from "../../../../src/model/address.ts";
import {
  asContentsDigest,
  asEnvelopeDigest,
  asPieceDigest,
  asWrappingKey,
} from "../../../../src/model/digests.ts";
import { entryId } from "../../../../src/model/ids.ts";
import type { AccountState, WireEntry } from "../../../../src/wire/layouts.ts";
import { bareHeaders, envelopeBetween, notNumbered } from "../../../support/envelope.ts";
import { emptyKeyring, unfiledEntry } from "../../../support/sealed_entry.ts";

const wrappingKey = asWrappingKey(new Uint8Array(32).fill(8));
const parameters = { salt: new Uint8Array(16), ...passwordFloor };

/** What a server keeps of an account. */
async function stateOf(name: string): Promise<AccountState> {
  const secretKeys = generateSecretKeys();
  const keys = await publishKeys(secretKeys, asAddress(`${name}@example.org`));
  const fingerprint = await accountFingerprint(keys);
  const owner = { address: asAddress(`${name}@example.org`), parameters, fingerprint };
  const sealedKeys = await sealSecretKeys(wrappingKey, owner, secretKeys);
  return {
    name: asAccountName(name),
    domain: "example.org",
    parameters,
    keys,
    sealedKeys,
    maxMessageBytes: 1,
  };
}

const [stateOfAlice, stateOfBob] = [await stateOf("alice"), await stateOf("bob")];
const alice = await openAccount(stateOfAlice, { wrappingKey });
const bob = await openAccount(stateOfBob, { wrappingKey });
const ring = await emptyKeyring(bob.mailboxKey);

const bodySeal = {
  fileKey: new Uint8Array(16).fill(7),
  bodyBytes: 3,
  bodyPieces: [asPieceDigest(new Uint8Array(32).fill(1))],
  encodedBytes: 5,
};

async function mail(subject: string, from: OwnAccount, to: OwnAccount) {
  const headers = { ...bareHeaders, from: from.address, to: [to.address], subject };
  const signed = await signEnvelope(from.secretKeys.signingSeed, {
    ...envelopeBetween(from, to),
    ...headers,
  });
  const envelope = await sealFile(to.publicKeys.recipient, signed);
  const envelopeDigest = asEnvelopeDigest(await sha256(envelope));
  const owner = { id: entryId(7), box: "inbox", envelopeDigest } as const;
  const content = encodeSummary({
    ...headers,
    ...bodySeal,
    notBefore: 9,
    burn: false,
    numbers: [],
    ...notNumbered,
    senderFingerprint: from.fingerprint,
    contents: asContentsDigest(new Uint8Array(32)),
    receipts: [],
  }).slice();
  return { content, envelope, owner, summary: await to.mailboxKey.sealSummary(owner, content) };
}

const { content, envelope, owner, summary } = await mail("hello", alice, bob);
const entry: WireEntry = {
  ...owner,
  from: asAccountName("alice"),
  storedAt: 5,
  readAt: null,
  sealedBytes: 100,
  summary,
  envelope: null,
  deliveries: [],
  heldUntil: null,
  cancelledAt: null,
  expiresAt: null,
  burn: false,
  filing: unfiledEntry(7),
};

Deno.test("a summary alone is enough to show an entry, and to open its body", async () => {
  const { message, body } = await openEntry(bob, ring, entry);
  assert.equal(message.outcome, "unknown");
  assert.equal(message.headers?.subject, "hello");
  assert.deepEqual(message.senderFingerprint, alice.fingerprint);
  const { fileKey, bodyBytes, bodyPieces, encodedBytes } = body!;
  assert.deepEqual({ fileKey, bodyBytes, bodyPieces, encodedBytes }, bodySeal);
  assert.equal(message.notBefore, 9);
});

Deno.test("beside a summary that opens nobody looks at the envelope, unless it is wanted", async () => {
  const both = { ...entry, envelope: new Uint8Array(10) };
  assert.equal((await openEntry(bob, ring, both)).message.outcome, "unknown");
  assert.equal((await openEntry(bob, ring, both, { whole: true })).message.outcome, "invalid");
  const given = { ...entry, envelope };
  const whole = await openEntry(bob, ring, given, { whole: true });
  assert.deepEqual([whole.message.outcome, whole.envelope?.bodyBytes], ["unknown", 0]);
});

Deno.test("where the summary does not open the envelope is checked", async () => {
  const damaged = { ...entry, summary: summary.with(30, summary[30]! ^ 1), envelope };
  assert.equal((await openEntry(bob, ring, damaged)).message.outcome, "unknown");
  const forged = { ...damaged, envelopeDigest: asEnvelopeDigest(new Uint8Array(32)) };
  assert.equal((await openEntry(bob, ring, forged)).message.outcome, "invalid");
});

const other = await mail("another", alice, bob);
const misplaced: readonly [name: string, change: Partial<WireEntry>][] = [
  ["another id", { id: entryId(8) }],
  ["another box", { box: "sent" }],
  ["another envelope", { envelopeDigest: asEnvelopeDigest(other.owner.envelopeDigest) }],
  ["another message's summary", { summary: other.summary }],
  ["another account's summary", { summary: await alice.mailboxKey.sealSummary(owner, content) }],
  ["a changed summary", { summary: summary.with(30, summary[30]! ^ 1) }],
  ["an empty summary", { summary: new Uint8Array(0) }],
  ["neither summary nor envelope", { summary: null }],
  ["an envelope that is none", { summary: null, envelope: new Uint8Array(10) }],
  ["a summary of what is none", {
    summary: await bob.mailboxKey.sealSummary(owner, new Uint8Array([1, 2, 3])),
  }],
];

for (const [name, change] of misplaced) {
  Deno.test(`an entry that does not open is invalid and shows nothing: ${name}`, async () => {
    const { message, body } = await openEntry(bob, ring, { ...entry, ...change });
    const { outcome, headers, senderFingerprint, id, storedAt } = message;
    const shown = [headers, senderFingerprint, body];
    assert.deepEqual([outcome, ...shown], ["invalid", null, null, null]);
    assert.deepEqual([id, storedAt], [change.id ?? 7, 5]);
  });
}

Deno.test("a summary does not make up for a wrong sender", async () => {
  const { message } = await openEntry(bob, ring, { ...entry, from: asAccountName("mallory") });
  assert.equal(message.outcome, "invalid");
});

Deno.test("an envelope sealed to somebody else does not open", async () => {
  const toAlice = await mail("not for bob", bob, alice);
  const { envelope, owner } = toAlice;
  const change = { ...owner, envelope, summary: null };
  assert.equal((await openEntry(bob, ring, { ...entry, ...change })).message.headers, null);
});

const swapped: readonly [name: string, change: Partial<AccountState>][] = [
  ["another name", { name: asAccountName("bob") }],
  ["another domain", { domain: "elsewhere.org" }],
  ["another account's keys", { keys: stateOfBob.keys }],
  ["another age key", { keys: { ...stateOfAlice.keys, recipient: stateOfBob.keys.recipient } }],
  ["another account's sealed keys", { sealedKeys: stateOfBob.sealedKeys }],
  ["other password parameters", { parameters: { ...parameters, passes: 4 } }],
];

for (const [name, change] of swapped) {
  Deno.test(`an account that the server gives with ${name} does not open`, async () => {
    const opening = openAccount({ ...stateOfAlice, ...change }, { wrappingKey });
    await assert.rejects(opening, { name: "MailError", code: "bad_signature" });
  });
}
