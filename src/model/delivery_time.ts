/** When something is to be, and when a message may be delivered. Times are milliseconds since 1970; `text` is what somebody wrote for one. */
import { type Hint, MailError } from "./errors.ts";
import { limits } from "./limits.ts";

/**
 * A point in time as somebody asks for it: `at` a time, or a `span` counted from another, which whoever uses it names.
 * Spans are counted by the server's clock: that of the asking machine may be wrong.
 */
export type Moment = { readonly kind: "at" | "span"; readonly ms: number };

export const at = (ms: number): Moment => ({ kind: "at", ms });
export const span = (ms: number): Moment => ({ kind: "span", ms });

/** The time that is meant, a span being counted from `start` on. */
export function timeOf({ kind, ms }: Moment, start: number): number {
  return kind === "at" ? ms : Math.min(start + ms, Number.MAX_SAFE_INTEGER);
}

/** The time that is meant, a span being counted back from `end`. */
export function timeBefore({ kind, ms }: Moment, end: number): number {
  return kind === "at" ? ms : Math.max(0, end - ms);
}

/** @throws {MailError} `usage` for a time that is over */
export function requireToCome(ms: number, now: number, text: string): void {
  if (ms > now) return;
  throw new MailError(
    "usage",
    `Cannot use "${text}" as a time: it is in the past`,
    clockHint(text, now),
  );
}

/** It is a date that is refused by this machine's clock, and that may be wrong. */
function clockHint(text: string, now: number): { readonly hint?: Hint } {
  if (!/^\d{4}-/.test(text)) return {};
  const time = new Date(now).toISOString().slice(0, 16);
  return { hint: `Check the clock of this machine: it says ${time}Z.` };
}

/** Makes sure that a time is to come, and within `limits.maxHoldMs`. @throws {MailError} `usage` */
export function requireDeliveryTime(ms: number, now: number, text: string): void {
  requireToCome(ms, now, text);
  if (ms - now <= limits.maxHoldMs) return;
  const days = limits.maxHoldMs / 86_400_000;
  throw new MailError(
    "usage",
    `Cannot hold a message until "${text}": the limit is ${days} days`,
    clockHint(text, now),
  );
}
