/**
 * What mailctl keeps, and the promises every back end makes: each method is one transaction, durable when its
 * promise resolves, and lets no driver error or row out. Times and ids of requests come from the caller.
 * Bytes handed in belong to the store, which may detach large ones: never use or hand in the same again, not even
 * to repeat a call. Bytes handed out belong to the caller. An account id that does not exist is a defect, not an answer.
 */
import type { PasswordParameters } from "../model/account.ts";
import type { AppPasswordScope } from "../model/app_password.ts";
import type { Box, Delivery } from "../model/message.ts";
import type { Removal, Retention } from "../model/retention.ts";
import type { ReturnReason } from "../model/returned.ts";

export interface StoredKeys {
  readonly signingKey: Uint8Array;
  readonly recipient: string;
  readonly signature: Uint8Array;
  /** SHA-256 that names both keys; see crypto/fingerprint. */
  readonly fingerprint: Uint8Array;
}

export interface NewAccount {
  readonly name: string;
  /** Two names that look alike have one skeleton. */
  readonly skeleton: string;
  readonly parameters: PasswordParameters;
  /** Hash of the authentication key. */
  readonly authenticationHash: Uint8Array;
  readonly keys: StoredKeys;
  readonly sealedKeys: Uint8Array;
  readonly createdAt: number;
}

export interface Account extends NewAccount {
  readonly id: number;
  /** When it was shut by an administrator; null: it is not. */
  readonly disabledAt: number | null;
}

/** What a mailbox may hold. 0: no bound. */
export interface Quota {
  /** Of sealed bodies, their headers and envelopes, each entry counted in full. */
  readonly maxBytes: number;
  readonly maxMessages: number;
}

/** The bounds of one mailbox that are to change; null: as the server has it. */
export interface QuotaChange {
  readonly maxBytes?: number | null | undefined;
  readonly maxMessages?: number | null | undefined;
}

/** An account as its administrator sees it: sizes and counts, nothing of what is in it. */
export interface AccountDetails {
  readonly id: number;
  readonly name: string;
  /** SHA-256 that names both keys. */
  readonly fingerprint: Uint8Array;
  readonly createdAt: number;
  readonly disabledAt: number | null;
  readonly messages: number;
  readonly unread: number;
  readonly bytes: number;
  /** Its own bounds; null: the server's. */
  readonly maxBytes: number | null;
  readonly maxMessages: number | null;
}

/** The right to make accounts. Only a hash of its token is kept. */
export interface NewInvite {
  readonly tokenHash: Uint8Array;
  /** How many accounts it makes; 1 or more. */
  readonly uses: number;
  readonly expiresAt: number;
  /** The quota of these accounts; null: the server's. */
  readonly maxBytes: number | null;
  /** True for an administrator's own, which also opens a server that is closed to others. */
  readonly provisioning: boolean;
}

/** An invite as an administrator sees it, with what is left of it. */
export interface KeptInvite extends NewInvite {
  /** Null: by an earlier version of mailctl, which did not note it. */
  readonly createdAt: number | null;
}

/** An invite at the time when it is to be used. */
export interface InviteUse {
  readonly tokenHash: Uint8Array;
  readonly now: number;
}

/** What is kept, counted over all accounts. */
export interface Totals {
  readonly accounts: number;
  readonly disabled: number;
  readonly messages: number;
  readonly unread: number;
  readonly bytes: number;
  /** Invites that could still be used. */
  readonly invites: number;
}

/** What a password decides of an account. */
export type StoredPassword = Pick<NewAccount, "parameters" | "authenticationHash" | "sealedKeys">;

/** A second way into an account. */
export interface StoredRecovery {
  /** Hash of the recovery key. */
  readonly hash: Uint8Array;
  /** The account's keys, sealed under what the recovery code becomes. */
  readonly sealedKeys: Uint8Array;
}

/** Every change of password or keys seals the keys anew: so these tell whether an account is still what it was. */
export interface AccountChange {
  readonly accountId: number;
  readonly expectedSealedKeys: Uint8Array;
}

/** Both signatures on a change of keys. */
export interface StoredSuccession {
  readonly succeededAt: number;
  readonly signature: Uint8Array;
  readonly acceptance: Uint8Array;
}

/** Keys that an account had, and how they were succeeded. */
export interface StoredStep extends StoredSuccession {
  readonly signingKey: Uint8Array;
  readonly recipient: string;
}

export interface KeysChange extends AccountChange {
  readonly keys: StoredKeys;
  readonly sealedKeys: Uint8Array;
  readonly succession: StoredSuccession;
}

