/** The structures of WIRE 5.3, 6, 7 and 8 that travel in requests and replies. */
import {
  bool,
  bytes,
  fixed,
  list,
  optional,
  struct,
  text,
  u16,
  u32,
  u64,
  word,
} from "./fields.mjs";

/** WIRE 5.3 */
export const failure = struct({
  code: u16,
  message: text,
  hint: optional(text),
  retryAfterSeconds: optional(u32),
});

export const parameters = struct({
  salt: fixed(16),
  memoryKiB: u32,
  passes: u16,
});
export const keys = struct({
  signingKey: fixed(32),
  recipient: text,
  signature: fixed(64),
});
export const found = struct({ name: text, "...keys": keys });

export const account = struct({
  name: text,
  domain: text,
  parameters,
  keys,
  sealedKeys: bytes,
  maxMessageBytes: u64,
});

export const succession = struct({
  succeededAt: u64,
  signature: fixed(64),
  acceptance: fixed(64),
});
export const step = struct({
  signingKey: fixed(32),
  recipient: text,
  "...succession": succession,
});
export const line = struct({ keys, steps: list(step) });

export const box = word("inbox", "sent");

export const entryFiling = struct({
  place: u64,
  modseq: u64,
  version: u32,
  aside: bool,
  sealed: optional(bytes),
});

export const entry = struct({
  id: u64,
  box,
  from: text,
  storedAt: u64,
  readAt: optional(u64),
  sealedBytes: u64,
  envelopeDigest: fixed(32),
  summary: optional(bytes),
  envelope: optional(bytes),
  recipients: list(struct({ recipient: text, receipt: optional(bytes) })),
  heldUntil: optional(u64),
  cancelledAt: optional(u64),
  expiresAt: optional(u64),
  burn: bool,
  "...filing": entryFiling,
});

export const filed = struct({
  id: u64,
  box,
  storedAt: u64,
  readAt: optional(u64),
  sealedBytes: u64,
  envelopeDigest: fixed(32),
  "...filing": entryFiling,
});

export const moment = struct({ kind: word("at", "span"), ms: u64 });
export const deviceScope = word("mail", "send", "read");

export const deviceSecrets = struct({
  key: fixed(32),
  sealedKeys: bytes,
  wrappedKey: fixed(60),
});

export const device = struct({
  label: text,
  key: fixed(32),
  scope: deviceScope,
  senders: optional(list(text)),
  createdAt: u64,
  usedAt: optional(u64),
  expiresAt: optional(u64),
});

/** A part of a keyring (9.1), as **send**, **saveSummaries** and **replaceKeyring** put it there. */
export const ringPart = struct({
  expectedVersion: u64,
  after: optional(fixed(16)),
  version: u64,
  sealed: bytes,
});
