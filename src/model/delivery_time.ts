/** When a message may be delivered. Times are milliseconds since 1970; `text` is what somebody wrote for one. */
import { MailError } from "./errors.ts";
import { limits } from "./limits.ts";

/** @throws {MailError} `usage` for a time that is over */
export function requireToCome(ms: number, now: number, text: string): void {
  if (ms > now) return;
  throw new MailError("usage", `Cannot take "${text}" as a time to come: it is over`);
}

/** Makes sure that a time is to come, and within `limits.maxHoldMs`. @throws {MailError} `usage` */
export function requireDeliveryTime(ms: number, now: number, text: string): void {
  requireToCome(ms, now, text);
  if (ms - now <= limits.maxHoldMs) return;
  throw new MailError("usage", `Cannot hold a message until "${text}": 366 days are the most`);
}
