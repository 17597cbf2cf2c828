/** What the memory store holds for each account, and what happens to an entry. */
import type { AccountName, Address } from "../../model/address.ts";
import { type BounceReason, systemName } from "../../model/bounce.ts";
import { asAccountFingerprint, type ContentTag, type IdempotencyKey } from "../../model/digests.ts";
import { type AccountId, type EntryId, entryId } from "../../model/ids.ts";
import type { KeyringPart } from "../../model/keyring.ts";
import type { Box } from "../../model/message.ts";
import type { RetentionNotice } from "../../model/retention.ts";
import type { Account } from "../account_store.ts";
import type { AccountDetails, Quota } from "../administration_store.ts";
import type { AppPassword } from "../app_password_store.ts";
import type { StoredRecovery, StoredStep } from "../credential_store.ts";
import type { Device } from "../device_store.ts";
import type { StoredFolders } from "../filing_store.ts";
import { noRoom } from "../failures.ts";
import { systemAccountId } from "../inbound_store.ts";
import type { EntryFiling } from "../mailbox_store.ts";
import { isBurnt } from "../rules/entries.ts";
import { type Amount, isFullFor as isFullForSender } from "../rules/quota.ts";
import type { StoredCopy } from "../send_store.ts";

export interface StoredMailbox {
  account: Account;
  /** Null: as the server has it. */
  quota: { maxBytes: number | null; maxMessages: number | null };
  recovery: StoredRecovery | null;
  appPasswords: readonly AppPassword[];
  devices: readonly Device[];
  /** When each sender was blocked, by its address. */
  blocked: ReadonlyMap<string, number>;
  steps: readonly StoredStep[];
  keyring: readonly KeyringPart[];
  nextEntry: number;
  /** How often anything of it changed. */
  modseq: number;
  /** Entries that went, the oldest first. */
  gone: readonly { readonly modseq: number; readonly id: EntryId }[];
  folders: StoredFolders;
  /** Tells who watches it. */
  readonly onChange: () => void;
  readonly entries: Map<EntryId, StoredEntry>;
  /** When it was closed; null: it is open. */
  closedAt: number | null;
  /** What was announced to go, all up to an entry. */
  retentionNotices: readonly StoredRetentionNotice[];
}

export interface StoredRetentionNotice extends RetentionNotice {
  readonly lastId: number;
}

/** What was sent under one key, or came from outside. Outlives its entries. */
export interface Message {
  /** Null: it came from outside. */
  readonly sender: StoredMailbox | null;
  /** Of what came from outside: the account that logged in by SMTP, if one did. */
  readonly submitter?: StoredMailbox | null;
  readonly tag: ContentTag;
  readonly firstId: EntryId;
  readonly storedAt: number;
  body: readonly Uint8Array[];
  readonly deliveries: { recipient: AccountName; receipt: Uint8Array | null }[];
  /** What its recipients do not have yet; null: it was delivered at once, or by now. */
  held: HeldMessage | null;
  cancelledAt: number | null;
  /** When its recipients got it that did not at once. */
  releasedAt?: number;
  /** How many may still read it; null: it is not erased when it is read. */
  readersLeft: number | null;
  /** Of what is erased when it is read: somebody has. */
  wasRead?: boolean;
  /** Whom it did not reach, and the entry that tells so. */
  readonly bounced: {
    readonly recipient: AccountName | Address;
    readonly reason: BounceReason;
    readonly at: number;
    readonly id: EntryId;
  }[];
}

/** What waits for its time. */
export interface HeldMessage {
  readonly deliverAt: number;
  readonly expiresAt: number | null;
  readonly copies: readonly { readonly mailbox: StoredMailbox; readonly copy: StoredCopy }[];
}

/** One entry, as it is held. */
export interface StoredEntry {
  readonly id: EntryId;
  readonly box: Box;
  readonly message: Message;
  readonly copy: StoredCopy;
  /** False: it came back without, or is burnt. */
  hasBody: boolean;
  /** Of an entry that the server itself put there. */
  readonly bouncedAt: number | null;
  /** Null once it was read, too. */
  expiresAt: number | null;
  readAt: number | null;
  /** It is unread again. */
  wasRead: boolean;
  /** Its owner made it from another. */
  readonly isCopy: boolean;
  summary: Uint8Array | null;
  outline: Uint8Array | null;
  filing: EntryFiling;
}

type NewEntry = Pick<StoredEntry, "box" | "message" | "copy" | "readAt"> & Partial<StoredEntry>;

/** Adds an entry and returns its id. */
export function addEntry(mailbox: StoredMailbox, entry: NewEntry): EntryId {
  const id = entryId(mailbox.nextEntry++);
  const bare = { bouncedAt: null, expiresAt: null, hasBody: true, wasRead: false, isCopy: false };
  const modseq = raiseModseq(mailbox);
  const filing = { place: id, modseq, version: 0, aside: false, sealed: null };
  mailbox.entries.set(id, { ...bare, ...entry, id, summary: null, outline: null, filing });
  return id;
}

/** Counts a change of a mailbox, and returns the count. */
function raiseModseq(mailbox: StoredMailbox): number {
  mailbox.onChange();
  return ++mailbox.modseq;
}

/** Notes that an entry changed, and how it is filed from now on. */
export function noteChange(
  mailbox: StoredMailbox,
  held: StoredEntry,
  filing: Partial<EntryFiling> = {},
): void {
  held.filing = { ...held.filing, ...filing, modseq: raiseModseq(mailbox) };
}

