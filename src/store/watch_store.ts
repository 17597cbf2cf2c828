/** What came into an inbox, and who is told of it. */
import type { AccountId } from "../model/ids.ts";
import type { Entry } from "./mailbox_store.ts";

export interface StoredNewMailQuery {
  readonly accountId: AccountId;
  /** Only entries with a higher id. */
  readonly after: number;
  /** 1 to one more than `limits.maxListEntries`; the caller checks. */
  readonly limit: number;
  readonly unread: boolean;
}

export interface WatchStore {
  /** What came into the inbox behind an entry and is not aside, oldest first, with envelopes where a list has them. */
  newMail(query: StoredNewMailQuery): Promise<Entry[]>;
  /**
   * Tells a listener whenever something may have come into an account's inbox, or a receipt for what it sent, after
   * that can be read, until the function that it returns is called. It may tell too often, and never of what came
   * before; it must not throw.
   */
  watch(accountId: AccountId, listener: () => void): () => void;
  /** As `watch`, whenever anything may have changed that the feed of changes tells, or the list of folders. */
  watchChanges(accountId: AccountId, listener: () => void): () => void;
}
