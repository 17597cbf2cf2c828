/** Entries that no account signed as their author: what counts as imported or from outside, and what is `invalid`. WIRE 8.7 */
import assert from "node:assert/strict";
import { openEntry } from "../../../../src/client/reading/entry.ts";
import { sealFile } from "../../../../src/crypto/age/file.ts";
import { signEnvelope } from "../../../../src/crypto/message/envelope.ts";
import {
  encodeUnsigned,
  encodeUnsignedSummary,
  openUnsigned,
  signImport,
} from "../../../../src/crypto/message/unsigned.ts";
import { asAccountName, asAddress } from "../../../../src/model/address.ts";
import type { Bytes } from "../../../../src/model/bytes.ts";
import { asEnvelopeDigest, asPieceDigest } from "../../../../src/model/digests.ts";
import { MailError } from "../../../../src/model/errors.ts";
import type { Importer, Origin, UnsignedEnvelope } from "../../../../src/model/message.ts";
import type { WireEntry } from "../../../../src/wire/layouts.ts";
import { bareHeaders, digestOf, notNumbered, senderKeysOf } from "../../../support/envelope.ts";
import { makeOpenAccount } from "../../../support/open_account.ts";
import { emptyKeyring, sealedEntry } from "../../../support/sealed_entry.ts";

const [bob, mallory] = await Promise.all([makeOpenAccount("bob"), makeOpenAccount("mallory")]);

const ring = await emptyKeyring(bob.mailboxKey);

const imported: Origin = { kind: "import", importedAt: 2_000 };
const arrived: Origin = {
  kind: "smtp",
  account: null,
  sender: "bounce@elsewhere.example",
  host: "mx.elsewhere.example",
  address: "192.0.2.7",
  arrivedAt: 3_000,
};
const keysOf = ({ publicKeys: { signingKey, recipient } }: typeof bob) => ({
  signingKey,
  recipientDigest: digestOf(recipient),
});
const importer: Importer = { address: bob.address, box: "inbox", ...keysOf(bob) };

const message: UnsignedEnvelope = {
  ...bareHeaders,
  messageId: "1@elsewhere.example",
  date: 1_000,
  from: "alice@example.org",
  to: [bob.address],
  subject: "hello",
  fileKey: new Uint8Array(16).fill(7),
  bodyBytes: 3,
  bodyPieces: [asPieceDigest(new Uint8Array(32).fill(1))],
  encodedBytes: null,
  origin: imported,
  importer,
};
const unsigned: UnsignedEnvelope = { ...message, origin: arrived, importer: null };

const signed = (change: Partial<UnsignedEnvelope> = {}, signer = bob) =>
  signImport(signer.secretKeys.signingSeed, { ...message, ...change });

async function entryOf(signed: Bytes, routing: Partial<WireEntry> = {}): Promise<WireEntry> {
  const envelope = await sealFile(bob.publicKeys.recipient, signed);
  return sealedEntry(envelope, { from: asAccountName("bob"), ...routing });
}

const inSent = { importer: { ...importer, box: "sent" } } as const;
const good: readonly [string, Bytes, Partial<WireEntry>, outcome: string, from: string][] = [
  ["what the reader brought in is imported", await signed(), {}, "imported", bob.address],
  ["so is what it sent elsewhere", await signed(inSent), { box: "sent" }, "imported", bob.address],
  [
    "what came from outside is unsigned",
    encodeUnsigned(unsigned),
    { from: asAccountName("<>") },
    "unsigned",
    "mailer-daemon@example.org",
  ],
];

