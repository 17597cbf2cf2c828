/** WIRE 6: the operations that this client uses, with their number, request, reply and stream. */
import {
  bool,
  bytes,
  fixed,
  list,
  nothingAtAll,
  optional,
  struct,
  text,
  u16,
  u32,
  u64,
  word,
} from "./fields.mjs";
import {
  account,
  box,
  device,
  deviceScope,
  deviceSecrets,
  entry,
  filed,
  found,
  keys,
  line,
  moment,
  parameters,
  ringPart,
} from "./structures.mjs";

const request = fixed(16);
const idempotencyKey = fixed(32);
const names = list(text);
const ids = list(u64);
const idAndRepeated = struct({ id: u64, repeated: bool });
const page = struct({ entries: list(entry), more: bool });
const changes = struct({
  modseq: u64,
  newest: u64,
  reset: bool,
  entries: list(filed),
  gone: ids,
  more: bool,
  folders: u64,
});
const letter = { upload: optional(u64), body: optional(bytes) };

export const operations = {
  passwordParameters: [2, struct({ name: text }), parameters],
  register: [
    3,
    struct({
      request,
      name: text,
      parameters,
      loginKey: fixed(32),
      keys,
      sealedKeys: bytes,
      loginSignature: fixed(64),
    }),
    account,
  ],
  login: [
    4,
    struct({ name: text, key: fixed(32), signature: fixed(64) }),
    account,
  ],
  lookUp: [5, struct({ names }), struct({ found: list(optional(found)) })],
  list: [
    6,
    struct({
      box,
      before: optional(u64),
      limit: u16,
      unread: bool,
      from: optional(text),
      since: optional(moment),
      aside: optional(bool),
    }),
    struct({ total: u64, unread: u64, "...page": page }),
  ],
  saveSummaries: [
    7,
    struct({
      summaries: list(struct({ id: u64, summary: bytes })),
      keyring: optional(ringPart),
    }),
    nothingAtAll,
  ],
  look: [8, struct({ ids }), struct({ entries: list(entry) })],
  fetch: [9, struct({ id: u64 }), entry, "down"],
  upload: [10, nothingAtAll, struct({ upload: u64 }), "up"],
  send: [
    11,
    struct({
      idempotencyKey,
      contentTag: fixed(32),
      ...letter,
      own: bytes,
      readers: list(struct({ name: text, fingerprint: fixed(32), envelope: bytes })),
      keyring: optional(ringPart),
    }),
    idAndRepeated,
  ],
  findSend: [12, struct({ idempotencyKey }), struct({ id: optional(u64) })],
  markRead: [
    13,
    struct({ read: list(struct({ id: u64, receipt: optional(bytes) })) }),
    nothingAtAll,
  ],
  delete: [
    14,
    struct({ request, ids, versions: optional(list(u32)) }),
    struct({ ids }),
  ],
  keyring: [
    15,
    struct({ known: optional(fixed(16)) }),
    struct({
      isWhole: bool,
      parts: list(struct({ version: u64, sealed: bytes })),
      restoredAt: u64,
    }),
  ],
  replaceKeyring: [16, struct({ request, "...part": ringPart }), nothingAtAll],
  domain: [17, nothingAtAll, struct({ domain: text })],
  changePassword: [
    20,
    struct({
      request,
      parameters,
      loginKey: fixed(32),
      sealedKeys: bytes,
      devices: list(deviceSecrets),
    }),
    nothingAtAll,
  ],
  successions: [25, struct({ names }), struct({ lines: list(optional(line)) })],
  append: [
    70,
    struct({
      idempotencyKey,
      box,
      read: bool,
      ...letter,
      envelope: bytes,
      filing: optional(struct({ sealed: bytes, aside: bool })),
    }),
    idAndRepeated,
  ],
  addDevice: [
    100,
    struct({
      request,
      label: text,
      scope: deviceScope,
      key: fixed(32),
      sealedKeys: bytes,
      wrappedKey: fixed(60),
      senders: optional(names),
      expires: optional(moment),
      replaces: optional(fixed(32)),
    }),
    nothingAtAll,
  ],
  devices: [101, nothingAtAll, struct({ devices: list(device) })],
  deviceKeys: [
    102,
    nothingAtAll,
    struct({
      devices: list(struct({
        label: text,
        key: fixed(32),
        scope: deviceScope,
        wrappedKey: fixed(60),
      })),
    }),
  ],
  changes: [
    110,
    struct({ since: u64, known: u64, limit: u16, aside: bool }),
    changes,
  ],
  waitForChanges: [111, struct({ since: u64, folders: u64 }), changes],
  file: [
    112,
    struct({
      filings: list(struct({
        id: u64,
        expectedVersion: u32,
        sealed: bytes,
        moves: bool,
        aside: bool,
      })),
    }),
    struct({
      answers: list(struct({
        outcome: word("filed", "stale", "gone"),
        entry: optional(filed),
      })),
    }),
  ],
  folders: [
    113,
    nothingAtAll,
    struct({ version: u64, sealed: optional(bytes) }),
  ],
  replaceFolders: [
    114,
    struct({ request, expectedVersion: u64, version: u64, sealed: bytes }),
    struct({ replaced: bool }),
  ],
  markUnread: [116, struct({ ids }), nothingAtAll],
  filings: [118, struct({ ids }), struct({ entries: list(optional(filed)) })],
};