/** What an account's keys are, and the last `limits.maxSuccessions` steps to them, oldest first. */
export interface StoredLine {
  readonly keys: StoredKeys;
  readonly steps: readonly StoredStep[];
}

export interface RecoveryChange extends StoredPassword {
  readonly accountId: number;
  readonly recoveryHash: Uint8Array;
}

/** What is kept of an application password. */
export interface NewAppPassword {
  /** What its owner calls it; no two of an account have the same. */
  readonly label: string;
  readonly scope: AppPasswordScope;
  /** Digest of the password. */
  readonly verifier: Uint8Array;
  readonly createdAt: number;
}

export interface AppPassword extends NewAppPassword {
  /** When it last let somebody in; null: never. */
  readonly usedAt: number | null;
}

/** One recipient's own sealed parts of a message. */
export interface StoredCopy {
  /** The header of the age file whose payload is the message's body. */
  readonly bodyHeader: Uint8Array;
  readonly envelope: Uint8Array;
  /** SHA-256 of `envelope`. */
  readonly envelopeDigest: Uint8Array;
}

export interface NewMessage {
  readonly senderId: number;
  readonly idempotencyKey: Uint8Array;
  readonly contentTag: Uint8Array;
  readonly storedAt: number;
  /** The sealed body, or the finished upload that holds it. */
  readonly body: Uint8Array | { readonly upload: number };
  readonly own: StoredCopy;
  /** What holds for everybody without a quota of their own; absent: no bound. */
  readonly quota?: Quota | undefined;
  /** Somebody named twice gets one copy, the first. */
  readonly recipients: readonly {
    readonly name: string;
    readonly fingerprint: Uint8Array;
    readonly copy: StoredCopy;
  }[];
}

/** The account that stands for the server itself: what comes from outside is its, and nobody logs in to it. */
export const systemAccountId = 0;

/** A message from outside. */
export interface NewArrival {
  /** Random, and never used before: nobody outside can say that two are the same. */
  readonly key: Uint8Array;
  readonly storedAt: number;
  /** The sealed body, or the finished upload of `systemAccountId` that holds it. */
  readonly body: NewMessage["body"];
  /** As in `NewMessage`. */
  readonly quota?: Quota | undefined;
  /** At least one; somebody named twice gets one copy, the first. */
  readonly recipients: NewMessage["recipients"];
}

/** A message that an account puts into its own mailbox. */
export interface NewDeposit {
  readonly accountId: number;
  readonly idempotencyKey: Uint8Array;
  readonly box: Box;
  /** What is in sent is always read. */
  readonly isRead: boolean;
  readonly storedAt: number;
  /** The sealed body, or the finished upload that holds it. */
  readonly body: Uint8Array | { readonly upload: number };
  readonly copy: StoredCopy;
  /** As in `NewMessage`. */
  readonly quota?: Quota | undefined;
}

/** On which terms a message is taken. */
export interface SendTerms {
  /** True: whoever exists gets it, and for everybody else it comes back. */
  readonly partial: boolean;
  /** Recipients that had no account when it was sealed: names, or addresses with their domain. None twice. */
  readonly unknown: readonly string[];
  /** When the recipients' copies go: unread ones come back, read ones are erased. Null: never. */
  readonly expiresAt: number | null;
  /** When the recipients get it; absent or null: at once. */
  readonly deliverAt?: number | null;
  /** True: a recipient's copy is erased when it is marked as read, and with the last of them the body. */
  readonly burn?: boolean;
}

export interface Submitted {
  readonly id: number;
  readonly repeated: boolean;
  /** Whom it could not be stored for, and the entry in the sender's inbox that tells so. */
  readonly returned: readonly { readonly recipient: string; readonly id: number }[];
  /** When the recipients will get it; null: they have it, or it was cancelled. */
  readonly heldUntil: number | null;
}

/** That a message did not reach a recipient. */
export interface Returned {
  /** The entry that was asked about. */
  readonly id: number;
  /** An account's name, or the address that was nobody's. */
  readonly recipient: string;
  readonly reason: ReturnReason;
  readonly at: number;
  /** Id of the sender's own copy, there or not. */
  readonly original: number;
}

