/** A receipt is over one message, one sender, one reader and one time: change any, and it no longer holds. */
import assert from "node:assert/strict";
import { digestContents } from "../../../../src/crypto/message/envelope.ts";
import {
  decodeReceipt,
  type ReadMessage,
  type Receipt,
  signReceipt,
  verifyReceipt,
} from "../../../../src/crypto/message/receipt.ts";
import { signingKeyOf } from "../../../../src/crypto/signature.ts";
import { asAddress } from "../../../../src/model/address.ts";
import {
  asAccountFingerprint,
  asContentsDigest,
  asPieceDigest,
} from "../../../../src/model/digests.ts";
import { limits } from "../../../../src/model/limits.ts";
import type { Envelope, Numbering } from "../../../../src/model/message.ts";
import { digestOf } from "../../../support/envelope.ts";
import { readVector } from "../../../vectors/vector.ts";

interface ReceiptVector {
  readonly envelope: Envelope;
  readonly signingSeed: Uint8Array;
  readonly fingerprint: Uint8Array;
  readonly read: ReadMessage;
  readonly readAt: number;
  readonly encoded: Uint8Array;
}

const recorded = await readVector<ReceiptVector>("receipt");
const { envelope, read, encoded, signingSeed, fingerprint, readAt } = recorded;
const signingKey = await signingKeyOf(signingSeed);
const receipt = decodeReceipt(encoded);

Deno.test("a receipt is signed and verified as it was recorded", async () => {
  assert.deepEqual(
    await signReceipt(
      { signingSeed, fingerprint: asAccountFingerprint(fingerprint) },
      read,
      readAt,
    ),
    encoded,
  );
  assert.deepEqual([receipt.readAt, receipt.fingerprint], [readAt, fingerprint]);
  assert.ok(await verifyReceipt(signingKey, read, receipt));
  assert.ok(encoded.length <= limits.maxReceiptBytes);
});

const others: Readonly<Record<string, Partial<ReadMessage & Receipt>>> = {
  "another message id": { messageId: "2@example.org" },
  "other contents": { contents: asContentsDigest(new Uint8Array(32)) },
  "another sender": { sender: asAddress("eve@example.org") },
  "another reader": { reader: asAddress("carol@example.org") },
  "sender and reader changed about": { sender: read.reader, reader: read.sender },
  "another time": { readAt: readAt + 1 },
  "other keys": { fingerprint: asAccountFingerprint(new Uint8Array(32)) },
  "another signature": { signature: new Uint8Array(64) },
};

for (const [name, change] of Object.entries(others)) {
  Deno.test(`a receipt does not hold for ${name}`, async () => {
    assert.ok(!await verifyReceipt(signingKey, { ...read, ...change }, { ...receipt, ...change }));
  });
}

Deno.test("a receipt does not hold by another key", async () => {
  assert.ok(!await verifyReceipt(await signingKeyOf(new Uint8Array(32)), read, receipt));
});

Deno.test("contents are the same in every copy, and others where anything else differs", async () => {
  assert.deepEqual(await digestContents(envelope), read.contents);
  const blind = { bcc: ["eve@example.org"], recipients: [] };
  assert.deepEqual(await digestContents({ ...envelope, ...blind }), read.contents);
  const changes: Omit<Envelope, "bcc" | "recipients" | keyof Numbering> = {
    messageId: "2@example.org",
    date: 1,
    from: "eve@example.org",
    to: [],
    cc: [],
    subject: "",
    inReplyTo: null,
    references: [],
    attachments: [],
    bodyBytes: 6,
    bodyPieces: [asPieceDigest(new Uint8Array(32))],
    encodedBytes: 7,
    senderSigningKey: new Uint8Array(32),
    senderRecipientDigest: digestOf("age1pq1"),
    fileKey: new Uint8Array(16).fill(9),
    notBefore: 1,
    burn: true,
  };
  for (const [name, value] of Object.entries(changes)) {
    assert.notDeepEqual(await digestContents({ ...envelope, [name]: value }), read.contents, name);
  }
});
