/** Messages that wait for their time. */
import type { AccountId, EntryId } from "../model/ids.ts";
import type { KeyringUpdate } from "./account_store.ts";
import type { Quota } from "./administration_store.ts";

export interface HeldStore {
  /**
   * Takes back messages that wait: nobody ever gets them, and the sender's own copies stay. Those taken back before
   * stay so. All or none, and none of them in part.
   * @throws {MailError} `no_such_message` for ids that are not in the account's `sent`; `already_sent` naming all that
   * are; `keyring_changed`
   */
  cancel(
    accountId: AccountId,
    ids: readonly EntryId[],
    cancelledAt: number,
    keyring?: KeyringUpdate | null,
  ): Promise<void>;
  /**
   * Delivers some of what is due, each message to all its recipients in one transaction, and returns whether there may
   * be more. Whoever closed the account meanwhile, or has no room, has it returned to the sender; keys that changed
   * since it was sealed are no reason to. Who has blocked the sender by then gets nothing, and nothing is returned. `quota` is as in a message.
   */
  deliverDue(now: number, quota?: Quota): Promise<boolean>;
  /** When the next message that waits is due; null: none waits. */
  nextDelivery(): Promise<number | null>;
}
