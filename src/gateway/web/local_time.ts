/** Times as people type them, in this machine's zone unless they say another one. */
import { MailError } from "../../model/errors.ts";

const isoTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** Reads an ISO date with or without a time, in milliseconds since 1970. @throws {MailError} `usage` */
export function localTime(text: string): number {
  const whole = text.includes("T") ? text : `${text}T00:00`; // a day alone would be one in UTC
  const ms = isoTime.test(text) ? Date.parse(whole) : NaN;
  if (!Number.isNaN(ms)) return Math.max(0, ms);
  throw new MailError("usage", `Cannot use "${text}" as a time`, {
    hint: "Write 2025-01-31 or 2025-01-31T14:00Z.",
  });
}