/** One message in one account's box. */
export interface Entry {
  /** Short, counted up within the account, never reused. */
  readonly id: number;
  readonly box: Box;
  /** Account name of the sender. */
  readonly from: string;
  readonly storedAt: number;
  /** Null where unread. The sender's own copy is read from the start. */
  readonly readAt: number | null;
  /** Bytes of the sealed body, header included. */
  readonly sealedBytes: number;
  readonly envelopeDigest: Uint8Array;
  readonly summary: Uint8Array | null;
  /** Null in a list where there is a summary. */
  readonly envelope: Uint8Array | null;
  /** Empty but for sent mail. Outlives the recipients' own entries. */
  readonly deliveries: readonly Delivery[];
  /** For sent mail that its recipients do not have yet: when they get it. Null: they have it, or never will. */
  readonly heldUntil: number | null;
  /** For sent mail that was taken back before anybody had it: when. */
  readonly cancelledAt: number | null;
  /** It is erased when it is read; in the sender's own copy: the recipients' copies are. */
  readonly burn: boolean;
}

export interface ListQuery {
  readonly accountId: number;
  readonly box: Box;
  /** Only entries with a lower id. */
  readonly before: number | null;
  /** 1 to `limits.maxListEntries`; the caller checks. */
  readonly limit: number;
  readonly unread: boolean;
  /** Only mail from this account name. */
  readonly from: string | null;
  /** Only mail stored at this time or later. */
  readonly since: number | null;
}

export interface ListPage {
  /** Of the whole box, whatever the query. */
  readonly total: number;
  readonly unread: number;
  /** Newest first. */
  readonly entries: readonly Entry[];
}

/** How busy a store is, and how long its commits took since it was opened. */
export interface StoreLoad {
  /** Writes that wait for the commit before theirs. */
  readonly waiting: number;
  /** Commits by how long they took, in rising order; the last bound is Infinity. */
  readonly commits: readonly { readonly withinSeconds: number; readonly count: number }[];
  /** Of all commits together. */
  readonly commitSeconds: number;
}

export interface ArrivalsQuery {
  readonly accountId: number;
  /** Only entries with a higher id. */
  readonly after: number;
  /** 1 to `limits.maxListEntries`; the caller checks. */
  readonly limit: number;
  readonly unread: boolean;
}

export interface Store {
  /** 32 bytes made with the store and kept with it; and the domain its accounts live in. */
  identity(): Promise<{ readonly secret: Uint8Array; readonly domain: string }>;

  /** @throws {MailError} `name_taken` for the name or its skeleton. */
  createAccount(account: NewAccount): Promise<Account>;
  findAccount(name: string): Promise<Account | null>;
  /** Tells whether a name was that of an account which is closed now. */
  wasAccount(name: string): Promise<boolean>;
  /** Shuts an account, or opens it again with null; a time that is there stays. Null: there is no such account. */
  disableAccount(name: string, at: number | null): Promise<Account | null>;
  /** Sets the bounds that are given: null is the server's. Returns false where there is no such account. */
  setQuota(name: string, quota: QuotaChange): Promise<boolean>;
  describeAccount(name: string): Promise<AccountDetails | null>;
  /** By name, in the order of its code points: those that begin with `prefix` and come after `after`. */
  describeAccounts(page: {
    readonly prefix: string;
    readonly after: string | null;
    readonly limit: number;
  }): Promise<AccountDetails[]>;
  /** Counts over all accounts. Reads a short row of each: not for what anybody may ask. */
  totals(now: number): Promise<Totals>;

  /** Keeps an invite, and drops those that have expired by `now`. */
  addInvite(invite: NewInvite, now: number): Promise<void>;
  /** Invites that can be used at `now`, in the order of their hashes: those that come after `after`. */
  invites(page: {
    readonly now: number;
    readonly after: Uint8Array | null;
    readonly limit: number;
  }): Promise<KeptInvite[]>;
  /**
   * Drops the invites whose hashes begin as these ids, 1 to 32 bytes each: all or none.
   * @throws {MailError} `no_such_message` naming every id that no invite has.
   */
  revokeInvites(ids: readonly Uint8Array[]): Promise<void>;
  /** Null where there is no such invite, or it is used up or has expired. */
  findInvite(use: InviteUse): Promise<{ readonly provisioning: boolean } | null>;
  /**
   * Makes an account with the quota of its invite, which then has one use less.
   * @throws {MailError} `denied` for an invite that is not there any more; `name_taken`: then the invite stays as it was
   */
  createInvitedAccount(account: NewAccount, use: InviteUse): Promise<Account>;
  /** One answer a name, in order. */
  findKeys(names: readonly string[]): Promise<(StoredKeys | null)[]>;

  /** Returns false, changing nothing, where the sealed keys are no longer the expected ones. */
  replacePassword(change: AccountChange & StoredPassword): Promise<boolean>;

