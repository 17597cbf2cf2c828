/** One entry of a mailbox: shown as signed only if everything of WIRE 8.5 holds. Each case breaks one thing. */
import assert from "node:assert/strict";
import { pinIn } from "../../../support/ring_server.ts";
import type { OwnAccount } from "../../../../src/client/account.ts";
import { openEntry } from "../../../../src/client/reading/entry.ts";
import type { Keyring } from "../../../../src/client/correspondents/keyring.ts";
import { sealFile } from "../../../../src/crypto/age/file.ts";
import { signEnvelope } from "../../../../src/crypto/message/envelope.ts";
import { type Address, asAccountName } from "../../../../src/model/address.ts";
import { type AccountFingerprint, asEnvelopeDigest } from "../../../../src/model/digests.ts";
import type { Envelope } from "../../../../src/model/message.ts";
import type { WireEntry } from "../../../../src/wire/layouts.ts";
import { digestOf, envelopeBetween, senderKeysOf } from "../../../support/envelope.ts";
import { makeOpenAccount } from "../../../support/open_account.ts";
import { emptyKeyring, sealedEntry } from "../../../support/sealed_entry.ts";

const [alice, bob, mallory] = await Promise.all(
  ["alice", "bob", "mallory"].map(makeOpenAccount),
) as [
  OwnAccount,
  OwnAccount,
  OwnAccount,
];

/** Bob's ring, with Alice's key as it is, or as somebody else's. */
async function ringWith(
  ...pins: [address: Address, fingerprint: AccountFingerprint][]
): Promise<Keyring> {
  const ring = await emptyKeyring(bob.mailboxKey);
  await pinIn(ring, new Map(pins), 1);
  return ring;
}

const pinned = await ringWith([alice.address, alice.fingerprint]);

const honest = envelopeBetween(alice, bob);

/** What the server gives Bob of a message, with something in it changed by the signer or by the server. */
async function entryOf(
  envelope: Partial<Envelope> = {},
  routing: Partial<WireEntry> = {},
  signer = alice,
): Promise<WireEntry> {
  const signed = await signEnvelope(signer.secretKeys.signingSeed, { ...honest, ...envelope });
  return sealedEntry(await sealFile(bob.publicKeys.recipient, signed), routing);
}

const byMallory = senderKeysOf(mallory.publicKeys);
const byBob = { from: bob.address, ...senderKeysOf(bob.publicKeys) };
const alicesRecipient = digestOf(alice.publicKeys.recipient);

Deno.test("an entry that agrees with itself is signed by the key that is pinned", async () => {
  const entry = await entryOf();
  const { message, body } = await openEntry(bob, pinned, entry);
  assert.equal(message.outcome, "signed");
  assert.equal(message.from, alice.address);
  assert.equal(message.headers?.subject, "hello");
  assert.deepEqual([body?.bodyBytes, message.origin], [0, null]);
  assert.deepEqual(message.senderFingerprint, alice.fingerprint);
});

const judged: readonly [name: string, ring: Keyring, outcome: string][] = [
  ["a stranger's key is unknown", await ringWith(), "unknown"],
  [
    "another key than the pinned one is changed",
    await ringWith([alice.address, bob.fingerprint]),
    "changed",
  ],
];

for (const [name, ring, outcome] of judged) {
  Deno.test(`the keyring says what a signature is worth: ${name}`, async () => {
    const entry = await entryOf();
    assert.equal((await openEntry(bob, ring, entry)).message.outcome, outcome);
  });
}

Deno.test("own mail in the sent box is verified, with deliveries under whole addresses", async () => {
  const entry = await entryOf({ ...byBob, to: ["alice@example.org"], recipients: [] }, {
    box: "sent",
    from: asAccountName("bob"),
    deliveries: [{ recipient: asAccountName("alice"), receipt: new Uint8Array([1]) }],
  }, bob);
  const { message } = await openEntry(bob, pinned, entry);
  assert.equal(message.outcome, "verified");
  assert.deepEqual(message.deliveries, [{
    recipient: "alice@example.org",
    readAt: null,
    receipt: null,
    bounced: null,
    unsent: null,
    received: false,
  }]);
});

