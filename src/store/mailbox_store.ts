/** What is in an account's mailbox: listed, looked at, marked as read, deleted. */
import type { AccountName } from "../model/address.ts";
import type { EnvelopeDigest } from "../model/digests.ts";
import type { AccountId, EntryId } from "../model/ids.ts";
import type { Box, Delivery } from "../model/message.ts";
import type { KeyringUpdate } from "./account_store.ts";
import type { Quota } from "./administration_store.ts";

/** How an entry is filed, as far as its server sees. */
export interface EntryFiling {
  /** Rises within a folder in the order in which entries came into it; the id of an entry that never moved. */
  readonly place: number;
  /** The count of the mailbox when the entry changed last. */
  readonly modseq: number;
  /** 0: nobody filed it. */
  readonly version: number;
  /** It is not in the box's own folder. */
  readonly aside: boolean;
  /** By its owner; null in version 0. */
  readonly sealed: Uint8Array | null;
}

/** One message in one account's box. */
export interface Entry {
  /** Short, counted up within the account, never reused. */
  readonly id: EntryId;
  readonly box: Box;
  /** Account name of the sender. */
  readonly from: AccountName;
  readonly storedAt: number;
  /** Null where unread. The sender's own copy is read from the start. */
  readonly readAt: number | null;
  /** Bytes of the sealed body; 0: there is none. */
  readonly sealedBytes: number;
  readonly envelopeDigest: EnvelopeDigest;
  readonly summary: Uint8Array | null;
  /** Null in a list where there is a summary. */
  readonly envelope: Uint8Array | null;
  /** Empty but for sent mail. Outlives the recipients' own entries. */
  readonly deliveries: readonly Delivery[];
  /** For sent mail that its recipients do not have yet: when they get it. Null: they have it, or never will. */
  readonly heldUntil: number | null;
  /** For sent mail that was taken back before anybody had it: when. */
  readonly cancelledAt: number | null;
  /** In the inbox, until it is read: when it goes back to its sender. */
  readonly expiresAt: number | null;
  /** It is erased when it is read; in the sender's own copy: the recipients' copies are. */
  readonly burn: boolean;
  readonly filing: EntryFiling;
}

export interface ListQuery {
  readonly accountId: AccountId;
  readonly box: Box;
  /** Only entries with a lower id. */
  readonly before: number | null;
  /** 1 to one more than `limits.maxListEntries`; the caller checks. */
  readonly limit: number;
  readonly unread: boolean;
  /** Only mail from this account name. */
  readonly from: AccountName | null;
  /** Only mail stored at this time or later. */
  readonly since: number | null;
  /** Only what is in the box's own folder (false), or only what is not (true). */
  readonly aside: boolean | null;
}

export interface ListPage {
  /** Of the box as far as `aside` asks for it, whatever else the query says. */
  readonly total: number;
  readonly unread: number;
  /** Newest first. */
  readonly entries: readonly Entry[];
}

export interface EntrySummary {
  readonly id: EntryId;
  /** Sealed by its owner. */
  readonly summary: Uint8Array;
}

export interface MailboxStore {
  list(query: ListQuery): Promise<ListPage>;
  /** One answer an id, in order, with envelopes; null where the account has no such entry. */
  entries(accountId: AccountId, ids: readonly EntryId[]): Promise<(Entry | null)[]>;
  /**
   * Keeps all summaries of what is there, or none; other ids are passed over. They count for the mailbox.
   * The keyring is replaced with them, where there is one.
   * @throws {MailError} `too_large` for one that is too long for its envelope; `over_quota`; `keyring_changed`
   */
  saveSummaries(
    accountId: AccountId,
    summaries: readonly EntrySummary[],
    quota?: Quota,
    keyring?: KeyringUpdate | null,
  ): Promise<void>;
  /**
   * Marks what is there and was not read; other ids are passed over. `receipts` are by id: each goes to the sender, with
   * the message's deliveries, where it has none yet; of what is read without one the sender learns nothing. An entry that burns is erased with
   * that, and the body with the last such entry of a message that anybody has read: the sender's own copy is its headers
   * from then on.
   */
  markRead(
    accountId: AccountId,
    ids: readonly EntryId[],
    readAt: number,
    receipts?: ReadonlyMap<EntryId, Uint8Array>,
  ): Promise<void>;
  /**
   * Deletes all or none, and returns their ids. With `versions`, one an id, it deletes each by itself: what has a filing of
   * another version, waits to be sent or is not there is passed over.
   * @throws {MailError} `no_such_message` naming every unknown id, `denied` naming what waits to be sent
   */
  deleteEntries(
    accountId: AccountId,
    ids: readonly EntryId[],
    versions?: readonly number[],
  ): Promise<EntryId[]>;
}
