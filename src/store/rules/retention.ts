/** From when on mail is announced to go, and goes. */
import type { Box } from "../../model/message.ts";
import type { Retention } from "../../model/retention.ts";

/** What a moment means for mail that is kept for a time only; all in milliseconds since 1970. */
export interface RetentionTimes {
  /** An entry that was stored by then may go, and so may an announcement by that of the inbox. */
  readonly storedBy: Readonly<Record<Box, number>>;
  /** It goes if an announcement named a time by then. */
  readonly announcedFor: Readonly<Record<Box, number>>;
  /** An announcement of a time by then does not hold any more. */
  readonly lapsedBy: number;
  /** Sent mail does not go by one either that may not hold any more for those who have received it. */
  readonly lapsedForSent: number;
  /** What was stored by then is announced: the announcement after this one would come too late. */
  readonly announcedBy: number;
}

export function retentionTimes(
  { keepMs, noticeMs, periodMs, sentGraceMs, lapseMs }: Retention,
  now: number,
): RetentionTimes {
  return {
    storedBy: { inbox: now - keepMs, sent: now - keepMs - sentGraceMs },
    announcedFor: { inbox: now, sent: now - sentGraceMs },
    lapsedBy: now - lapseMs,
    lapsedForSent: now - lapseMs + sentGraceMs,
    announcedBy: now - keepMs + noticeMs + periodMs,
  };
}

/** Tells whether it is too soon after the last announcement that holds, at `toldAt`, for another; null: there is none. */
export function isTooSoon({ periodMs }: Retention, toldAt: number | null, now: number): boolean {
  return toldAt !== null && toldAt + periodMs > now;
}

/** When that goes whose oldest entry has this age: not before it was announced long enough. */
export function goesAt({ keepMs, noticeMs }: Retention, oldest: number, now: number): number {
  return Math.max(now + noticeMs, oldest + keepMs);
}