  /** Keeps a second way in, in the place of an earlier one; null: none. False as for `replacePassword`. */
  replaceRecovery(change: AccountChange & { recovery: StoredRecovery | null }): Promise<boolean>;
  /** Null for a name that is nobody's, and for an account without a second way in. */
  findRecovery(name: string): Promise<{ account: Account; recovery: StoredRecovery } | null>;
  /** Replaces the password and drops the second way in and the application passwords; false, changing nothing, where it has another hash by now. */
  recover(change: RecoveryChange): Promise<boolean>;

  /**
   * Replaces an account's keys, keeps how they were succeeded, and drops its second way in, which holds the old ones.
   * Null, changing nothing, where the sealed keys are no longer the expected ones.
   */
  replaceKeys(change: KeysChange): Promise<{ readonly recoveryEnded: boolean } | null>;
  /** Replaces the sealed keys and drops the second way in, which lacks what was added. Null as for `replaceKeys`. */
  replaceSealedKeys(
    change: AccountChange & { readonly sealedKeys: Uint8Array },
  ): Promise<{ readonly recoveryEnded: boolean } | null>;
  /** One answer a name, in order. */
  findLines(names: readonly string[]): Promise<(StoredLine | null)[]>;

  /**
   * Keeps an application password; false as for `replacePassword`.
   * @throws {MailError} `name_taken` for its label, `too_large` where there are `limits.maxAppPasswords`
   */
  addAppPassword(change: AccountChange & NewAppPassword): Promise<boolean>;
  /** By label, in the order of its code points. */
  appPasswords(accountId: number): Promise<AppPassword[]>;
  /** Returns whether there was one. */
  removeAppPassword(accountId: number, label: string): Promise<boolean>;
  /** Notes when one was used; one that is gone is passed over. */
  noteAppPasswordUse(accountId: number, label: string, usedAt: number): Promise<void>;

  keyring(accountId: number): Promise<{ version: number; sealed: Uint8Array | null }>;
  /** Returns false, changing nothing, where the version is another by now. */
  replaceKeyring(accountId: number, expectedVersion: number, sealed: Uint8Array): Promise<boolean>;

  /**
   * Begins a body that comes in chunks, for a message of this account or, for `systemAccountId`, from outside. It is gone after `discardUpload` or when the
   * store is next opened; its number is never used again.
   */
  beginUpload(accountId: number): Promise<number>;
  /**
   * Adds a chunk of 1 to `limits.chunkBytes`. Calls may overlap and keep their order.
   * @throws {MailError} `malformed` for another size or an unknown upload, `storage_full`.
   */
  appendUpload(upload: number, chunk: Uint8Array): Promise<void>;
  /** Drops an upload that no message took; one that a message took stays. */
  discardUpload(upload: number): Promise<void>;

  /**
   * Stores the sender's own copy and every recipient's, all or none. A second call with the same key and tag
   * changes nothing and tells the first id, even where all copies are deleted by now; an upload it names stays.
   * @throws {MailError} `no_such_recipient` naming all that do not exist, `key_changed` for a fingerprint that is
   * not current, `conflict` for the same key with another tag, `over_quota` naming all whose mailbox
   * is full, `storage_full`, `malformed` for an upload that is unknown, taken or another account's.
   */
  send(message: NewMessage): Promise<{ id: number; repeated: boolean }>;
  findSend(accountId: number, idempotencyKey: Uint8Array): Promise<number | null>;