/** Notes that the sender's own copy of a message changed. */
export function noteOwnChange({ sender, firstId }: Message): void {
  const own = sender?.entries.get(firstId);
  if (own !== undefined) noteChange(sender!, own);
}

/** The account name that an entry came from. */
export function senderOf({ message, bouncedAt }: StoredEntry): AccountName {
  return bouncedAt === null ? message.sender?.account.name ?? systemName : systemName;
}

export function storedAt({ box, message, bouncedAt }: StoredEntry): number {
  return bouncedAt ?? (box === "inbox" ? message.releasedAt : null) ?? message.storedAt;
}

/** Removes an entry. A body that burns goes with the last reader's copy, once anybody has read it. */
export function remove(mailbox: StoredMailbox, held: StoredEntry): void {
  mailbox.entries.delete(held.id);
  if (mailbox.closedAt === null) {
    mailbox.gone = [...mailbox.gone, { modseq: raiseModseq(mailbox), id: held.id }];
  }
  if (held.box === "inbox" && held.bouncedAt === null) readerLeaves(held.message);
}

/** Notes that a reader's copy is gone, read or not. */
export function readerLeaves(message: Message): void {
  if (message.readersLeft === null) return;
  message.readersLeft--;
  const { readersLeft, wasRead = false } = message;
  if (!isBurnt({ readersLeft, wasRead })) return;
  message.body = [];
  const own = message.sender?.entries.get(message.firstId);
  if (own === undefined) return;
  own.hasBody = false;
  own.outline = null;
  noteOwnChange(message);
}

export function detailsOf({ account, quota, entries }: StoredMailbox): AccountDetails {
  const { id, name, createdAt, disabledAt, keys } = account;
  const held = [...entries.values()];
  return {
    id,
    name,
    fingerprint: asAccountFingerprint(keys.fingerprint.slice()),
    createdAt,
    disabledAt,
    messages: held.length,
    unread: held.filter(({ readAt }) => readAt === null).length,
    bytes: held.reduce((sum, entry) => sum + bytesWith(entry), 0),
    ...quota,
  };
}

/** Copies of a body of so many bytes, and whose share they take. */
export interface MoreCopies {
  readonly senderId: AccountId;
  readonly bodyBytes: number;
  readonly copies: readonly StoredCopy[];
}

/** Tells whether a mailbox has no room for copies of a message. */
export function isFullFor(
  mailbox: StoredMailbox,
  { senderId, bodyBytes, copies }: MoreCopies,
  quota: Quota | undefined,
): boolean {
  const bytes = copies.reduce((sum, { envelope }) => sum + bodyBytes + envelope.length, 0);
  return isFullWith(mailbox, { messages: copies.length, bytes, senderId }, quota);
}

/** Refuses a message for which not all mailboxes have room. @throws {MailError} `over_quota` as `noRoom` */
export function requireRoom<Recipient extends { readonly mailbox: StoredMailbox }>(
  recipients: readonly Recipient[],
  quota: Quota | undefined,
  more: (recipient: Recipient) => MoreCopies,
): void {
  const full = recipients.filter((each) => isFullFor(each.mailbox, more(each), quota));
  if (full.length === 0) return;
  throw noRoom(full.map((each) => {
    const { id, name } = each.mailbox.account;
    return { name, isOver: isFullFor(each.mailbox, { ...more(each), senderId: id }, quota) };
  }));
}

/** Tells whether a mailbox has no room for so much more of a sender. */
export function isFullWith(
  mailbox: StoredMailbox,
  { senderId, ...more }: Amount & { readonly senderId: AccountId },
  quota: Quota | undefined,
): boolean {
  const fill = { ...plus(detailsOf(mailbox), more), ...mailbox.quota };
  const used = () => plus(usedBy(mailbox, senderId), more);
  return isFullForSender(fill, quota, { senderId, ownerId: mailbox.account.id, used });
}

function plus(there: Amount, more: Amount): Amount {
  return { messages: there.messages + more.messages, bytes: there.bytes + more.bytes };
}

/** What there is of one sender. */
function usedBy({ account, entries }: StoredMailbox, senderId: AccountId): Amount {
  const found = [...entries.values()].filter((entry) =>
    entry.box === "inbox" && chargedTo(entry, account.id) === senderId
  );
  const bytes = found.reduce((sum, entry) => sum + contentBytes(entry), 0);
  return { messages: found.length, bytes };
}

/** Whose share an entry takes: what the server itself put there is the owner's, and so are copies. */
function chargedTo({ message, bouncedAt, isCopy }: StoredEntry, ownerId: AccountId): AccountId {
  if (bouncedAt !== null || isCopy) return ownerId;
  return (message.sender ?? message.submitter)?.account.id ?? systemAccountId;
}

function bytesWith(entry: StoredEntry): number {
  return contentBytes(entry) + (entry.summary?.length ?? 0) + (entry.filing.sealed?.length ?? 0);
}

/** What an entry has without what its owner sealed of it. */
function contentBytes(entry: StoredEntry): number {
  return sealedBytesOf(entry) + entry.copy.envelope.length;
}

/** Counts the bytes of the body that an entry has. */
export function sealedBytesOf({ message, hasBody }: StoredEntry): number {
  return hasBody ? bytesOf(message) : 0;
}

export function bytesOf({ body }: Message): number {
  return body.reduce((sum, piece) => sum + piece.length, 0);
}

export function messageKey(senderId: AccountId, idempotencyKey: IdempotencyKey): string {
  return `${senderId}:${idempotencyKey.toHex()}`;
}
