/**
 * Records the vectors beside this file, those that are missing, and missing failures and operations in theirs; with names
 * as arguments also these anew.
 * deno run -A tests/vectors/make.ts [name...]
 */
import { derivePasswordKeys } from "../../src/crypto/account/password.ts";
import { sealFile } from "../../src/crypto/age/file.ts";
import { sealPayload } from "../../src/crypto/age/payload.ts";
import { digestContents, signEnvelope } from "../../src/crypto/message/envelope.ts";
import { encodeSummary } from "../../src/crypto/message/summary.ts";
import { encodeUnsignedSummary, encodeUnsigned, signImport } from "../../src/crypto/message/unsigned.ts";
import { sealForDevice, wrapDeviceKey } from "../../src/crypto/account/device.ts";
import { proveLogin, proveRecovery } from "../../src/crypto/account/login_proof.ts";
import { deviceScopes } from "../../src/model/device.ts";
import { accountFingerprint, digestRecipient } from "../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publishKeys, sealSecretKeys } from "../../src/crypto/account/identity.ts";
import { deriveRecoveryKeys, makeRecoveryCode, sealForRecovery } from "../../src/crypto/account/recovery.ts";
import { signReceipt } from "../../src/crypto/message/receipt.ts";
import { signSuccession } from "../../src/crypto/account/succession.ts";
import { MailboxKey } from "../../src/crypto/account/mailbox_key.ts";
import type { KeyHistory } from "../../src/client/correspondents/contacts.ts";
import { addMissing } from "../../src/client/correspondents/contacts.ts";
import { Keyring } from "../../src/client/correspondents/keyring.ts";
import type { Client } from "../../src/client/connection/client.ts";
import { type FailureCode, failures, MailError } from "../../src/model/errors.ts";
import { passwordFloor } from "../../src/model/account.ts";
import { type Address, asAddress } from "../../src/model/address.ts";
import { type Bytes, concatBytes, utf8 } from "../../src/model/bytes.ts";
import { type AccountFingerprint, asAccountFingerprint, asDeviceKey, asLoginKey, asLoginSeed, asRecoverySeed, asTranscript, asEnvelopeDigest, asPieceDigest, asReceiptDigest, asWrappingKey } from "../../src/model/digests.ts";
import type { UnsignedEnvelope, Origin } from "../../src/model/message.ts";
import { encodeError } from "../../src/session/state.ts";
import { type Codec, encode } from "../../src/wire/fields.ts";
import { encodeFrame, type FrameKind, frameKind } from "../../src/wire/frame.ts";
import { operations } from "../../src/wire/operations.ts";
import { randomValue } from "../fuzz/random_value.ts";
import { seeded } from "../support/mime.ts";
import { firstFrames, makeSession, replayServer } from "./session_scenario.ts";
import { readVector, writeVector } from "./vector.ts";

const address = asAddress("zoë@example.org");
const signingSeed = new Uint8Array(32).map((_, at) => at);
const mailboxKey = new Uint8Array(32).fill(0x6d);
const secretKeys = { ...generateSecretKeys(), signingSeed, mailboxKey };
const published = await publishKeys(secretKeys, address);
const fingerprint = await accountFingerprint(published);
const parameters = { salt: new Uint8Array(16).fill(0x73), ...passwordFloor };

const headers = {
  messageId: "1@example.org",
  date: 1_767_323_045_000,
  from: address,
  to: ["bob@example.org"],
  cc: ["carol@example.org"],
  bcc: [],
  subject: "Grüße 😀",
  inReplyTo: "0@example.org",
  references: ["0@example.org"],
  attachments: [{ name: "ü.pdf", type: "application/pdf", size: 3 }],
};
const body = {
  fileKey: new Uint8Array(16).fill(0x66),
  bodyBytes: 5,
  bodyPieces: [asPieceDigest(new Uint8Array(32).fill(0x70))],
  encodedBytes: 6,
};
const envelope = {
  ...headers,
  ...body,
  notBefore: 1_767_400_000_000,
  burn: false,
  senderSigningKey: published.signingKey,
  senderRecipientDigest: await digestRecipient(published.recipient),
  recipients: [{
    address: asAddress("bob@example.org"),
    fingerprint: asAccountFingerprint(new Uint8Array(32).fill(0x62)),
    number: 7,
  }],
  since: 3,
  absent: [{ first: 5, last: 6, expires: 1_767_500_000_000 }],
  heard: 4,
  lacks: [{ first: 2, last: 2 }],
};