  /**
   * Sends on terms. With `partial`, every recipient that does not exist at this moment gets no copy, and the sender's
   * inbox a returned entry: own mail from `systemName`, with the envelope and body header of the own copy. A repeat
   * answers the same. With `deliverAt` the recipients' copies wait, where nobody sees them, until `deliverDue`.
   * @throws {MailError} as `send` does; `no_such_recipient` only where it is not partial; `over_quota` where too much
   * of the sender's waits already.
   */
  submit(message: NewMessage, terms: SendTerms): Promise<Submitted>;
  /**
   * Puts a message from outside into the inbox of every recipient, or of none: mail from `systemName`, of which
   * `returned` tells nothing. It comes back to nobody.
   * @throws {MailError} `no_such_recipient`, `key_changed`, `over_quota`, `storage_full`, `malformed` for an upload,
   * each as `send` does
   */
  receive(arrival: NewArrival): Promise<void>;
  /**
   * Stores a message in the account's own mailbox and tells no watcher. Repeated under the same key while the entry is
   * there it changes nothing and tells the id; an upload it names stays. Once it was deleted it is stored anew.
   * @throws {MailError} `over_quota`, `storage_full`, `malformed` for an upload as `send` does
   */
  deposit(message: NewDeposit): Promise<{ id: number; repeated: boolean }>;
  /** One answer a key, in order: the id of what was deposited under it and is there. */
  findDeposits(accountId: number, keys: readonly Uint8Array[]): Promise<(number | null)[]>;
  /**
   * Takes back messages that wait: nobody ever gets them, and the sender's own copies stay. Those taken back before
   * stay so. All or none, and none of them in part.
   * @throws {MailError} `no_such_message` for ids that are not in the account's `sent`; `already_sent` naming all that are
   */
  cancel(accountId: number, ids: readonly number[], cancelledAt: number): Promise<void>;
  /**
   * Delivers some of what is due, each message to all its recipients in one transaction, and returns whether there may
   * be more. Whoever closed the account meanwhile, or has no room, has it returned to the sender; keys that changed
   * since it was sealed are no reason to. `quota` is as in a message.
   */
  deliverDue(now: number, quota?: Quota): Promise<boolean>;
  /** When the next message that waits is due; null: none waits. */
  nextDelivery(): Promise<number | null>;
  /** Tells what came back: of an entry in `sent` all, of a returned entry its own; other ids are passed over. */
  returned(accountId: number, ids: readonly number[]): Promise<readonly Returned[]>;

  /**
   * Closes an account for good: its keys, keyring and application passwords are erased, nobody finds it, and its name
   * stays taken. What of its mail waits to be sent never will be. What it has of mail is left to `settle`. Closing a closed one changes nothing.
   */
  closeAccount(accountId: number, closedAt: number): Promise<void>;
  /**
   * Does a bounded part of what is due and returns whether there may be more: takes out entries that have expired
   * and, for null, those of closed accounts. Each that was not read goes back to its sender, once, as a returned
   * entry; without the original where the sender has deleted the own copy.
   */
  settle(accountId: number | null, now: number): Promise<boolean>;

  /**
   * Does a bounded part of keeping mail no longer than it is to be kept, over the accounts behind `after` (0: all) by
   * their ids, and returns the `after` to go on with; null: all were looked at. Mail that is due to go is announced by
   * an entry from `systemName` in its account's inbox, without envelope and body, and goes only once that is
   * `noticeMs` old and its time has come; what was received and not read goes back to its sender. The age of an entry
   * is that of the youngest before it and itself: where the clock was ahead once, mail is kept longer, never shorter.
   * Announcements go unannounced, and an announcement that does not hold any more is made again.
   */
  retain(retention: Retention, now: number, after: number): Promise<number | null>;
  /** Tells what entries announce; other ids are passed over. */
  removals(accountId: number, ids: readonly number[]): Promise<readonly Removal[]>;

  list(query: ListQuery): Promise<ListPage>;
  /** What came into the inbox behind an entry, oldest first, with envelopes where a list has them. */
  arrivals(query: ArrivalsQuery): Promise<Entry[]>;
  /**
   * Tells a listener whenever something may have come into an account's inbox, or a receipt for what it sent, after
   * that can be read, until the function that it returns is called. It may tell too often, and never of what came
   * before; it must not throw.
   */
  watch(accountId: number, listener: () => void): () => void;
  /** One answer an id, in order, with envelopes; null where the account has no such entry. */
  entries(accountId: number, ids: readonly number[]): Promise<(Entry | null)[]>;
  /** Keeps summaries for what is there; other ids are passed over. */
  saveSummaries(
    accountId: number,
    summaries: readonly { readonly id: number; readonly summary: Uint8Array }[],
  ): Promise<void>;
  /** Hands out the sealed body in chunks, header first. An entry deleted meanwhile is `no_such_message`. */
  body(accountId: number, id: number): AsyncIterable<Uint8Array>;
  /**
   * Marks what is there and was not read; other ids are passed over. `receipts` are by id: each goes to the sender, with
   * the message's deliveries; of what is read without one the sender learns nothing. An entry that burns is erased with
   * that, and the body with the last such entry of a message that anybody has read: the sender's own copy is its headers
   * from then on.
   */
  markRead(
    accountId: number,
    ids: readonly number[],
    readAt: number,
    receipts?: ReadonlyMap<number, Uint8Array>,
  ): Promise<void>;
  /**
   * Deletes all or none.
   * @throws {MailError} `no_such_message` naming every unknown id, `denied` naming what waits to be sent
   */
  deleteEntries(accountId: number, ids: readonly number[]): Promise<void>;

  load(): StoreLoad;

  /** Finishes what is queued, then lets go of everything. */
  close(): Promise<void>;
}
