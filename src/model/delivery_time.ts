/** When a message may be delivered. Times are milliseconds since 1970; `text` is what somebody wrote for one. */
import { MailError } from "./errors.ts";
import { limits } from "./limits.ts";

/** @throws {MailError} `usage` for a time that is over */
export function requireToCome(ms: number, now: number, text: string): void {
  if (ms > now) return;
  throw new MailError("usage", `Cannot use "${text}" as a time: it is in the past`);
}

/** Makes sure that a time is to come, and within `limits.maxHoldMs`. @throws {MailError} `usage` */
export function requireDeliveryTime(ms: number, now: number, text: string): void {
  requireToCome(ms, now, text);
  if (ms - now <= limits.maxHoldMs) return;
  throw new MailError("usage", `Cannot hold a message until "${text}": the limit is 366 days`);
}