const scenarios: Record<string, () => Promise<unknown>> = {
  failures: pinnedFailures,
  frames: () => Promise.resolve(pinnedFrames()),
  operations: pinnedOperations,
  "error_reply": () => {
    const hint = "Wait a little.";
    const error = new MailError("try_later", "Cannot do that now", { hint, retryAfterSeconds: 7 });
    const { code, message, retryAfterSeconds } = error;
    return Promise.resolve({ code, message, hint, retryAfterSeconds, encoded: encodeError(error) });
  },
  session: async () => {
    const session = await makeSession();
    const keys = await (await replayServer(session)).finish(session.exchange, session.rsaSecret);
    return { ...session, transcript: keys.transcript, frames: await firstFrames(keys) };
  },
  password: async () => {
    const password = "correct horse Grüße";
    return { password, parameters, ...await derivePasswordKeys(password, parameters) };
  },
  "published_keys": () => Promise.resolve({ address, secretKeys, published, fingerprint }),
  "secret_keys": async () => {
    const wrappingKey = asWrappingKey(new Uint8Array(32)).fill(0x77);
    const owner = { address, parameters, fingerprint };
    const sealed = await sealSecretKeys(wrappingKey, owner, secretKeys);
    return { wrappingKey, owner, signingKey: published.signingKey, secretKeys, sealed };
  },
  "login_proof": recordLoginProof,
  device: recordDevice,
  "changed_keys": recordChangedKeys,
  envelope: async () => {
    const signed = await signEnvelope(signingSeed, envelope);
    const sealed = await sealFile(published.recipient, signed);
    return { signingSeed, identity: secretKeys.identity, envelope, signed, sealed };
  },
  "unsigned_envelope": recordUnsignedEnvelopes,
  "mailbox_key": recordMailboxKey,
  receipt: recordReceipt,
  body: async () => {
    const source = utf8("Subject: x\r\n\r\nHello\r\n");
    const payload = concatBytes(await Array.fromAsync(sealPayload(body.fileKey, ReadableStream.from([source]))));
    return { fileKey: body.fileKey, source, payload };
  },
};

/** Signatures of a password and of a recovery code over a session. */
async function recordLoginProof() {
  const transcript = asTranscript(new Uint8Array(32).fill(0x74));
  const [loginSeed, recoverySeed] = [asLoginSeed(signingSeed), asRecoverySeed(mailboxKey)];
  const presence = { transcript, address };
  return {
    transcript,
    address,
    login: { loginSeed, ...await proveLogin(loginSeed, presence) },
    recovery: { recoverySeed, ...await proveRecovery(recoverySeed, presence) },
  };
}

/** What devices of each scope have of the same keys, and the device key under a password. */
async function recordDevice() {
  const deviceKey = asDeviceKey(new Uint8Array(32).fill(0x64));
  const wrappingKey = asWrappingKey(new Uint8Array(32).fill(0x77));
  const key = asLoginKey(published.signingKey);
  const sealed = await Promise.all(deviceScopes.map(async (scope) => {
    const owner = { address, scope, fingerprint };
    return { scope, sealed: await sealForDevice(deviceKey, owner, secretKeys) };
  }));
  const owner = { address, scope: "send", fingerprint } as const;
  const wrapped = await wrapDeviceKey(wrappingKey, { ...owner, key }, deviceKey);
  const { signingKey } = published;
  return { deviceKey, wrappingKey, key, owner, signingKey, secretKeys, sealed, wrapped };
}

