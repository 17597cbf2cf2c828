/** Messages from one account to others. */
import type { AccountName, Address } from "../model/address.ts";
import type {
  AccountFingerprint,
  ContentTag,
  EnvelopeDigest,
  IdempotencyKey,
} from "../model/digests.ts";
import type { AccountId, EntryId, UploadId } from "../model/ids.ts";
import type { KeyringUpdate } from "./account_store.ts";
import type { Quota } from "./administration_store.ts";

/** What one recipient has of a message for itself. */
export interface StoredCopy {
  readonly envelope: Uint8Array;
  /** SHA-256 of `envelope`. */
  readonly envelopeDigest: EnvelopeDigest;
}

export interface NewMessage {
  readonly senderId: AccountId;
  readonly idempotencyKey: IdempotencyKey;
  readonly contentTag: ContentTag;
  readonly storedAt: number;
  /** The sender's, with the numbers that the envelopes sign; absent or null: it stays as it is. */
  readonly keyring?: KeyringUpdate | null | undefined;
  /** The sealed body, or the finished upload that holds it. */
  readonly body: Uint8Array | { readonly upload: UploadId };
  readonly own: StoredCopy;
  /** What holds for everybody without a quota of their own; absent: no bound. */
  readonly quota?: Quota | undefined;
  /** Somebody named twice gets one copy, the first. */
  readonly recipients: readonly {
    readonly name: AccountName;
    readonly fingerprint: AccountFingerprint;
    readonly copy: StoredCopy;
  }[];
}

/** On which terms a message is taken. */
export interface SendTerms {
  /** True: whoever exists gets it, and for everybody else it comes back. */
  readonly partial: boolean;
  /** Recipients that had no account when it was sealed: names, or addresses with their domain. None twice. */
  readonly unknown: readonly (AccountName | Address)[];
  /** When the recipients' copies go: unread ones come back, read ones are erased. Null: never. */
  readonly expiresAt: number | null;
  /** When the recipients get it; absent or null: at once. */
  readonly deliverAt?: number | null;
  /** True: a recipient's copy is erased when it is marked as read, and with the last of them the body. */
  readonly burn?: boolean;
}

export interface StoredSubmission {
  readonly id: EntryId;
  readonly repeated: boolean;
  /** Whom it could not be stored for, and the entry in the sender's inbox that tells so. */
  readonly bounced: readonly { readonly recipient: AccountName | Address; readonly id: EntryId }[];
  /** When the recipients will get it; null: they have it, or it was cancelled. */
  readonly heldUntil: number | null;
}

export interface SendStore {
  /**
   * Stores the sender's own copy and every recipient's, all or none; none for who has blocked the sender, who is told
   * nothing of it. A second call with the same key and tag
   * changes nothing and tells the first id, even where all copies are deleted by now; an upload it names stays.
   * @throws {MailError} `no_such_recipient` naming all that do not exist, `key_changed` for a fingerprint that is
   * not current, `conflict` for the same key with another tag, `keyring_changed`, `over_quota` naming all whose mailbox
   * is full, or has as much of the sender as it may, `storage_full`, `try_later` for an upload that is unknown, taken or another account's.
   */
  send(message: NewMessage): Promise<{ id: EntryId; repeated: boolean }>;
  findSend(accountId: AccountId, idempotencyKey: IdempotencyKey): Promise<EntryId | null>;
  /**
   * Sends on terms. With `partial`, every recipient that does not exist at this moment gets no copy, and the sender's
   * inbox a returned entry: own mail from `systemName`, with the envelope of the own copy. A repeat
   * answers the same. With `deliverAt` the recipients' copies wait, where nobody sees them, until `deliverDue`.
   * @throws {MailError} as `send` does; `no_such_recipient` only where it is not partial; `over_quota` where too much
   * of the sender's waits already.
   */
  submit(message: NewMessage, terms: SendTerms): Promise<StoredSubmission>;
}
