/** The envelope of a message: signed as it is, and opened by the one it was sealed to. WIRE 8.1 and 8.2. */
import assert from "node:assert/strict";
import {
  decodeEnvelope,
  signEnvelope,
  verifyEnvelope,
} from "../../../../src/crypto/message/envelope.ts";
import { sealFile } from "../../../../src/crypto/age/file.ts";
import { generateSecretKeys, publicKeysOf } from "../../../../src/crypto/account/identity.ts";
import { verify } from "../../../../src/crypto/signature.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { concatBytes, plain, utf8 } from "../../../../src/model/bytes.ts";
import { asAccountFingerprint, asPieceDigest } from "../../../../src/model/digests.ts";
import type { Envelope } from "../../../../src/model/message.ts";
import {
  bareHeaders,
  digestOf,
  emptyBody,
  openSealed,
  senderKeysOf,
} from "../../../support/envelope.ts";

const alice = generateSecretKeys();
const bob = generateSecretKeys();
const { signingKey, recipient } = await publicKeysOf(alice);
const toBob = (await publicKeysOf(bob)).recipient;

const envelope: Envelope = {
  messageId: "1@example.org",
  date: 1_767_323_045_000,
  from: "alice@example.org",
  to: ["bob@example.org"],
  cc: ["carol@example.org"],
  bcc: ["dave@example.org"],
  subject: "Grüße 😀",
  inReplyTo: "0@example.org",
  references: ["0@example.org"],
  attachments: [{ name: "ü.pdf", type: "application/pdf", size: 3 }],
  fileKey: new Uint8Array(16).fill(7),
  bodyBytes: 5,
  bodyPieces: [asPieceDigest(new Uint8Array(32).fill(1))],
  encodedBytes: null,
  notBefore: 1_767_400_000_000,
  burn: false,
  ...senderKeysOf({ signingKey, recipient }),
  recipients: [{
    address: asAddress("bob@example.org"),
    fingerprint: asAccountFingerprint(new Uint8Array(32).fill(2)),
    number: 7,
  }],
  since: 3,
  absent: [{ first: 5, last: 6, expires: 0 }],
  heard: 4,
  lacks: [{ first: 2, last: 2 }],
};
const signed = await signEnvelope(alice.signingSeed, envelope);
const sealed = await sealFile(toBob, signed);
/** The encoded envelope as it stands in `signed`: behind its length, before the signature. */
const encoded = signed.slice(4, -64);

Deno.test("an envelope is what it was after signing, sealing and opening", async () => {
  const opened = await openSealed(bob.identity, sealed);
  assert.deepEqual(opened, signed);
  assert.equal(await verifyEnvelope(opened), true);
  assert.deepEqual(decodeEnvelope(opened), envelope);
});

Deno.test("an envelope with nothing in it survives too", async () => {
  const bare: Envelope = {
    ...envelope,
    ...bareHeaders,
    ...emptyBody,
    notBefore: null,
    recipients: [],
  };
  const signed = await signEnvelope(alice.signingSeed, bare);
  assert.equal(await verifyEnvelope(signed), true);
  assert.deepEqual(decodeEnvelope(signed), bare);
});

Deno.test("an envelope begins with the byte of its kind, and no other opens", async () => {
  for (const kind of [0, 2, 3, 255]) {
    const other = signed.with(4, kind);
    assert.throws(() => decodeEnvelope(other), { code: "protocol" });
    await assert.rejects(async () => await verifyEnvelope(other), { code: "protocol" });
  }
  assert.equal(signed[4], 1);
});

Deno.test("the signature is over the label and the encoded envelope", async () => {
  const message = concatBytes([utf8("mailctl envelope v2\0"), encoded]);
  assert.equal(await verify(signingKey, signed.slice(-64), message), true);
  assert.equal(await verify(signingKey, signed.slice(-64), encoded), false);
});

