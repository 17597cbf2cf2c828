/** WIRE 8.1, 8.2, 8.5 and 8.9: envelopes, who signed them, and what a reader checks. */
import { isSigned, sha256, sign } from "./bytes.mjs";
import { fingerprintOf } from "./account.mjs";
import { openFile, sealFile } from "./age.mjs";
import {
  bool,
  bytes,
  choice,
  decode,
  encode,
  fixed,
  list,
  optional,
  struct,
  text,
  u64,
} from "./fields.mjs";
import { box } from "./structures.mjs";

export const ranges = list(struct({ first: u64, last: u64 }));
export const numbering = struct({
  since: u64,
  absent: list(struct({ first: u64, last: u64, expires: u64 })),
  heard: u64,
  lacks: ranges,
});
export const noNumbering = { since: 0, absent: [], heard: 0, lacks: [] };

export const common = struct({
  messageId: text,
  date: u64,
  from: text,
  to: list(text),
  cc: list(text),
  subject: text,
  inReplyTo: optional(text),
  references: list(text),
  attachments: list(struct({ name: text, type: text, size: u64 })),
  fileKey: fixed(16),
  bodyBytes: u64,
  bodyPieces: list(fixed(32)),
  encodedBytes: optional(u64),
});

const shared = struct({
  "...common": common,
  notBefore: optional(u64),
  burn: bool,
  senderSigningKey: fixed(32),
  senderRecipientDigest: fixed(32),
});

const ofSender = struct({
  "...shared": shared,
  bcc: list(text),
  recipients: list(struct({ address: text, fingerprint: fixed(32), number: u64 })),
  numbering,
});

const importer = struct({
  address: text,
  box,
  signingKey: fixed(32),
  recipientDigest: fixed(32),
});

/** 8.9: mail that its reader brought in, and mail that came by SMTP. */
export const origin = choice("origin", {
  0: struct({ importedAt: u64 }),
  1: struct({
    account: optional(text),
    sender: text,
    host: text,
    address: text,
    arrivedAt: u64,
  }),
});

const ofNobody = struct({
  "...common": common,
  bcc: list(text),
  "...origin": origin,
  importer: optional(importer),
});

const envelope = choice("form", { 1: ofSender, 2: ofNobody });
const signed = struct({ content: bytes, signature: fixed(64) });
const labels = { 1: "mailctl envelope v2\0", 2: "mailctl import v2\0" };
const messageId = /^[!-;=?-~]{1,998}$/;

/** Signs and seals an envelope for the reader of one copy: by its sender (8.2), or by who brings it in (8.9). */
export function sealEnvelope(value, signingSeed, recipient) {
  const content = encode(envelope, value);
  const signature = sign(signingSeed, labels[value.form], content);
  return sealFile(recipient, encode(signed, { content, signature }));
}

/** What all copies of a message have in common, as receipts name it (8.8). */
export function contentsOf(value) {
  return sha256("mailctl contents v2\0", encode(shared, value));
}

/**
 * Opens the envelope of an entry and makes the checks of 8.5 and 8.9, all but the keyring's.
 * @throws {Error} where one does not hold
 */
export function openEnvelope(who, entry) {
  check(sha256(entry.envelope).equals(entry.envelopeDigest), "another digest");
  const identities = [
    who.identity,
    ...who.earlier.map(({ identity }) => identity),
  ];
  const { content, signature } = decode(signed, openFile(identities, entry.envelope));
  const value = decode(envelope, content);
  checkIds(value);
  const signingKey = value.form === 1 ? value.senderSigningKey : value.importer?.signingKey;
  check(signingKey !== undefined, "this client opens no mail that came by SMTP");
  check(isSigned(signingKey, signature, labels[value.form], content), "not signed");
  return value.form === 1 ? checkedSender(who, entry, value) : checkedImport(who, entry, value);
}

function checkedSender(who, entry, value) {
  const sender = fingerprintOf(value.senderSigningKey, value.senderRecipientDigest);
  checkFrom(who, entry, value.from, sender);
  if (entry.box === "inbox") {
    const isForUs = ({ address, fingerprint }) =>
      address === who.address && isOwn(who, fingerprint);
    check(value.recipients.some(isForUs), "not for this reader");
  }
  return { ...value, sender, contents: contentsOf(value) };
}

/** The checks that a summary needs as well. */
export function checkFrom(who, entry, from, sender) {
  const domain = who.address.split("@")[1];
  check(from === `${entry.from}@${domain}`, "from another account");
  if (from === who.address) {
    check(isOwn(who, sender), "not by the reader's own keys");
  }
  if (entry.box === "sent") check(from === who.address, "sent by another");
}

function checkedImport(who, entry, value) {
  const { address, signingKey, recipientDigest, box: importedTo } = value.importer;
  check(value.origin === 0, "another origin than an import");
  check(address === who.address && entry.from === address.split("@")[0], "another's import");
  check(importedTo === entry.box, "imported to another box");
  check(isOwn(who, fingerprintOf(signingKey, recipientDigest)), "imported by other keys");
  return value;
}

function isOwn(who, fingerprint) {
  const own = [who.keys, ...who.earlier.filter(({ until }) => until > 0)];
  return own.some((keys) => keys.fingerprint.equals(fingerprint));
}

function checkIds({ messageId: own, inReplyTo, references }) {
  for (const id of [own, ...inReplyTo === null ? [] : [inReplyTo], ...references]) {
    check(messageId.test(id), "not a bare message id");
  }
}

export function check(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}
