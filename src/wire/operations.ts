/**
 * Everything a client can ask of a server: one row an operation, WIRE.md 6. Client and server are typed from it.
 */
import { type DeviceScope, deviceScopes, type Power } from "../model/device.ts";
import { limits } from "../model/limits.ts";
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
  type Value,
  word,
} from "./fields.ts";
import type { Codec } from "./fields.ts";
import {
  accountOrAddress,
  accountState,
  addressText,
  appPasswordScope,
  appPasswordVerifier,
  bounceNotice,
  box,
  changesReply,
  deviceScope,
  deviceSecrets,
  empty,
  entry,
  entryId,
  filedEntry,
  foundKeys,
  idempotencyKey,
  ids,
  keyringPart,
  keyringTag,
  label,
  loginKey,
  moment,
  name,
  passwordParameters,
  publishedKeys,
  receipt,
  recoveryKey,
  requestId,
  ringFields,
  ringUpdate,
  sealedEnvelope,
  sealedFiling,
  sendFields,
  serverSuccession,
  succession,
  successionStep,
  uploadId,
  wireRetentionNotice,
} from "./layouts.ts";

/** Who may call it: anybody in a session, the owner by the password alone, or devices of these scopes and the owner. */
export type Callers = "anybody" | "owner" | readonly DeviceScope[];

const onlyMail = ["mail"] as const;
const sending = ["mail", "send"] as const;
const reading = ["mail", "read"] as const;
const everyDevice = deviceScopes;

/**
 * What a request is that comes again. "reading": it changes nothing that lasts. "same": it leaves everything as it was
 * left, and answers the same. "key": its `idempotencyKey` tells. "id": its `request` tells, and it has the first answer.
 */
export type Repeat = "reading" | "same" | "key" | "id";

interface Operation<Q, A> {
  readonly number: number;
  readonly callers: Callers;
  /** "up": data frames follow the request. "down": they follow the reply. */
  readonly stream: "none" | "up" | "down";
  readonly repeat: Repeat;
  readonly request: Codec<Q>;
  readonly reply: Codec<A>;
}

/** An operation as the table has it, with what is known of its row. */
type Row<Q, A, S, R> = Operation<Q, A> & { readonly stream: S; readonly repeat: R };

function operation<Q, A, const S extends "none" | "up" | "down" = "none">(
  number: number,
  callers: Callers,
  request: Codec<Q>,
  reply: Codec<A>,
  stream: S = "none" as S,
): Row<Q, A, S, "reading"> {
  return { number, callers, request, reply, stream, repeat: "reading" };
}

/** One that may be repeated for what it is, or by its key. */
function repeatable<Q, A, R extends "same" | "key">(
  repeat: R,
  number: number,
  callers: Callers,
  request: Codec<Q>,
  reply: Codec<A>,
): Row<Q, A, "none", R> {
  return { number, callers, request, reply, stream: "none", repeat };
}

/** One that changes something, once: its request begins with an id. */
function change<F extends Parameters<typeof struct>[0], A>(
  number: number,
  callers: Callers,
  fields: F,
  reply: Codec<A>,
) {
  const request = struct({ request: requestId, ...fields });
  return { number, callers, request, reply, stream: "none", repeat: "id" } as const;
}

/** Of the password that is set, over the session: as in a login. */
const loginSignature = fixed(64);

/** A signature of a recovery code's over the session: WIRE.md 7.4. */
const recoveryClaim = { name, key: recoveryKey, signature: fixed(64) };

/** The devices that go on, with what they get; the others end. */
const devices = list(struct(deviceSecrets), limits.maxDevices);

