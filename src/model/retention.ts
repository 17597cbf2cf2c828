/** How long a server keeps mail, and how early it tells its owner that some of it goes. */
import type { EntryId } from "./ids.ts";
import { limits } from "./limits.ts";

/** All in milliseconds. */
export interface Retention {
  /** What is older goes, once it was announced. */
  readonly keepMs: number;
  /** Nothing goes sooner than this after its announcement. */
  readonly noticeMs: number;
  /** A mailbox gets an announcement after this time at the soonest. */
  readonly periodMs: number;
  /** All mailboxes are looked at in this time. */
  readonly roundMs: number;
  /** Sent mail goes so much later: what comes back unread still finds its original there. */
  readonly sentGraceMs: number;
  /** An announcement holds for so long after its time: if the server was off meanwhile, it is made again. */
  readonly lapseMs: number;
}

const hourMs = 3_600_000;

/** Works out what follows from how long mail is kept: a short time is announced shortly before. */
export function retentionOf(keepMs: number): Retention {
  const noticeMs = Math.min(limits.retentionNoticeMs, Math.floor(keepMs / 10));
  const periodMs = Math.min(limits.retentionPeriodMs, Math.floor(keepMs / 2));
  const roundMs = Math.min(hourMs, Math.floor(noticeMs / 8));
  const sentGraceMs = periodMs + roundMs;
  return { keepMs, noticeMs, periodMs, roundMs, sentGraceMs, lapseMs: 3 * periodMs + noticeMs };
}

/** How long mail is kept, in milliseconds, as a setting that all servers of a store have to have; null: for ever. */
export function keepSetting(keepMs: number | null) {
  return { keep: keepMs === null ? "none" : `${keepMs / 1000} s` };
}

/** What an announcement says: how much mail goes, and when. Times are milliseconds since 1970. */
export interface RetentionNotice {
  /** The entry in the inbox that tells it. */
  readonly id: EntryId;
  /** Of both boxes; none of them was announced before. */
  readonly messages: number;
  /** When the oldest of them was stored. */
  readonly oldest: number;
  readonly at: number;
  /** Nothing of it goes before. */
  readonly goesAt: number;
}
