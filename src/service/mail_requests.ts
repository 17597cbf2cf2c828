/** What clients ask of mail. */
import type { Moment } from "../model/delivery_time.ts";
import type { EntryId } from "../model/ids.ts";
import type { KeyringUpdate } from "../store/account_store.ts";
import type { EntrySummary, ListQuery } from "../store/mailbox_store.ts";

/** Entries of a box, as a client asks for them. */
export interface MailQuery extends Omit<ListQuery, "accountId" | "since"> {
  /** Only what was stored then or later; a span is counted back from now. */
  readonly since: Moment | null;
}

/** Inbox entries behind an id. */
export interface NewMailQuery {
  readonly after: number;
  readonly unread: boolean;
}

/** A message that was read, and what its reader signed on that; null: the sender is not to know. */
export interface MarkedRead {
  readonly id: EntryId;
  readonly receipt: Uint8Array | null;
}

/** What a reader found out of entries, and its keyring with what it noted of them. */
export interface SavedSummaries {
  readonly summaries: readonly EntrySummary[];
  readonly keyring: KeyringUpdate | null;
}

/** Messages that are taken back, and the keyring of their sender, which gives their numbers up. */
export interface CancelledMessages {
  readonly ids: readonly EntryId[];
  readonly keyring: KeyringUpdate | null;
}
