/** What a client keeps of the content of its messages, sealed, so that the next one need not open them. */
import type { AccountId, EntryId } from "../model/ids.ts";

export interface EntryOutline {
  readonly id: EntryId;
  /** `limits.maxOutlineBytes` at most; the caller checks. */
  readonly sealed: Uint8Array;
}

/** Outlines count for no mailbox. Each goes with its entry, or with the body of that. */
export interface OutlineStore {
  /** One answer an id, in order; null where there is none. */
  outlines(accountId: AccountId, ids: readonly EntryId[]): Promise<(Uint8Array | null)[]>;
  /**
   * Keeps outlines in the place of earlier ones; what is not there, or has no body, is passed over, and so
   * is an outline by `limits.outlineMarginBytes` longer than that.
   */
  saveOutlines(accountId: AccountId, outlines: readonly EntryOutline[]): Promise<void>;
}