const burning = { burn: true } as const;
const burns: readonly [name: string, burn: boolean, ...Parameters<typeof entryOf>][] = [
  ["neither says so", false, {}, {}],
  ["its sender says so", true, burning, {}],
  ["its server says so", true, {}, burning],
  ["both say so", true, burning, burning],
];

for (const [name, burn, ...told] of burns) {
  Deno.test(`a message ${burn ? "burns" : "does not burn"} where ${name}`, async () => {
    const { message } = await openEntry(bob, pinned, await entryOf(...told));
    assert.deepEqual([message.burn, message.outcome], [burn, "signed"]);
  });
}

const times: readonly [string | null, Partial<WireEntry>][] = [
  ["held", { heldUntil: 9 }],
  ["cancelled", { cancelledAt: 9 }],
  [null, {}],
];

for (const [unsent, routing] of times) {
  Deno.test(`each recipient of sent mail is told as ${unsent ?? "having it"}`, async () => {
    const deliveries = [{ recipient: asAccountName("alice"), receipt: null }];
    const sent = { box: "sent", from: asAccountName("bob"), deliveries, ...routing } as const;
    const { message } = await openEntry(bob, pinned, await entryOf(byBob, sent, bob));
    assert.deepEqual(message.deliveries.map((one) => one.unsent), [unsent]);
  });
}

function deliveredTo(...recipients: string[]): WireEntry["deliveries"] {
  return recipients.map((recipient) => ({ recipient: asAccountName(recipient), receipt: null }));
}

type Broken = Parameters<typeof entryOf>;
const wrongDigest = { envelopeDigest: asEnvelopeDigest(new Uint8Array(32)) };
const toBobUnderOtherKey = [{ address: bob.address, fingerprint: alice.fingerprint, number: 0 }];
const toMallory = [{ address: mallory.address, fingerprint: mallory.fingerprint, number: 0 }];
const toBob = honest.recipients;

const contradictions: readonly [name: string, ...Broken][] = [
  ["the server took it from another account", {}, { from: asAccountName("mallory") }],
  ["the sender signed another's address", { from: mallory.address }, {}],
  ["the sender signed an address of another domain", { from: "alice@elsewhere.org" }, {}],
  ["the account's name has the domain in it", {}, { from: asAccountName("alice@example.org") }],
  ["it was signed by another than the key it names", {}, {}, mallory],
  ["its digest is not of this envelope", {}, wrongDigest],
  ["the reader is not among the recipients", { recipients: toMallory }, {}],
  ["it has no recipients", { recipients: [] }, {}],
  ["the reader stands there with another key", { recipients: toBobUnderOtherKey }, {}],
  ["another's mail lies in the sent box", {}, { box: "sent" }],
  ["own mail was signed by another key", { ...byMallory, from: bob.address, recipients: toBob }, {
    box: "sent",
    from: asAccountName("bob"),
  }, mallory],
  ["mail to oneself was signed by another key", { ...byMallory, from: bob.address }, {
    from: asAccountName("bob"),
  }, mallory],
  [
    "the server delivered own mail to somebody it was not addressed to",
    {
      ...byBob,
      to: ["alice@example.org"],
      cc: [],
      bcc: [],
    },
    { box: "sent", from: asAccountName("bob"), deliveries: deliveredTo("alice", "mallory") },
    bob,
  ],
  [
    "the server delivered own mail to somebody else instead",
    {
      ...byBob,
      to: ["alice@example.org"],
      cc: [],
      bcc: [],
    },
    { box: "sent", from: asAccountName("bob"), deliveries: deliveredTo("mallory") },
    bob,
  ],
  ["own mail names another age key", { ...byBob, senderRecipientDigest: alicesRecipient }, {
    box: "sent",
    from: asAccountName("bob"),
  }, bob],
];

for (const [name, ...broken] of contradictions) {
  Deno.test(`an entry is invalid where ${name}`, async () => {
    const entry = await entryOf(...broken);
    assert.equal((await openEntry(bob, pinned, entry)).message.outcome, "invalid");
  });
}
