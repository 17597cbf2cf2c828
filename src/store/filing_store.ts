/** How the messages of an account are filed, and what changed in its mailbox: sealed, but for one bit, `aside`. */
import type { AccountId, EntryId } from "../model/ids.ts";
import type { KeyringPart } from "../model/keyring.ts";
import type { Quota } from "./administration_store.ts";
import type { Entry } from "./mailbox_store.ts";

/** An entry as the feed of changes tells of it. */
export type FiledEntry = Pick<
  Entry,
  "id" | "box" | "storedAt" | "readAt" | "sealedBytes" | "envelopeDigest" | "filing"
>;

/** A filing as its owner sealed it. */
export interface SealedFiling {
  readonly sealed: Uint8Array;
  /** It is not in the box's own folder. */
  readonly aside: boolean;
}

/** A filing in the place of that of `expectedVersion`. */
export interface NewFiling extends SealedFiling {
  readonly id: EntryId;
  readonly expectedVersion: number;
  /** It comes into another folder, where it gets a place behind all others. */
  readonly moves: boolean;
}

/** `stale`: it has another version by now. */
export type FilingOutcome = "filed" | "stale" | "gone";

export interface FilingAnswer {
  readonly outcome: FilingOutcome;
  /** As it is now; null where it is gone. */
  readonly entry: FiledEntry | null;
}

export interface NewCopy extends SealedFiling {
  /** What it is a copy of. */
  readonly id: EntryId;
}

export interface ChangesQuery {
  readonly accountId: AccountId;
  /** Only what changed behind this count; 0: all. */
  readonly since: number;
  /**
   * Up to which count the asker has heard of what went. Of somebody who follows, that is `since`; of somebody who lists
   * all, the `newest` of the first page, and there 0.
   */
  readonly known: number;
  /** 1 to `limits.maxFilingsPerRequest`; the caller checks. */
  readonly limit: number;
  /** Only entries that are aside: for a list, not to follow it, since nothing tells what comes back. */
  readonly aside: boolean;
}

export interface Changes {
  /** Ask on with it: all that changed up to it was told. */
  readonly modseq: number;
  /** The count of the mailbox as it is now. */
  readonly newest: number;
  /** `known` is too long ago, or ahead, as after a backup was restored: nothing is told, and the asker begins anew. */
  readonly reset: boolean;
  /** Each as it is now, in the order in which they changed last. */
  readonly entries: readonly FiledEntry[];
  readonly gone: readonly EntryId[];
  readonly more: boolean;
  /** The version of the list of folders as it is now. */
  readonly folders: number;
}

/** The list of folders, sealed for its version; null: version 0, it was never changed. */
export interface StoredFolders {
  readonly version: number;
  readonly sealed: Uint8Array | null;
}

/** A list of folders in the place of that of `expectedVersion`. */
export interface FoldersUpdate extends KeyringPart {
  readonly expectedVersion: number;
}

/**
 * Every mailbox counts its changes, and each entry has the count of its last one (`modseq`, RFC 7162): of its arrival, its
 * read mark, its filing, its receipts, its wait and its burning. Every loss of an entry counts too, whatever the reason.
 */
export interface FilingStore {
  /** One answer an id, in order, without envelopes; null where the account has no such entry. */
  filedEntries(accountId: AccountId, ids: readonly EntryId[]): Promise<(FiledEntry | null)[]>;
  /** Tells what changed, in the order of the counts. */
  changes(query: ChangesQuery): Promise<Changes>;
  /**
   * Files entries, each by itself; one answer a filing, in order. What was filed just so before is `filed` again.
   * @throws {MailError} `over_quota`: then none is filed. A short filing never is.
   */
  fileEntries(
    accountId: AccountId,
    filings: readonly NewFiling[],
    quota?: Quota,
  ): Promise<FilingAnswer[]>;
  /**
   * Makes copies, which share the body and count in full, all or none of those that are there. One answer a copy, in
   * order: its id; null where there is no such entry. A copy has no summary.
   * @throws {MailError} `denied` naming what burns, waits, or is of the server's making; `over_quota`
   */
  copyEntries(
    accountId: AccountId,
    copies: readonly NewCopy[],
    quota?: Quota,
  ): Promise<(EntryId | null)[]>;
  /** Marks inbox entries as unread; other ids are passed over. What was read once never goes back to its sender. */
  markUnread(accountId: AccountId, ids: readonly EntryId[]): Promise<void>;
  folders(accountId: AccountId): Promise<StoredFolders>;
  /** Replaces the list; false, and nothing is changed, where it has another version by now. */
  replaceFolders(accountId: AccountId, update: FoldersUpdate): Promise<boolean>;
}
