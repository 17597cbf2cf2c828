/**
 * What mailctl keeps, and the promises every back end makes: each method is one transaction, durable when its
 * promise resolves, and lets no driver error or row out. Times and ids of requests come from the caller.
 * Bytes handed in belong to the store, which may detach large ones: never use or hand in the same again, not even
 * to repeat a call. Bytes handed out belong to the caller. An account id that does not exist is a defect, not an answer.
 */
import type { PasswordParameters } from "../model/account.ts";
import type { Box, Delivery } from "../model/message.ts";

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
  /** Somebody named twice gets one copy, the first. */
  readonly recipients: readonly {
    readonly name: string;
    readonly fingerprint: Uint8Array;
    readonly copy: StoredCopy;
  }[];
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

export interface Store {
  /** 32 bytes made with the store and kept with it; and the domain its accounts live in. */
  identity(): Promise<{ readonly secret: Uint8Array; readonly domain: string }>;

  /** @throws {MailError} `name_taken` for the name or its skeleton. */
  createAccount(account: NewAccount): Promise<Account>;
  findAccount(name: string): Promise<Account | null>;
  /** One answer a name, in order. */
  findKeys(names: readonly string[]): Promise<(StoredKeys | null)[]>;

  /** Returns false, changing nothing, where the sealed keys are no longer the expected ones. */
  replacePassword(change: AccountChange & StoredPassword): Promise<boolean>;

  /** Keeps a second way in, in the place of an earlier one; null: none. False as for `replacePassword`. */
  replaceRecovery(change: AccountChange & { recovery: StoredRecovery | null }): Promise<boolean>;
  /** Null for a name that is nobody's, and for an account without a second way in. */
  findRecovery(name: string): Promise<{ account: Account; recovery: StoredRecovery } | null>;
  /** Replaces the password and drops the second way in; false, changing nothing, where it has another hash by now. */
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

  keyring(accountId: number): Promise<{ version: number; sealed: Uint8Array | null }>;
  /** Returns false, changing nothing, where the version is another by now. */
  replaceKeyring(accountId: number, expectedVersion: number, sealed: Uint8Array): Promise<boolean>;

  /**
   * Begins a body that comes in chunks, for a message of this account. It is gone after `discardUpload` or when the
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
   * not current, `conflict` for the same key with another tag, `storage_full`, `malformed` for an
   * upload that is unknown, taken or another account's.
   */
  send(message: NewMessage): Promise<{ id: number; repeated: boolean }>;
  findSend(accountId: number, idempotencyKey: Uint8Array): Promise<number | null>;

  list(query: ListQuery): Promise<ListPage>;
  /** One answer an id, in order, with envelopes; null where the account has no such entry. */
  entries(accountId: number, ids: readonly number[]): Promise<(Entry | null)[]>;
  /** Keeps summaries for what is there; other ids are passed over. */
  saveSummaries(
    accountId: number,
    summaries: readonly { readonly id: number; readonly summary: Uint8Array }[],
  ): Promise<void>;
  /** Hands out the sealed body in chunks, header first. An entry deleted meanwhile is `no_such_message`. */
  body(accountId: number, id: number): AsyncIterable<Uint8Array>;
  /** Marks what is there and was not read; other ids are passed over. */
  markRead(accountId: number, ids: readonly number[], readAt: number): Promise<void>;
  /** @throws {MailError} `no_such_message` naming every unknown id; then nothing is deleted. */
  deleteEntries(accountId: number, ids: readonly number[]): Promise<void>;

  /** Finishes what is queued, then lets go of everything. */
  close(): Promise<void>;
}
