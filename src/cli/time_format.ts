/** Times as people and programs write them. No Intl: loading it costs as much as starting the program. */
import {
  at,
  type Moment,
  requireDeliveryTime,
  requireToCome,
  span,
  timeOf,
} from "../model/delivery_time.ts";
import { type Hint, MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { host } from "./host.ts";
import { fromLocal, localOffset } from "./time_zone.ts";

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const weekdays = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Formats for programs: ISO 8601 in UTC; null where a sender's clock is out of all bounds. */
export function isoTime(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Formats for a column, 6 to 10 wide, in local time: the time today, the day this year, else the date. */
export function shortTime(ms: number, now: number): string {
  const [date, today] = [localDate(ms), localDate(now)];
  if (Number.isNaN(date.getTime())) return "?";
  if (dayOf(date) === dayOf(today)) {
    return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  }
  if (date.getUTCFullYear() !== today.getUTCFullYear()) return dayOf(date);
  return `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
}

/** Formats in full for a person, in local time with its offset. */
export function fullTime(ms: number): string {
  const date = localDate(ms);
  if (Number.isNaN(date.getTime())) return "unknown";
  const offset = Math.round(localOffset(ms) / 60_000);
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(Math.abs(offset) / 60))}${
    two(Math.abs(offset) % 60)
  }`;
  const [hours, minutes, seconds] = [
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  const time = `${two(hours)}:${two(minutes)}:${two(seconds)}`;
  return `${weekdays[date.getUTCDay()]} ${dayOf(date)} ${time} ${zone}`;
}

/** Parses `30m`, `2h`, `3d`, `1w` before now, or an ISO date with or without a time. @throws {MailError} `usage` */
export function parseSince(text: string): Moment {
  const before = spanOf(text);
  if (before !== null) return span(before);
  return at(parseDate(text, "Write 30m, 2h, 3d, 1w, 2025-01-31 or 2025-01-31T14:00Z."));
}

/** Milliseconds of `30m`, `2h`, `3d` or `1w`; null where the text is no such span. */
function spanOf(text: string): number | null {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  return unit === undefined ? null : Number(count) * unitMs[unit as keyof typeof unitMs];
}

/** Parses an ISO date with or without a time, in milliseconds since 1970. @throws {MailError} `usage` */
export function parseTime(text: string): number {
  return parseDate(text, "Write 2025-01-31 or 2025-01-31T14:00Z.");
}

/** Parses an ISO date with or without a time. @throws {MailError} `usage` */
function parseDate(text: string, hint: Hint): number {
  const [, day, time, zone] = /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(.*))?$/
    .exec(text) ?? [];
  const ms = zone ? Date.parse(text) : localTime(`${day ?? ""}${time ?? "T00:00"}`);
  if (Number.isFinite(ms)) return Math.max(0, ms);
  throw new MailError("usage", `Cannot use "${text}" as a time`, { hint });
}

/** Parses `90s`, `5m`, `1h` or `2d` into milliseconds, of which there may be `most`. @throws {MailError} `usage` */
export function parseDuration(text: string, most: number = limits.maxWaitMs): number {
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  const ms = unit === "s" ? Number(count) * 1000 : Number(count) * unitMs[unit as "m" | "h" | "d"];
  if (unit !== undefined && ms > 0 && ms <= most) return ms;
  const reason = ms > most ? `: the limit is ${most / unitMs.d}d` : "";
  throw new MailError("usage", `Cannot use "${text}" as a duration${reason}`, {
    hint: "Write 90s, 5m, 1h or 2d.",
  });
}

/**
 * Parses how long mail is kept: `36h`, `90d`, `12w`, `1y`, or `0`, null, for ever. No minutes: `6m` would be taken for
 * months. @throws {MailError} `usage`
 */
export function parseKeep(text: string): number | null {
  if (text === "0") return null;
  const [, count, unit] = /^(\d{1,6})([hdwy])$/.exec(text) ?? [];
  const ms = Number(count) * (unit === "y" ? 365 * unitMs.d : unitMs[unit as "h" | "d" | "w"]);
  if (ms >= limits.minKeepMs && ms <= limits.maxKeepMs) return ms;
  throw new MailError("usage", `Cannot use "${text}" as a time to keep mail`, {
    hint: "Write 36h, 90d, 12w or 1y (1h to 100y), or 0 to keep all mail.",
  });
}

/**
 * Parses `30m`, `1h`, `2d` or `1w`, which whoever uses it counts from something, or an ISO date that is still to come.
 * @throws {MailError} `usage`
 */
export function parseUntil(text: string, now = host.now()): Moment {
  const after = spanOf(text);
  if (after !== null && after > 0) return span(after);
  const nextYear = localDate(now).getUTCFullYear() + 1;
  const ms = parseDate(
    text,
    `Write 30m, 2h, 3d, 1w, ${nextYear}-01-31 or ${nextYear}-01-31T14:00Z.`,
  );
  requireToCome(ms, now, text);
  return at(ms);
}

/** Parses when a message is to be delivered, at most a year ahead. @throws {MailError} `usage` */
export function parseDelivery(text: string, now = host.now()): Moment {
  const delivery = parseUntil(text, now);
  requireDeliveryTime(timeOf(delivery, now), now, text);
  return delivery;
}

/** Puts the times of a message together. @throws {MailError} `usage` for times that do not follow one another */
export function timesOf(
  { at, hold, expires }: {
    readonly at?: Moment | undefined;
    readonly hold?: number | undefined;
    readonly expires?: Moment | undefined;
  },
  now = host.now(),
): { deliver: Moment | undefined; expires: Moment | undefined } {
  if (at !== undefined && hold !== undefined) {
    throw new MailError("usage", "Cannot use both --at and --hold");
  }
  const deliver = hold === undefined ? at : span(hold);
  const delivery = deliver === undefined ? now : timeOf(deliver, now);
  if (expires === undefined || timeOf(expires, delivery) > delivery) return { deliver, expires };
  throw new MailError("usage", "Cannot let the message expire before it is delivered");
}

/** A time without a zone is the person's own; its day must exist. */
function localTime(text: string): number {
  const date = new Date(`${text}Z`);
  return date.getUTCDate() === Number(text.slice(8, 10)) ? fromLocal(date.getTime()) : NaN;
}

/** Local time, in the fields that a date has for UTC. */
function localDate(ms: number): Date {
  return new Date(Number.isNaN(new Date(ms).getTime()) ? NaN : ms + localOffset(ms));
}

function dayOf(date: Date): string {
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** When something was last used: it is noted to the hour, which may have begun before the thing was made. */
export function lastUse(
  { createdAt, usedAt }: { readonly createdAt: number; readonly usedAt: number | null },
): number | null {
  return usedAt === null ? null : Math.max(createdAt, usedAt);
}
