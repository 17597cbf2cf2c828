/** Messages that did not reach a recipient. */
import type { AccountName, Address } from "../model/address.ts";
import type { AccountId, EntryId } from "../model/ids.ts";
import type { Quota } from "./administration_store.ts";
import type { BounceReason } from "../model/bounce.ts";

/** That a message did not reach a recipient. */
export interface Bounce {
  /** The entry that was asked about. */
  readonly id: EntryId;
  /** An account's name, or the address that was nobody's. */
  readonly recipient: AccountName | Address;
  readonly reason: BounceReason;
  readonly at: number;
  /** Id of the sender's own copy, there or not. */
  readonly original: EntryId;
}

export interface BounceStore {
  /** Tells what came back: of an entry in `sent` all, of a returned entry its own; other ids are passed over. */
  bounced(accountId: AccountId, ids: readonly EntryId[]): Promise<readonly Bounce[]>;
  /**
   * Does a bounded part of what is due and returns whether there may be more: takes out entries that have
   * expired unread and, for null, those of closed accounts, and forgets old requests. Each that was not read goes back to
   * its sender, once, as a returned entry; without the original where the sender has deleted the own copy, or has no room
   * for it. `quota` is as in a message.
   */
  expireDue(accountId: AccountId | null, now: number, quota?: Quota): Promise<boolean>;
}