/** Both kinds of envelope that no author signed, with their summaries. */
async function recordUnsignedEnvelopes() {
  const { senderSigningKey: signingKey, senderRecipientDigest: recipientDigest } = envelope;
  const importer = { address, box: "inbox", signingKey, recipientDigest } as const;
  const unsigned = { ...headers, from: "Al@x.example", ...body };
  const byOwner: UnsignedEnvelope = {
    ...unsigned,
    origin: { kind: "import", importedAt: 1_767_323_045_001 },
    importer,
  };
  const bySmtp: UnsignedEnvelope = {
    ...unsigned,
    origin: {
      kind: "smtp",
      account: asAddress("printer@example.org"),
      sender: "al@x.example",
      host: "mx.x.example",
      address: "2001:db8::1",
      arrivedAt: 1_767_323_045_002,
    },
    importer: null,
  };
  const summary = (origin: Origin) => ({ ...unsigned, origin });
  return {
    signingSeed,
    imported: {
      envelope: byOwner,
      signed: (await signImport(signingSeed, byOwner)).slice(),
      summary: encodeUnsignedSummary(summary(byOwner.origin)).slice(),
    },
    unsigned: {
      envelope: bySmtp,
      signed: encodeUnsigned(bySmtp).slice(),
      summary: encodeUnsignedSummary(summary(bySmtp.origin)).slice(),
    },
  };
}

/** An account whose keys changed: sealed under a password and under a recovery code, and known to a correspondent. */
async function recordChangedKeys() {
  const until = 1_800_000_000_000;
  const earlier = [{ identity: secretKeys.identity, fingerprint, until }];
  const changed = { ...generateSecretKeys(), mailboxKey, earlier };
  const { signature: _, ...current } = await publishKeys(changed, address);
  const later = await accountFingerprint(current);
  const succession = await signSuccession(
    address,
    { signingSeed, fingerprint },
    { signingSeed: changed.signingSeed, fingerprint: later },
    until,
  );
  const wrappingKey = asWrappingKey(new Uint8Array(32)).fill(0x77);
  const owner = { address, parameters, fingerprint: later };
  const code = await makeRecoveryCode();
  const recovery = await deriveRecoveryKeys(code);
  const { signingKey, recipient } = published;
  const step = { signingKey, recipient, ...succession };
  const key = await MailboxKey.derive(mailboxKey, address, [secretKeys.identity]);
  const contacts = new Map([[asAddress("bob@example.org"), asAccountFingerprint(new Uint8Array(32).fill(0x62))]]);
  const line = {
    fingerprint: asAccountFingerprint(new Uint8Array(32).fill(0x63)),
    former: [{ fingerprint: asAccountFingerprint(new Uint8Array(32).fill(0x62)), until }],
  };
  return {
    address,
    secretKeys: changed,
    current,
    step,
    wrappingKey,
    owner,
    sealed: await sealSecretKeys(wrappingKey, owner, changed),
    recovery: { code, ...recovery, sealed: await sealForRecovery(recovery.wrappingKey, owner, changed) },
    keyring: { version: 2, line, sealed: await ring(key, contacts, line) },
  };
}

async function recordMailboxKey() {
  const key = await MailboxKey.derive(mailboxKey, address, [secretKeys.identity]);
  const owner = { id: 42, box: "inbox", envelopeDigest: asEnvelopeDigest(new Uint8Array(32).fill(0x64)) } as const;
  const contents = await digestContents(envelope);
  const receipts = [asReceiptDigest(new Uint8Array(32).fill(0x72))];
  const { burn, since, absent, heard, lacks } = envelope;
  const numbers = [{ address: asAddress("bob@example.org"), number: 7 }];
  const numbering = { numbers, since, absent, heard, lacks };
  const signer = { senderFingerprint: fingerprint, contents, receipts };
  const summary = { ...headers, ...body, notBefore: null, burn, ...numbering, ...signer };
  const encoded = encodeSummary(summary).slice();
  const contacts = new Map([[asAddress("bob@example.org"), asAccountFingerprint(new Uint8Array(32).fill(0x62))]]);
  return {
    mailboxKey,
    identity: secretKeys.identity,
    address,
    summary: { owner, summary, encoded, sealed: await key.sealSummary(owner, encoded) },
    keyring: {
      version: 1,
      since: 1_000,
      contacts: [...contacts],
      sealed: await ring(key, contacts),
    },
    tags: {
      value: utf8("k"),
      key: await key.idempotencyKey("key", utf8("k")),
      content: await key.contentTag(utf8("k")),
      import: await key.idempotencyKey("import", utf8("k")),
    },
  };
}

