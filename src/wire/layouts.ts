/** Layouts of the values that requests and replies are made of, WIRE.md 6. */
import { asAccountName, asAccountOrAddress, asAddress } from "../model/address.ts";
import { bounceReasons } from "../model/bounce.ts";
import type { Moment } from "../model/delivery_time.ts";
import { appPasswordScopes, deviceScopes } from "../model/device.ts";
import {
  asAccountFingerprint,
  asAppPasswordVerifier,
  asContentsDigest,
  asContentTag,
  asEnvelopeDigest,
  asIdempotencyKey,
  asKeyringTag,
  asLoginKey,
  asPieceDigest,
  asReceiptDigest,
  asRecipientDigest,
  asRecoveryKey,
  asRequestId,
  asServerFingerprint,
} from "../model/digests.ts";
import {
  type EntryId,
  entryId as makeEntryId,
  type UploadId,
  uploadId as makeUploadId,
} from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import {
  bool,
  branded,
  bytes,
  type Codec,
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

/** The longest account name or domain, in bytes of UTF-8. */
export const name = branded(text(limits.maxNameCharacters * 4), asAccountName);
/** A sender as an account blocks it: a name or an address, which the server folds. */
export const addressText = text(limits.maxNameCharacters * 4 + 1 + limits.maxDomainBytes);
/** An address in what clients sign and seal. */
export const address = branded(text(1024), asAddress);
/** An account's name in the room of an address. */
const wideName = branded(addressText, asAccountName);
/** An account's name, or an address that is nobody's here. */
export const accountOrAddress = branded(addressText, asAccountOrAddress);
export const fingerprint = branded(fixed(32), asAccountFingerprint);
export const serverFingerprint = branded(fixed(32), asServerFingerprint);
/** Ed25519 public keys, raw. */
export const loginKey = branded(fixed(32), asLoginKey);
export const recoveryKey = branded(fixed(32), asRecoveryKey);
export const envelopeDigest = branded(fixed(32), asEnvelopeDigest);
export const contentsDigest = branded(fixed(32), asContentsDigest);
export const pieceDigest = branded(fixed(32), asPieceDigest);
export const receiptDigest = branded(fixed(32), asReceiptDigest);
export const recipientDigest = branded(fixed(32), asRecipientDigest);
/** Names a send or an append, so that repeating it stores it once. */
export const idempotencyKey = branded(fixed(32), asIdempotencyKey);
/** Names a request that changes something: 16 random bytes, the same where it is repeated. */
export const requestId = branded(fixed(16), asRequestId);
/** What the server keeps of an application password: it never sees one before a program shows it. */
export const appPasswordVerifier = branded(fixed(32), asAppPasswordVerifier);
/** A message in the account's own mailbox. */
export const entryId: Codec<EntryId> = branded(u64, makeEntryId);
/** An upload of this session. */
export const uploadId: Codec<UploadId> = branded(u64, makeUploadId);
/** A time, milliseconds since 1970, or a span in milliseconds, counted by the server's clock. */
export const moment: Codec<Moment> = struct({ kind: word(["at", "span"]), ms: u64 });
/** An age file for one reader: WIRE.md 8.2. */
export const sealedEnvelope = bytes(limits.maxEnvelopeBytes);
export const empty = struct({});

export const passwordParameters = struct({ salt: fixed(16), memoryKiB: u32, passes: u16 });

/** Public keys with the account's own signature that they belong together and to this name. */
export const publishedKeys = struct({
  signingKey: fixed(32),
  recipient: text(limits.maxAgeRecipientBytes),
  signature: fixed(64),
});

/** The keys of an account that was looked up by its name, or by an alias of it. */
export const foundKeys = struct({
  /** The account's name. */
  name,
  keys: publishedKeys,
});

/** Both signatures on a change of keys: WIRE.md 7.5. */
export const succession = { succeededAt: u64, signature: fixed(64), acceptance: fixed(64) };

/** Keys that an account had, and how they were succeeded. */
export const successionStep = struct({
  signingKey: fixed(32),
  recipient: text(limits.maxAgeRecipientBytes),
  ...succession,
});

export const accountState = struct({
  name,
  domain: text(limits.maxDomainBytes),
  parameters: passwordParameters,
  keys: publishedKeys,
  sealedKeys: bytes(limits.maxSealedKeysBytes),
  maxMessageBytes: u64,
});

/** What a server's key said when it retired. */
export const serverSuccession = struct({
  /** DER SubjectPublicKeyInfo of the key that retired. */
  serverKey: bytes(1024),
  /** Fingerprint of the key that follows it. */
  successor: serverFingerprint,
  /** Milliseconds since 1970. */
  at: u64,
  /** By the key that retired: RSA-PSS, SHA-256. */
  signature: bytes(1024),
});

export const box = word(["inbox", "sent"]);

/** How an entry is filed: WIRE.md 9.3. */
export const sealedFiling = bytes(limits.maxFilingBytes);
const entryFiling = struct({
  /** Rises within a folder in the order in which entries came into it. */
  place: u64,
  /** The count of the mailbox when the entry changed last. */
  modseq: u64,
  /** 0: nobody filed it. */
  version: u32,
  /** It is not in the box's own folder. */
  aside: bool,
  sealed: optional(sealedFiling),
});

/** What a reader signed on having read a message: WIRE.md 8.8. */
export const receipt = bytes(limits.maxReceiptBytes);

export const entry = struct({
  id: entryId,
  box,
  /** The account that the server took it from. */
  from: wideName,
  storedAt: u64,
  readAt: optional(u64),
  sealedBytes: u64,
  /** SHA-256 of the sealed envelope. */
  envelopeDigest,
  /** What this account's client sealed again under its mailbox key. */
  summary: optional(bytes(limits.maxEnvelopeBytes)),
  /** Left out of lists and downloads where there is a summary. */
  envelope: optional(sealedEnvelope),
  /** For sent mail: how far it got. */
  deliveries: list(
    struct({ recipient: wideName, receipt: optional(receipt) }),
    limits.maxRecipients,
  ),
  /** For sent mail that nobody else has yet: when they get it. */
  heldUntil: optional(u64),
  /** For sent mail that was taken back: when. */
  cancelledAt: optional(u64),
  /** In the inbox: when it goes back to its sender, if it is unread then. */
  expiresAt: optional(u64),
  /** Marking it as read erases it; in sent mail, the recipients' copies. */
  burn: bool,
  filing: entryFiling,
});

/** An entry as the feed of changes tells of it. */
export const filedEntry = struct({
  id: entryId,
  box,
  storedAt: u64,
  readAt: optional(u64),
  sealedBytes: u64,
  envelopeDigest,
  filing: entryFiling,
});

/** What changed: WIRE.md 6, of `changes`. */
export const changesReply = struct({
  /** Ask on with it. */
  modseq: u64,
  /** The count of the mailbox as it is now. */
  newest: u64,
  /** Nothing is told: list all anew, from 0. */
  reset: bool,
  entries: list(filedEntry, limits.maxFilingsPerRequest),
  gone: list(entryId, limits.maxFilingsPerRequest),
  more: bool,
  /** Of the list of folders, as it is now. */
  folders: u64,
});

const recipientCopy = struct({
  name,
  /** The key that was sealed to: the server refuses one that is no longer current. */
  fingerprint,
  envelope: sealedEnvelope,
});

export const ids = list(entryId, limits.maxIdsPerRequest);

export const keyringTag = branded(fixed(16), asKeyringTag);
/** A whole keyring, or what changed since the part before, sealed for its version: WIRE.md 9.1. */
export const keyringPart = { version: u64, sealed: bytes(limits.maxKeyringBytes) };
/** What the keyring of `expectedVersion` becomes; the new version is any above that. */
export const ringFields = {
  expectedVersion: u64,
  /** Of the newest part, which this one goes behind; null: a whole ring, in the place of all parts. */
  after: optional(keyringTag),
  ...keyringPart,
};
export const ringUpdate = struct(ringFields);

export const sendFields = {
  idempotencyKey,
  /** Differs where the content differs. */
  contentTag: branded(fixed(32), asContentTag),
  upload: optional(uploadId),
  /** The payload of the sealed body where it was not uploaded. */
  body: optional(bytes(limits.maxInlineBodyBytes)),
  /** The envelope of the sender's own copy. */
  own: sealedEnvelope,
  recipients: list(recipientCopy, limits.maxRecipients),
  /** Of the sender: it has the numbers that the envelopes sign. Null: they sign none, as nobody else reads them. */
  keyring: optional(ringUpdate),
};

/** That a message did not reach a recipient. */
export const bounceNotice = struct({
  id: entryId,
  recipient: accountOrAddress,
  reason: word(bounceReasons),
  at: u64,
  /** Id of the sender's own copy, there or not. */
  original: entryId,
});

export const deviceScope = word(deviceScopes);
export const appPasswordScope = word(appPasswordScopes);
/** What its owner calls an application password or a device. */
export const label = text(limits.maxLabelCharacters * 4);
/** What of a device changes with the account's keys or its password. */
export const deviceSecrets = {
  key: loginKey,
  /** The account's secret keys, sealed under the device key: WIRE.md 7.7. */
  sealedKeys: bytes(limits.maxSealedKeysBytes),
  /** The device key, sealed under the password's wrapping key. */
  wrappedKey: fixed(60),
};

/** That mail goes because it is kept for a time only. */
export const wireRetentionNotice = struct({
  id: entryId,
  /** Of both boxes. */
  messages: u64,
  /** When the oldest of them was stored. */
  oldest: u64,
  at: u64,
  /** Nothing of it goes before. */
  goesAt: u64,
});

export type WireRetentionNotice = Value<typeof wireRetentionNotice>;
export type BounceNotice = Value<typeof bounceNotice>;
export type FoundKeys = Value<typeof foundKeys>;
export type PublishedKeys = Value<typeof publishedKeys>;
export type WireEntry = Value<typeof entry>;
export type WireFiling = Value<typeof entryFiling>;
export type WireFiledEntry = Value<typeof filedEntry>;
export type ServerSuccession = Value<typeof serverSuccession>;
export type AccountState = Value<typeof accountState>;
