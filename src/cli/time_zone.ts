/**
 * The local time zone, where the runtime does not know it and would take UTC without a word: `TZ` as POSIX has it
 * (`CET-1CEST,M3.5.0,M10.5.0/3`; IEEE Std 1003.1, 8.3) and zone files by their path, `/etc/localtime` among them. Of a
 * zone file the last line is read, RFC 9636 3.3: the rule that holds today, not those of earlier years.
 */
import { host } from "./host.ts";

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;
const maxZoneFileBytes = 64 * 1024;

/** When a day comes in every year, and the time on it, in milliseconds. */
interface Change {
  readonly dayOf: (year: number) => number;
  readonly time: number;
}

/** A rule. Offsets are milliseconds east of UTC. */
export interface Zone {
  readonly standard: number;
  readonly summer: { readonly offset: number; readonly from: Change; readonly to: Change } | null;
}

/** How far local time is ahead of UTC at a moment, in milliseconds. */
export function localOffset(ms: number): number {
  const zone = localZone();
  return zone === null ? runtimeOffset(ms) : zoneOffset(zone, ms);
}

/**
 * The moment of a local time, that as milliseconds as if it were UTC. A time that is skipped is taken as if the clock
 * had not been set yet; of one that comes twice it is the first.
 */
export function fromLocal(local: number, offsetAt = localOffset): number {
  const [before, after] = [offsetAt(local - day), offsetAt(local + day)];
  return offsetAt(local - after) === after && offsetAt(local - before) !== before
    ? local - after
    : local - before;
}

export function zoneOffset({ standard, summer }: Zone, ms: number): number {
  if (summer === null) return standard;
  const year = new Date(ms + standard).getUTCFullYear();
  const from = summer.from.dayOf(year) + summer.from.time - standard;
  const to = summer.to.dayOf(year) + summer.to.time - summer.offset;
  const isSummer = from < to ? ms >= from && ms < to : ms >= from || ms < to;
  return isSummer ? summer.offset : standard;
}

/** Parses a rule; null for what is none, as the name of a zone. */
export function parseZone(text: string): Zone | null {
  const name = "(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)";
  const offset = String.raw`[+-]?\d{1,2}(?::\d\d(?::\d\d)?)?`;
  const rule = new RegExp(`^${name}(${offset})(?:(${name})(${offset})?(?:,([^,]+),([^,]+))?)?$`);
  const [, standard, summerName, summer, from = "M3.2.0", to = "M11.1.0"] = rule.exec(text) ?? [];
  if (standard === undefined) return null;
  const east = 0 - timeOf(standard);
  if (summerName === undefined) return { standard: east, summer: null };
  const [start, end] = [parseChange(from), parseChange(to)];
  if (start === null || end === null) return null;
  const offsetInSummer = summer === undefined ? east + hour : 0 - timeOf(summer);
  return { standard: east, summer: { offset: offsetInSummer, from: start, to: end } };
}

/** Parses `M3.5.0/3` (month, week, weekday), `J60` (no leap day is counted) or `59` (it is, and days begin at 0). */
function parseChange(text: string): Change | null {
  const [, date = "", clock = "2"] = /^([^/]+)(?:\/([+-]?\d{1,3}(?::\d\d){0,2}))?$/.exec(text) ??
    [];
  const time = timeOf(clock);
  const [, month, week, weekday] = /^M(\d{1,2})\.([1-5])\.([0-6])$/.exec(date) ?? [];
  if (month !== undefined && Number(month) >= 1 && Number(month) <= 12) {
    return { dayOf: (year) => weekdayOf(year, Number(month), Number(week), Number(weekday)), time };
  }
  const [, julian, count] = /^(J?)(\d{1,3})$/.exec(date) ?? [];
  if (count === undefined || Number(count) > 365) return null;
  if (julian === "") return { dayOf: (year) => Date.UTC(year, 0, 1) + Number(count) * day, time };
  // Day 60 is 1 March in every year: counted in one that has no leap day.
  const { month: fixed, date: on } = monthAndDate(Date.UTC(2001, 0, Number(count)));
  return { dayOf: (year) => Date.UTC(year, fixed, on), time };
}

/** Week 5 is the last that the month has. */
function weekdayOf(year: number, month: number, week: number, weekday: number): number {
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const date = 1 + (weekday - first + 7) % 7 + (week - 1) * 7;
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return Date.UTC(year, month - 1, date > days ? date - 7 : date);
}

function monthAndDate(ms: number): { month: number; date: number } {
  const at = new Date(ms);
  return { month: at.getUTCMonth(), date: at.getUTCDate() };
}

/** Milliseconds of `5`, `-5:30` or `+2:00:30`. */
function timeOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  const ms = hours * hour + minutes * 60 * second + seconds * second;
  return text.startsWith("-") ? 0 - ms : ms;
}

let known: { readonly setting: string | undefined; readonly zone: Zone | null } | null = null;

/** Null where the runtime knows the zone. */
function localZone(): Zone | null {
  const setting = host.env.get("TZ");
  if (known === null || known.setting !== setting) known = { setting, zone: findZone(setting) };
  return known.zone;
}

function findZone(setting: string | undefined): Zone | null {
  if (setting === undefined) return unknownToRuntime(zoneOfFile("/etc/localtime"));
  const text = setting.replace(/^:/, "");
  return text.startsWith("/") ? zoneOfFile(text) : parseZone(text);
}

/** The runtime knows earlier rules too, so it is asked wherever it has found the right zone. */
function unknownToRuntime(zone: Zone | null): Zone | null {
  if (zone === null) return null;
  const now = host.now();
  const isSame = (ms: number) => runtimeOffset(ms) === zoneOffset(zone, ms);
  return [0, 91, 182, 273].every((days) => isSame(now + days * day)) ? null : zone;
}

function zoneOfFile(path: string): Zone | null {
  try {
    if (Deno.statSync(path).size > maxZoneFileBytes) return null;
    const text = new TextDecoder("latin1").decode(Deno.readFileSync(path));
    return text.startsWith("TZif") ? parseZone(text.trimEnd().split("\n").at(-1)!) : null;
  } catch {
    return null; // no such file: the runtime's zone
  }
}

function runtimeOffset(ms: number): number {
  return new Date(ms).getTimezoneOffset() * -60 * second;
}
