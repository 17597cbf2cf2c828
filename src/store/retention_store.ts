/** Mail that is kept for a time only. */
import type { AccountId, EntryId } from "../model/ids.ts";
import type { Quota } from "./administration_store.ts";
import type { Retention, RetentionNotice } from "../model/retention.ts";

export interface RetentionStore {
  /**
   * Does a bounded part of keeping mail no longer than it is to be kept, over the accounts behind `after` (0: all) by
   * their ids, and returns the `after` to go on with; null: all were looked at. Mail that is due to go is announced by
   * an entry from `systemName` in its account's inbox, without envelope and body, and goes only once that is
   * `noticeMs` old and its time has come; what was received and not read goes back to its sender. The age of an entry
   * is that of the youngest before it and itself: where the clock was ahead once, mail is kept longer, never shorter.
   * Announcements go unannounced, and an announcement that does not hold any more is made again. An own copy of what
   * waits is no reason for one until its delivery is as long ago. `quota` is as in `expireDue`.
   * Where another process has the job by now, nothing is done, and `after` is returned.
   */
  retain(
    retention: Retention,
    now: number,
    after: number,
    quota?: Quota,
  ): Promise<number | null>;
  /** Tells what entries announce; other ids are passed over. */
  retentionNotices(
    accountId: AccountId,
    ids: readonly EntryId[],
  ): Promise<readonly RetentionNotice[]>;
}