const changes: readonly Partial<Envelope>[] = [
  { messageId: "2@example.org" },
  { date: 1_767_323_045_001 },
  { from: "mallory@example.org" },
  { to: ["bot@example.org"] },
  { to: [] },
  { cc: ["bob@example.org"] },
  { bcc: [] },
  { subject: "Gruße 😀" },
  { inReplyTo: null },
  { references: [] },
  { attachments: [{ name: "ü.exe", type: "application/pdf", size: 3 }] },
  { attachments: [{ name: "ü.pdf", type: "text/html", size: 3 }] },
  { attachments: [{ name: "ü.pdf", type: "application/pdf", size: 4 }] },
  { bodyBytes: 6 },
  { encodedBytes: 6 },
  { bodyPieces: [asPieceDigest(new Uint8Array(32).fill(9))] },
  { bodyPieces: [] },
  { senderRecipientDigest: digestOf(toBob) },
  { fileKey: new Uint8Array(16).fill(8) },
  { notBefore: 1_767_400_000_001 },
  { notBefore: null },
  {
    recipients: [{
      address: asAddress("bob@example.org"),
      fingerprint: asAccountFingerprint(new Uint8Array(32).fill(9)),
      number: 0,
    }],
  },
  {
    recipients: [{
      address: asAddress("eve@example.org"),
      fingerprint: asAccountFingerprint(new Uint8Array(32).fill(2)),
      number: 0,
    }],
  },
  { recipients: [] },
  { recipients: envelope.recipients.map((each) => ({ ...each, number: 8 })) },
  { since: 0 },
  { absent: [] },
  { absent: [{ first: 5, last: 6, expires: 1 }] },
  { heard: 5 },
  { lacks: [] },
  { burn: true },
];

for (const change of changes) {
  const [[field, value]] = Object.entries(change) as [[string, unknown]];
  Deno.test(`a signature does not hold for another envelope: ${field} ${JSON.stringify(value)}`, async () => {
    const other = await signEnvelope(alice.signingSeed, { ...envelope, ...change });
    const body = other.slice(0, -64);
    assert.equal(await verifyEnvelope(concatBytes([body, other.slice(-64)])), true);
    assert.equal(await verifyEnvelope(concatBytes([body, signed.slice(-64)])), false);
  });
}

Deno.test("an envelope that names another's key is not signed by it", async () => {
  const forged = await signEnvelope(bob.signingSeed, envelope);
  assert.equal(await verifyEnvelope(forged), false);
});

Deno.test("no byte of a signed envelope can be changed", async () => {
  for (let at = 0; at < signed.length; at++) {
    const changed = signed.with(at, signed[at]! ^ 1);
    const holds = await Promise.resolve().then(() => verifyEnvelope(changed)).catch((error) => {
      assert.equal(error.code, "protocol");
      return false;
    });
    assert.equal(holds, false, `byte ${at}`);
  }
});

Deno.test("an envelope that was cut, or goes on, is malformed", () => {
  for (const bytes of [signed.slice(0, -1), concatBytes([signed, utf8("x")]), new Uint8Array(0)]) {
    assert.throws(() => decodeEnvelope(bytes), { name: "MailError", code: "protocol" });
  }
});

const broken = {
  name: "MailError",
  code: "bad_signature",
  message: "Cannot decrypt data: it was changed, or is not for this key",
};

Deno.test("a sealed envelope opens for its reader alone", async () => {
  await assert.rejects(openSealed(alice.identity, sealed), broken);
  const twice = await sealFile(toBob, signed);
  assert.notDeepEqual(twice, sealed);
});

Deno.test("a sealed envelope does not open changed, cut or as garbage; all failures look the same", async () => {
  const step = 37;
  for (let at = 0; at < sealed.length; at += step) {
    const changed = plain(sealed.with(at, sealed[at]! ^ 1));
    await assert.rejects(openSealed(bob.identity, changed), broken, `byte ${at}`);
    await assert.rejects(openSealed(bob.identity, sealed.slice(0, at)), broken, `${at} bytes`);
  }
  const longer = concatBytes([sealed, new Uint8Array(1)]);
  await assert.rejects(openSealed(bob.identity, longer), broken);
});

const tooLarge: readonly [name: string, change: Partial<Envelope>][] = [
  ["subject", { subject: "x".repeat(2049) }],
  ["recipients", { recipients: Array(52).fill(envelope.recipients[0]) }],
  ["attachments", { attachments: Array(101).fill(envelope.attachments[0]) }],
  ["references", { references: Array(51).fill("0@example.org") }],
  ["all of it", {
    references: Array(50).fill("x".repeat(998)),
    bodyPieces: Array(600).fill(new Uint8Array(32)),
  }],
];

for (const [name, change] of tooLarge) {
  Deno.test(`an envelope over a limit is not signed: ${name}`, async () => {
    const signing = signEnvelope(alice.signingSeed, { ...envelope, ...change });
    await assert.rejects(signing, { name: "MailError", code: "too_large" });
  });
}
