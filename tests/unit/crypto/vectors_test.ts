/** What was sealed and signed by an earlier mailctl is still understood: mail and accounts are kept for years. */
import assert from "node:assert/strict";
import { pinOf } from "../../support/ring_server.ts";
import { createCipheriv, hkdfSync } from "node:crypto";
import type { Client } from "../../../src/client/connection/client.ts";
import type { KeyHistory } from "../../../src/client/correspondents/contacts.ts";
import { Keyring, type KeyringOptions } from "../../../src/client/correspondents/keyring.ts";
import { openPayload } from "../../../src/crypto/age/payload.ts";
import {
  decodeEnvelope,
  isUnsigned,
  signEnvelope,
  verifyEnvelope,
} from "../../../src/crypto/message/envelope.ts";
import {
  decodeSummary,
  encodeSummary,
  isUnsignedSummary,
  type Summary,
} from "../../../src/crypto/message/summary.ts";
import { accountFingerprint } from "../../../src/crypto/fingerprint.ts";
import {
  decodeUnsignedSummary,
  encodeUnsigned,
  encodeUnsignedSummary,
  openUnsigned,
  signImport,
} from "../../../src/crypto/message/unsigned.ts";
import {
  type KeyOwner,
  openSecretKeys,
  publishKeys,
  verifyPublishedKeys,
} from "../../../src/crypto/account/identity.ts";
import { MailboxKey, type SummaryOwner } from "../../../src/crypto/account/mailbox_key.ts";
import {
  deriveRecoveryKeys,
  openForRecovery,
  type RecoveryKeys,
} from "../../../src/crypto/account/recovery.ts";
import { formerKeys, type SuccessionStep } from "../../../src/crypto/account/succession.ts";
import type { PublicKeys, SecretKeys } from "../../../src/model/account.ts";
import { asAccountName, asAddress } from "../../../src/model/address.ts";
import { concatBytes, utf8 } from "../../../src/model/bytes.ts";
import { asAccountFingerprint, type WrappingKey } from "../../../src/model/digests.ts";
import type { Envelope, UnsignedEnvelope } from "../../../src/model/message.ts";
import type { PublishedKeys } from "../../../src/wire/layouts.ts";
import { openSealed } from "../../support/envelope.ts";
import { collect, cut } from "../../support/mime.ts";
import { readVector } from "../../vectors/vector.ts";

Deno.test("published keys are made and verified as they were recorded", async () => {
  const recorded = await readVector<{
    readonly address: string;
    readonly secretKeys: SecretKeys;
    readonly published: PublishedKeys;
    readonly fingerprint: Uint8Array;
  }>("published_keys");
  const [name = "", domain = ""] = recorded.address.split("@");
  assert.deepEqual(
    await publishKeys(recorded.secretKeys, asAddress(recorded.address)),
    recorded.published,
  );
  assert.equal(await verifyPublishedKeys(asAccountName(name), domain, recorded.published), true);
  assert.deepEqual(await accountFingerprint(recorded.published), recorded.fingerprint);
});

Deno.test("sealed secret keys open as they were recorded", async () => {
  const { wrappingKey, owner, signingKey, secretKeys, sealed } = await readVector<{
    readonly wrappingKey: WrappingKey;
    readonly owner: KeyOwner;
    readonly signingKey: Uint8Array;
    readonly secretKeys: SecretKeys;
    readonly sealed: Uint8Array;
  }>("secret_keys");
  const { signingSeed, identity, mailboxKey } = await openSecretKeys(
    wrappingKey,
    owner,
    signingKey,
    sealed,
  );
  assert.deepEqual({ signingSeed, identity, mailboxKey }, secretKeys);
});

Deno.test("an account whose keys changed opens, and is followed, as it was recorded", async () => {
  const { address, secretKeys, current, step, wrappingKey, owner, sealed, recovery, keyring } =
    await readVector<ChangedKeysVector>("changed_keys");
  const { signingKey } = current;
  assert.deepEqual(await openSecretKeys(wrappingKey, owner, signingKey, sealed), secretKeys);
  const { recoverySeed, wrappingKey: byCode } = await deriveRecoveryKeys(recovery.code);
  assert.deepEqual([recoverySeed, byCode], [recovery.recoverySeed, recovery.wrappingKey]);
  assert.deepEqual(await openForRecovery(byCode, owner, signingKey, recovery.sealed), secretKeys);
  const former = { fingerprint: await accountFingerprint(step), until: step.succeededAt };
  assert.deepEqual(await formerKeys(asAddress(address), current, [step]), [former]);
  const key = await MailboxKey.derive(secretKeys.mailboxKey, asAddress(address), [
    secretKeys.identity,
  ]);
  const { version, sealed: ring, line } = keyring;
  const kept = { isWhole: true, parts: [{ version, sealed: ring }], restoredAt: 0 };
  const opened = await Keyring.open(kept, offline(key));
  assert.deepEqual(pinOf(opened.find(asAddress("bob@example.org"))), {
    address: "bob@example.org",
    fingerprint: line.fingerprint,
    verified: false,
    since: 2_000,
    former: line.former,
  });
});

interface ChangedKeysVector {
  readonly address: string;
  readonly secretKeys: SecretKeys;
  readonly current: PublicKeys;
  readonly step: SuccessionStep;
  readonly wrappingKey: WrappingKey;
  readonly owner: KeyOwner;
  readonly sealed: Uint8Array;
  readonly recovery: RecoveryKeys & { readonly code: string; readonly sealed: Uint8Array };
  readonly keyring: {
    readonly version: number;
    readonly line: KeyHistory;
    readonly sealed: Uint8Array;
  };
}