for (const [name, content, routing, outcome, from] of good) {
  Deno.test(`an entry that no author signed: ${name}, and from nobody whom it names`, async () => {
    const { message: found, body } = await openEntry(bob, ring, await entryOf(content, routing));
    assert.deepEqual([found.outcome, found.from, found.senderFingerprint], [outcome, from, null]);
    assert.deepEqual([found.headers?.from, found.headers?.subject], ["alice@example.org", "hello"]);
    assert.deepEqual(found.origin, outcome === "imported" ? imported : arrived);
    assert.equal(body?.bodyBytes, 3);
  });

  Deno.test(`its summary keeps which it was: ${name}`, async () => {
    const entry = await entryOf(content, routing);
    const { message: { headers, origin }, body } = await openEntry(bob, ring, entry);
    const kept = encodeUnsignedSummary({ ...headers!, ...body!, origin: origin! });
    const summary = await bob.mailboxKey.sealSummary(entry, kept);
    const listed = { ...entry, envelope: null, summary };
    const { message: found, body: again } = await openEntry(bob, ring, listed);
    assert.deepEqual([found.outcome, found.from, found.origin], [outcome, from, origin]);
    const { fileKey, bodyBytes, bodyPieces } = again!;
    assert.deepEqual({ fileKey, bodyBytes, bodyPieces }, {
      fileKey: message.fileKey,
      bodyBytes: message.bodyBytes,
      bodyPieces: message.bodyPieces,
    });
    const elsewhere = { ...listed, from: asAccountName("mallory") };
    assert.equal((await openEntry(bob, ring, elsewhere)).message.outcome, "invalid");
  });
}

const byMallory = { ...importer, ...keysOf(mallory) };
const likeAlice = await signEnvelope(bob.secretKeys.signingSeed, {
  ...message,
  notBefore: null,
  burn: false,
  ...senderKeysOf(bob.publicKeys),
  recipients: [{ address: bob.address, fingerprint: bob.fingerprint, number: 0 }],
  ...notNumbered,
});

const planted: readonly [string, Bytes, Partial<WireEntry>?][] = [
  ["an import that nobody signed", encodeUnsigned(message)],
  ["an import signed by another account", await signed({ importer: byMallory }, mallory)],
  ["an import signed by another under the own key", await signed({}, mallory)],
  ["an import without its signer", await signed({ importer: null })],
  [
    "an import for another account",
    await signed({ importer: { ...importer, address: asAddress("x@y") } }),
  ],
  ["an import for the other box", await signed(inSent)],
  ["an import moved to the other box", await signed(), { box: "sent" }],
  ["an import shown as an account's", await signed(), { from: asAccountName("alice") }],
  ["an import shown as the server's", await signed(), { from: asAccountName("<>") }],
  ["an import under another digest", await signed(), {
    envelopeDigest: asEnvelopeDigest(new Uint8Array(32)),
  }],
  ["unsigned mail shown as an account's", encodeUnsigned(unsigned), {
    from: asAccountName("alice"),
  }],
  ["unsigned mail shown as the reader's own", encodeUnsigned(unsigned)],
  ["unsigned mail in the sent box", encodeUnsigned(unsigned), {
    from: asAccountName("<>"),
    box: "sent",
  }],
  ["unsigned mail with a signature", await signed({ ...unsigned }), { from: asAccountName("<>") }],
  ["unsigned mail with a signer", encodeUnsigned({ ...unsigned, importer }), {
    from: asAccountName("<>"),
  }],
  ["an account's envelope as the server's", likeAlice, { from: asAccountName("<>") }],
];

for (const [name, content, routing] of planted) {
  Deno.test(`a server cannot plant ${name}`, async () => {
    const entry = await entryOf(content, routing);
    assert.equal((await openEntry(bob, ring, entry)).message.outcome, "invalid");
  });
}

Deno.test("an import signed with an earlier key holds as long as the account had that key", async () => {
  const now = await makeOpenAccount("bob");
  const earlier = (until: number) => [{
    identity: bob.secretKeys.identity,
    fingerprint: bob.fingerprint,
    until,
  }];
  const entry = await entryOf(await signed());
  for (const [until, outcome] of [[2_000, "imported"], [1_000 - 600_000, "invalid"]] as const) {
    const account = { ...now, share: { ...now.share, earlier: earlier(until) } };
    assert.equal((await openEntry(account, ring, entry)).message.outcome, outcome);
  }
});

Deno.test("a flipped byte anywhere in a signed import is refused", async () => {
  const whole = await signed();
  for (let at = 4; at < whole.length; at += 97) {
    const broken = whole.slice();
    broken[at]! ^= 1;
    await assert.rejects(openUnsigned(broken), MailError, String(at));
  }
});
