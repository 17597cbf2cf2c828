/** WIRE 6: the operations this client uses, and the structures they are made of. */

import {
  bool,
  bytes,
  list,
  optional,
  raw,
  structure,
  text,
  u16,
  u32,
  u64,
  word,
} from "./fields.mjs";

const nothing = structure({});

export const parameters = structure({
  salt: raw(16),
  memoryKiB: u32,
  passes: u16,
});
export const keys = structure({
  signingKey: raw(32),
  recipient: text,
  signature: raw(64),
});
export const box = word("inbox", "sent");

const account = structure({
  name: text,
  domain: text,
  parameters,
  keys,
  sealedKeys: bytes,
  maxMessageBytes: u64,
});

const entry = structure({
  id: u64,
  box,
  from: text,
  storedAt: u64,
  readAt: optional(u64),
  sealedBytes: u64,
  envelopeDigest: raw(32),
  summary: optional(bytes),
  envelope: optional(bytes),
  delivered: list(structure({ recipient: text, receipt: optional(bytes) })),
  heldUntil: optional(u64),
  cancelledAt: optional(u64),
  expiresAt: optional(u64),
  burn: bool,
  filing: structure({
    place: u64,
    modseq: u64,
    version: u32,
    aside: bool,
    sealed: optional(bytes),
  }),
});

const listRequest = structure({
  box,
  before: optional(u64),
  limit: u16,
  unread: bool,
  from: optional(text),
  since: optional(u64),
  aside: optional(bool),
});

const ringUpdate = structure({
  expectedVersion: u64,
  after: optional(raw(16)),
  version: u64,
  sealed: bytes,
});

const sendRequest = structure({
  idempotencyKey: raw(32),
  contentTag: raw(32),
  upload: optional(u64),
  body: optional(bytes),
  own: bytes,
  recipients: list(
    structure({ name: text, fingerprint: raw(32), envelope: bytes }),
  ),
  keyring: optional(ringUpdate),
});

/** WIRE 5.3 */
export const failure = structure({
  code: u16,
  message: text,
  hint: optional(text),
  retryAfterSeconds: optional(u32),
});

export const operations = {
  domain: { number: 17, request: nothing, reply: structure({ domain: text }) },
  passwordParameters: {
    number: 2,
    request: structure({ name: text }),
    reply: parameters,
  },
  login: {
    number: 4,
    request: structure({ name: text, key: raw(32), signature: raw(64) }),
    reply: account,
  },
  lookUp: {
    number: 5,
    request: structure({ names: list(text) }),
    reply: structure({
      found: list(optional(structure({ name: text, keys }))),
    }),
  },
  list: {
    number: 6,
    request: listRequest,
    reply: structure({
      total: u64,
      unread: u64,
      entries: list(entry),
      more: bool,
    }),
  },
  saveSummaries: {
    number: 7,
    request: structure({
      summaries: list(structure({ id: u64, summary: bytes })),
      keyring: optional(ringUpdate),
    }),
    reply: nothing,
  },
  fetch: {
    number: 9,
    request: structure({ id: u64 }),
    reply: structure({ entry }),
    down: true,
  },
  upload: { number: 10, request: nothing, reply: structure({ upload: u64 }) },
  send: {
    number: 11,
    request: sendRequest,
    reply: structure({ id: u64, repeated: bool }),
  },
  keyring: {
    number: 15,
    request: structure({ known: optional(raw(16)) }),
    reply: structure({
      isWhole: bool,
      parts: list(structure({ version: u64, sealed: bytes })),
      restoredAt: u64,
    }),
  },
};
