/** Days as SEARCH compares them: RFC 9051 6.4.4 and 9 (`date`). */
import type { CommandText } from "../command_text.ts";
import { monthNames } from "./internal_date.ts";

const dayMs = 86_400_000;
const dateText = /("?)(\d{1,2})-([A-Za-z]{3})-(\d{4})\1/y;

/** Reads a date such as `1-Feb-2026`, in days since 1970. @throws {Bad} for a day that there is not */
export function readDate(text: CommandText): number {
  const found = text.match(dateText);
  if (found === null) throw text.bad();
  const [, , day, name, year] = found;
  const month = monthNames.findIndex((each) => each.toLowerCase() === name!.toLowerCase());
  const ms = new Date(0).setUTCFullYear(Number(year), month, Number(day));
  if (month < 0 || new Date(ms).getUTCDate() !== Number(day)) throw text.bad();
  return dayOf(ms);
}

/** The day in UTC, as INTERNALDATE is told, in days since 1970. */
export function dayOf(ms: number): number {
  return Math.floor(ms / dayMs);
}