Deno.test("an envelope is encoded, signed and opened as it was recorded", async () => {
  const recorded = await readVector<{
    readonly signingSeed: Uint8Array;
    readonly identity: string;
    readonly envelope: Envelope;
    readonly signed: Uint8Array;
    readonly sealed: Uint8Array;
  }>("envelope");
  assert.deepEqual(await signEnvelope(recorded.signingSeed, recorded.envelope), recorded.signed);
  const opened = await openSealed(recorded.identity, recorded.sealed);
  assert.deepEqual(opened, recorded.signed);
  assert.equal(await verifyEnvelope(opened), true);
  assert.deepEqual(decodeEnvelope(opened), recorded.envelope);
});

interface UnsignedVector {
  readonly envelope: UnsignedEnvelope;
  readonly signed: Uint8Array;
  readonly summary: Uint8Array;
}

Deno.test("envelopes that no author signed, and their summaries, are as they were recorded", async () => {
  const { signingSeed, imported, unsigned } = await readVector<{
    readonly signingSeed: Uint8Array;
    readonly imported: UnsignedVector;
    readonly unsigned: UnsignedVector;
  }>("unsigned_envelope");
  assert.deepEqual(await signImport(signingSeed, imported.envelope), imported.signed);
  assert.deepEqual(encodeUnsigned(unsigned.envelope), unsigned.signed);
  for (const { envelope, signed, summary } of [imported, unsigned]) {
    assert.equal(isUnsigned(signed), true);
    assert.deepEqual(await openUnsigned(signed), envelope);
    assert.equal(isUnsignedSummary(summary), true);
    const kept = decodeUnsignedSummary(summary);
    assert.deepEqual(encodeUnsignedSummary(kept), summary);
    assert.deepEqual([kept.origin, kept.subject], [envelope.origin, envelope.subject]);
  }
});

Deno.test("a body opens as it was recorded", async () => {
  const { fileKey, source, payload } = await readVector<
    Record<"fileKey" | "source" | "payload", Uint8Array>
  >("body");
  assert.deepEqual(await collect(openPayload(fileKey, cut(payload, 100))), source);
});

interface MailboxKeyVector {
  readonly mailboxKey: Uint8Array;
  readonly identity: string;
  readonly address: string;
  readonly summary: {
    readonly owner: SummaryOwner;
    readonly summary: Summary;
    readonly encoded: Uint8Array;
    readonly sealed: Uint8Array;
  };
  readonly keyring: {
    readonly version: number;
    readonly since: number;
    readonly contacts: readonly [address: string, fingerprint: Uint8Array][];
    readonly sealed: Uint8Array;
  };
  readonly tags: Readonly<Record<"value" | "key" | "content", Uint8Array>>;
}

const recorded = await readVector<MailboxKeyVector>("mailbox_key");
const key = await MailboxKey.derive(recorded.mailboxKey, asAddress(recorded.address), [
  recorded.identity,
]);

Deno.test("a summary opens as it was recorded", async () => {
  const { owner, summary, encoded, sealed } = recorded.summary;
  assert.deepEqual(await key.openSummary(owner, sealed), encoded);
  assert.deepEqual(encodeSummary(summary), encoded);
  assert.deepEqual(decodeSummary(encoded), summary);
});

Deno.test("a summary is sealed as WIRE.md 8.4 describes", () => {
  const { owner, encoded, sealed } = recorded.summary;
  const summaryKey = hkdfSync(
    "sha256",
    concatBytes([recorded.mailboxKey, utf8(recorded.identity)]),
    "",
    "mailctl summary v2",
    32,
  );
  const cipher = createCipheriv("aes-256-gcm", new Uint8Array(summaryKey), sealed.slice(0, 12));
  const id = new Uint8Array(8).with(7, owner.id);
  const box = new Uint8Array([0]);
  cipher.setAAD(concatBytes([
    text("mailctl summary: signature holds"),
    text(recorded.address),
    id,
    box,
    owner.envelopeDigest,
  ]));
  const ciphertext = cipher.update(encoded);
  cipher.final();
  const whole = concatBytes([sealed.slice(0, 12), ciphertext, cipher.getAuthTag()]);
  assert.deepEqual(whole, sealed);
});

function text(content: string): Uint8Array {
  const bytes = utf8(content);
  return concatBytes([new Uint8Array(4).with(3, bytes.length), bytes]);
}

/** For a keyring that is only opened. */
function offline(key: MailboxKey): KeyringOptions {
  const note = () => Promise.resolve();
  const own = { fingerprint: asAccountFingerprint(new Uint8Array(32)), earlier: null };
  return { client: {} as Client, own, key, seen: [], note, tell: () => {} };
}

Deno.test("a keyring opens as it was recorded", async () => {
  const { version, since, contacts, sealed } = recorded.keyring;
  const ring = await Keyring.open(
    { isWhole: true, parts: [{ version, sealed }], restoredAt: 0 },
    offline(key),
  );
  for (const [address, fingerprint] of contacts) {
    assert.deepEqual(pinOf(ring.find(asAddress(address))), {
      address,
      fingerprint,
      verified: false,
      since,
    });
  }
});

Deno.test("the tags of a send are the recorded ones", async () => {
  const { value, key: forKey, content } = recorded.tags;
  assert.deepEqual(await key.idempotencyKey("key", value), forKey);
  assert.deepEqual(await key.contentTag(value), content);
});