export const operations = {
  ping: operation(1, "anybody", empty, struct({ software: text(64), time: u64 })),
  /** The domain that the server's accounts live in: a new account signs it into its keys. */
  domain: operation(17, "anybody", empty, struct({ domain: text(limits.maxDomainBytes) })),
  /** How the server's key came to be what it is, oldest first. */
  serverSuccessions: operation(
    18,
    "anybody",
    empty,
    struct({ steps: list(serverSuccession, limits.maxServerSuccessions) }),
  ),
  /** An unknown name gets parameters too, the same every time. */
  passwordParameters: operation(2, "anybody", struct({ name }), passwordParameters),
  register: change(
    3,
    "anybody",
    {
      name,
      parameters: passwordParameters,
      loginKey,
      keys: publishedKeys,
      sealedKeys: bytes(limits.maxSealedKeysBytes),
      loginSignature,
    },
    accountState,
  ),
  /** Lets this session register where an invite is needed. */
  useInvite: operation(50, "anybody", struct({ token: fixed(16) }), empty),
  /** A signature over the session: WIRE.md 7.3. */
  login: operation(
    4,
    "anybody",
    struct({ name, key: loginKey, signature: fixed(64) }),
    accountState,
  ),
  /** One answer a name, in the same order; null where there is neither such an account nor such an alias. */
  lookUp: operation(
    5,
    everyDevice,
    struct({ names: list(name, limits.maxRecipients) }),
    struct({ found: list(optional(foundKeys), limits.maxRecipients) }),
  ),
  /** Newest first. */
  list: operation(
    6,
    reading,
    struct({
      box,
      before: optional(u64),
      limit: u16,
      unread: bool,
      from: optional(name),
      /** A span is counted back from now. */
      since: optional(moment),
      /** Only what is in the box's own folder (false), or only what is not (true). */
      aside: optional(bool),
    }),
    struct({
      total: u64,
      unread: u64,
      entries: list(entry, limits.maxListEntries),
      /** True where the page ended before what was asked for: ask on with `before`. */
      more: bool,
    }),
  ),
  saveSummaries: repeatable(
    "same",
    7,
    reading,
    struct({
      summaries: list(
        struct({ id: entryId, summary: bytes(limits.maxEnvelopeBytes) }),
        limits.maxListEntries,
      ),
      /** It notes what the summaries are of; null: there is nothing to note. */
      keyring: optional(ringUpdate),
    }),
    empty,
  ),
  /** Entries with their envelopes, whether or not there are summaries. */
  look: operation(
    8,
    reading,
    struct({ ids: list(entryId, limits.maxListEntries) }),
    struct({ entries: list(entry, limits.maxListEntries) }),
  ),
  /** The sealed body follows as data frames: an age file for this account. */
  fetch: operation(9, reading, struct({ id: entryId }), struct({ entry }), "down"),
  /** Data frames follow: the payload of an age file, without its header. */
  upload: operation(10, sending, empty, struct({ upload: uploadId }), "up"),
  send: repeatable("key", 11, sending, struct(sendFields), struct({ id: entryId, repeated: bool })),
  findSend: operation(
    12,
    sending,
    struct({ idempotencyKey }),
    struct({ id: optional(entryId) }),
  ),
  /** A receipt goes to the sender; without one the sender is told nothing. */
  markRead: repeatable(
    "same",
    13,
    reading,
    struct({
      read: list(struct({ id: entryId, receipt: optional(receipt) }), limits.maxIdsPerRequest),
    }),
    empty,
  ),
  /**
   * All or none; with `versions`, which the filings of the entries must have, each by itself: what has another one, waits
   * to be sent or is gone is passed over. Tells what is deleted.
   */
  delete: change(
    14,
    onlyMail,
    { ids, versions: optional(list(u32, limits.maxIdsPerRequest)) },
    struct({ ids }),
  ),
  keyring: operation(
    15,
    everyDevice,
    /** Of the newest part that its client has; null: it has none. */
    struct({ known: optional(keyringTag) }),
    struct({
      /** True: all parts, and none where there is no ring. False: those behind the one that is known. */
      isWhole: bool,
      parts: list(struct(keyringPart), limits.maxKeyringParts),
      /** When it last came from a backup; 0: never. */
      restoredAt: u64,
    }),
  ),
  /** Changes the keyring only where its version is still the one expected. */
  replaceKeyring: change(16, everyDevice, ringFields, empty),
  /** Ends every other session of the account. */
  changePassword: change(
    20,
    "owner",
    {
      parameters: passwordParameters,
      loginKey,
      sealedKeys: bytes(limits.maxSealedKeysBytes),
      devices,
    },
    empty,
  ),
  /** Keeps a second way in, in the place of an earlier one; null: there is to be none. */
  saveRecovery: change(
    21,
    "owner",
    {
      recovery: optional(
        struct({ key: recoveryKey, sealedKeys: bytes(limits.maxSealedKeysBytes) }),
      ),
    },
    empty,
  ),
  /** What the holder of a recovery code opens to go on with `recover`. */
  recovery: operation(
    22,
    "anybody",
    struct(recoveryClaim),
    struct({
      domain: text(limits.maxDomainBytes),
      keys: publishedKeys,
      sealedKeys: bytes(limits.maxSealedKeysBytes),
    }),
  ),
  /** Sets another password, uses the code up, and logs in. */
  recover: change(
    23,
    "anybody",
    {
      ...recoveryClaim,
      parameters: passwordParameters,
      loginKey,
      sealedKeys: bytes(limits.maxSealedKeysBytes),
      loginSignature,
    },
    accountState,
  ),
  /** Ends every other session of the account, and its recovery. */
  rotateKeys: change(
    24,
    "owner",
    {
      keys: publishedKeys,
      succession: struct(succession),
      sealedKeys: bytes(limits.maxSealedKeysBytes),
      devices,
    },
    struct({ recoveryEnded: bool }),
  ),
  /** The same public keys, and others sealed beside the secret ones. Ends the recovery, which lacks them, and every other session. */
  replaceSealedKeys: change(
    26,
    "owner",
    { sealedKeys: bytes(limits.maxSealedKeysBytes), devices },
    struct({ recoveryEnded: bool }),
  ),
  /** How accounts came to their keys, oldest step first; null where there is no such account. */
  successions: operation(
    25,
    everyDevice,
    struct({ names: list(name, limits.maxRecipients) }),
    struct({
      lines: list(
        optional(
          struct({ keys: publishedKeys, steps: list(successionStep, limits.maxSuccessionsTold) }),
        ),
        limits.maxRecipients,
      ),
    }),
  ),
  /** A send on terms: to whoever exists, from a time on, until a time, to be read once. */
  submit: repeatable(
    "key",
    30,
    sending,
    struct({
      ...sendFields,
      /** Recipients that have no account. */
      unknown: list(accountOrAddress, limits.maxRecipients),
      /** False: all get it or none. */
      partial: bool,
      /** A span is counted from its delivery. */
      expires: optional(moment),
      /** When the recipients get it; a span is counted from when it is stored. */
      deliver: optional(moment),
      burn: bool,
    }),
    struct({
      id: entryId,
      repeated: bool,
      bounced: list(struct({ recipient: accountOrAddress, id: entryId }), limits.maxRecipients),
      heldUntil: optional(u64),
    }),
  ),
  /** Puts a message into one's own mailbox; nobody else hears of it. What is there under the key stays. */
  append: repeatable(
    "key",
    70,
    onlyMail,
    struct({
      idempotencyKey,
      box,
      /** What is in sent is always read. */
      read: bool,
      upload: optional(uploadId),
      /** The payload of the sealed body where it was not uploaded. */
      body: optional(bytes(limits.maxInlineBodyBytes)),
      envelope: sealedEnvelope,
      filing: optional(struct({ sealed: sealedFiling, aside: bool })),
    }),
    struct({ id: entryId, repeated: bool }),
  ),
  /** Ids of what was appended and is there, in the order of the keys. */
  findAppended: operation(
    71,
    onlyMail,
    struct({ idempotencyKeys: list(idempotencyKey, limits.maxListEntries) }),
    struct({ ids: list(optional(entryId), limits.maxListEntries) }),
  ),
  /** Takes back what nobody has yet: all or none. */
  cancel: repeatable(
    "same",
    34,
    onlyMail,
    struct({
      ids,
      /** It gives their numbers up; null: it has done so. */
      keyring: optional(ringUpdate),
    }),
    empty,
  ),
  /** What the server says of entries: what came back of those in sent, and what its own entries stand for. */
  bounced: operation(
    31,
    reading,
    struct({ ids: list(entryId, limits.maxBouncedIds) }),
    struct({
      bounced: list(bounceNotice, limits.maxBouncedIds * limits.maxRecipients),
      retentionNotices: list(wireRetentionNotice, limits.maxBouncedIds),
    }),
  ),
  /** For good, by the password's signature as in a login. False: the server goes on erasing. */
  closeAccount: change(
    32,
    "anybody",
    { name, key: loginKey, signature: fixed(64) },
    struct({ erased: bool }),
  ),
  /** Answered when there is something, when the client says anything more, or after `limits.waitTimeoutMs`. */
  waitForMail: operation(
    40,
    reading,
    struct({
      /** Only inbox entries with a higher id; 0: all. */
      after: u64,
      unread: bool,
    }),
    /** Oldest first. Ask on with the last id. */
    struct({ entries: list(entry, limits.maxListEntries), more: bool }),
  ),
  /** Answered when a sent message is further than is known, and otherwise as waitForMail. */
  waitForRead: operation(
    41,
    reading,
    struct({
      /** In `sent`. */
      id: entryId,
      /** Receipts and returned copies that the client knows of; null: it is answered at once. */
      known: optional(u16),
    }),
    struct({ entry, bounced: list(bounceNotice, limits.maxRecipients) }),
  ),
  /** A page of the accounts whose names are like a pattern, by name; as far as the server tells. */
  directory: operation(
    60,
    everyDevice,
    struct({
      pattern: text(limits.maxNameCharacters * 8),
      online: bool,
      after: optional(name),
    }),
    struct({
      accounts: list(struct({ name, online: optional(bool) }), limits.maxIdsPerRequest),
      next: optional(name),
    }),
  ),
  createAppPassword: change(
    80,
    "owner",
    {
      label,
      scope: appPasswordScope,
      verifier: appPasswordVerifier,
    },
    empty,
  ),
  /** By label. */
  appPasswords: operation(
    81,
    onlyMail,
    empty,
    struct({
      appPasswords: list(
        struct({
          label,
          scope: appPasswordScope,
          createdAt: u64,
          /** To the hour. */
          usedAt: optional(u64),
        }),
        limits.maxAppPasswords,
      ),
    }),
  ),
  revokeAppPassword: change(
    82,
    onlyMail,
    { label },
    struct({ revoked: bool }),
  ),
  /** For a program of the owner's that lets other programs in by application passwords. */
  checkAppPassword: operation(
    83,
    onlyMail,
    struct({ scope: appPasswordScope, verifier: appPasswordVerifier }),
    struct({ holds: bool }),
  ),
  /** Makes a device of the account, in the place of an earlier one of the same machine. */
  addDevice: change(
    100,
    "owner",
    {
      label,
      scope: deviceScope,
      ...deviceSecrets,
      /** Of one that reads: whose mail; null: everybody's. */
      senders: optional(list(name, limits.maxDeviceSenders)),
      /** A span is counted from now. */
      expires: optional(moment),
      replaces: optional(loginKey),
    },
    empty,
  ),
  /** By label. A device of less than all sees no other than itself. */
  devices: operation(
    101,
    everyDevice,
    empty,
    struct({
      devices: list(
        struct({
          label,
          key: loginKey,
          scope: deviceScope,
          senders: optional(list(name, limits.maxDeviceSenders)),
          createdAt: u64,
          /** To the hour. */
          usedAt: optional(u64),
          expiresAt: optional(u64),
        }),
        limits.maxDevices,
      ),
    }),
  ),
  /** What the owner has to seal anew where the password or the keys change; by label. */
  deviceKeys: operation(
    102,
    "owner",
    empty,
    struct({
      devices: list(
        struct({ label, key: loginKey, scope: deviceScope, wrappedKey: deviceSecrets.wrappedKey }),
        limits.maxDevices,
      ),
    }),
  ),
  revokeDevice: change(103, "owner", { label }, struct({ revoked: bool })),
  /** Ends the device that this session was entered by. */
  endDevice: change(104, everyDevice, {}, struct({ ended: bool })),
  /** What changed in the mailbox, in the order of its count of changes. */
  changes: operation(
    110,
    reading,
    struct({
      /** Only behind this count; 0: all. */
      since: u64,
      /** Up to which count the client has heard of what went: `since`, or `newest` of the first page of a whole list. */
      known: u64,
      limit: u16,
      /** Only what is aside. */
      aside: bool,
    }),
    changesReply,
  ),
  /** Answered when anything has changed, or the list of folders has another version, and otherwise as waitForMail. */
  waitForChanges: operation(111, reading, struct({ since: u64, folders: u64 }), changesReply),
  /** Each by itself; answered in the same order. */
  file: repeatable(
    "same",
    112,
    onlyMail,
    struct({
      filings: list(
        struct({
          id: entryId,
          expectedVersion: u32,
          sealed: sealedFiling,
          /** It comes into another folder: its place is behind all others. */
          moves: bool,
          aside: bool,
        }),
        limits.maxFilingsPerRequest,
      ),
    }),
    struct({
      answers: list(
        struct({
          outcome: word(["filed", "stale", "gone"]),
          /** As it is now. */
          entry: optional(filedEntry),
        }),
        limits.maxFilingsPerRequest,
      ),
    }),
  ),
  folders: operation(
    113,
    reading,
    empty,
    struct({ version: u64, sealed: optional(bytes(limits.maxFolderListBytes)) }),
  ),
  /** Replaces the list of folders only where its version is still the one expected. */
  replaceFolders: change(
    114,
    onlyMail,
    { expectedVersion: u64, version: u64, sealed: bytes(limits.maxFolderListBytes) },
    struct({ replaced: bool }),
  ),
  /** One answer a copy, in the same order: its id; null where there is nothing to copy. */
  copy: change(
    115,
    onlyMail,
    {
      copies: list(
        struct({ id: entryId, sealed: sealedFiling, aside: bool }),
        limits.maxFilingsPerRequest,
      ),
    },
    struct({ ids: list(optional(entryId), limits.maxFilingsPerRequest) }),
  ),
  markUnread: repeatable("same", 116, reading, struct({ ids }), empty),
  usage: operation(
    117,
    reading,
    empty,
    struct({
      bytes: u64,
      messages: u64,
      maxBytes: optional(u64),
      maxMessages: optional(u64),
      /** Of the account: the UIDVALIDITY of the folders that are as old. */
      createdAt: u64,
    }),
  ),
  /** How entries are filed, in the order of the ids; null where there is none. */
  filings: operation(
    118,
    reading,
    struct({ ids: list(entryId, limits.maxFilingsPerRequest) }),
    struct({ entries: list(optional(filedEntry), limits.maxFilingsPerRequest) }),
  ),
  /** What a client kept of the content of entries, in the order of the ids; null where there is nothing. */
  outlines: operation(
    119,
    reading,
    struct({ ids: list(entryId, limits.maxListEntries) }),
    struct({ outlines: list(optional(bytes(limits.maxOutlineBytes)), limits.maxListEntries) }),
  ),
  saveOutlines: repeatable(
    "same",
    120,
    reading,
    struct({
      outlines: list(
        struct({ id: entryId, sealed: bytes(limits.maxOutlineBytes) }),
        limits.maxListEntries,
      ),
    }),
    empty,
  ),
  /** Mail of these senders is taken, and dropped: all or none. The reply has their addresses, with the domain. */
  block: change(
    90,
    onlyMail,
    { addresses: list(addressText, limits.maxBlocked) },
    struct({ addresses: list(addressText, limits.maxBlocked) }),
  ),
  /** All or none. */
  unblock: change(
    91,
    onlyMail,
    { addresses: list(addressText, limits.maxBlocked) },
    struct({ addresses: list(addressText, limits.maxBlocked) }),
  ),
  /** By address. */
  blocked: operation(
    92,
    onlyMail,
    empty,
    struct({ blocked: list(struct({ address: addressText, blockedAt: u64 }), limits.maxBlocked) }),
  ),
} as const;

export type OperationName = keyof typeof operations;
/** Those whose requests have an id. */
export type ChangeName = {
  [N in OperationName]: (typeof operations)[N]["repeat"] extends "id" ? N : never;
}[OperationName];
export type RequestOf<N extends OperationName> = Value<(typeof operations)[N]["request"]>;
export type ReplyOf<N extends OperationName> = Value<(typeof operations)[N]["reply"]>;

/** What goes in the place of a reply that cannot be given. */
export const errorReply = struct({
  /** `failures[code].wire` */
  code: u16,
  message: text(4096),
  hint: optional(text(1024)),
  retryAfterSeconds: optional(u32),
});

/** Tells whether a caller may call an operation; null: nobody has logged in. */
export function mayCall(name: OperationName, caller: Power | null): boolean {
  const callers: Callers = operations[name].callers;
  if (callers === "anybody" || caller === "owner") return true;
  return caller !== null && callers !== "owner" && callers.includes(caller);
}

const byNumber = new Map<number, OperationName>(
  Object.entries(operations).map(([key, { number }]) => [number, key as OperationName]),
);

/** Finds the operation of a wire number; null where this version has none. */
export function operationOf(number: number): OperationName | null {
  return byNumber.get(number) ?? null;
}