async function recordReceipt() {
  const contents = await digestContents(envelope);
  const sender = envelope.from;
  const read = { messageId: envelope.messageId, contents, sender, reader: asAddress("bob@example.org") };
  const [readAt, seed] = [1_800_000_000_000, new Uint8Array(32).fill(0x62)];
  const encoded = await signReceipt({ signingSeed: seed, fingerprint }, read, readAt);
  return { envelope, signingSeed: seed, fingerprint, read, readAt, encoded };
}

/** What a keyring of these contacts sends to the server, from nothing. */
async function ring(
  key: MailboxKey,
  contacts: ReadonlyMap<Address, AccountFingerprint>,
  line?: KeyHistory,
): Promise<Bytes> {
  let sent: Bytes | null = null;
  const call = (_name: string, { sealed }: { sealed: Bytes }) => {
    sent = sealed;
    return Promise.resolve({});
  };
  const client = { call, change: call } as unknown as Client;
  const note = () => Promise.resolve();
  const own = { fingerprint, earlier: [] };
  const options = { client, own, key, seen: [], note, tell: () => {} };
  const keyring = await Keyring.open({ isWhole: true, parts: [], restoredAt: 0 }, options);
  await keyring.change((ring) => addMissing(ring, [...contacts], 1_000));
  const lines = [...contacts.keys()].flatMap((address) => line ? [[address, line] as const] : []);
  await keyring.followKeyChanges(new Map(lines), 2_000);
  return sent!;
}

async function pinnedFailures() {
  const codes = Object.keys(failures) as FailureCode[];
  const now = Object.fromEntries(codes.map((code) => [code, failures[code].wire]));
  return isAnew("failures") ? now : { ...now, ...await recordedVector("failures", now) };
}

function pinnedFrames() {
  const kinds = Object.keys(frameKind) as FrameKind[];
  return kinds.map((kind) => {
    const frame = encodeFrame({ kind, payload: utf8("ab") });
    return { kind, number: frameKind[kind], frame };
  });
}

async function pinnedOperations() {
  const recorded = isAnew("operations") ? [] : await recordedVector<{ name: string }[]>("operations", []);
  const added = Object.entries(operations).filter(([name]) => !recorded.some((row) => row.name === name));
  const rows = added.map(([name, { number, callers, stream, repeat, request, reply }]) => ({
    name,
    number,
    callers,
    stream,
    repeat,
    request: sample(request, number),
    reply: sample(reply, number + 100),
  }));
  return [...recorded, ...rows];
}

function sample(codec: Codec<unknown>, seed: number) {
  const value = randomValue(codec, seeded(seed));
  return { value, encoded: encode(codec, value).slice() };
}

/** What is recorded; `none` where nothing is. */
async function recordedVector<T>(name: string, none: T): Promise<T> {
  return await readVector<T>(name).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return none;
    throw error;
  });
}

function isAnew(name: string): boolean {
  return Deno.args.includes(name);
}

for (const [name, make] of Object.entries(scenarios)) {
  const grows = name === "failures" || name === "operations";
  const written = await writeVector(name, await make(), grows || isAnew(name));
  Deno.stdout.writeSync(utf8(`${written ? "recorded" : "kept"} ${name}\n`));
}
