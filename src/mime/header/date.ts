/** Dates of messages, as RFC 5322 3.3 has them and as programs write them. */

/** Minutes east of Greenwich. RFC 5322 4.3 has the first ones; a zone that is not here counts as UTC, as it says. */
const zones: Readonly<Record<string, number>> = {
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  WET: 0,
  WEST: 60,
  BST: 60,
  CET: 60,
  CEST: 120,
  MET: 60,
  MEST: 120,
  MEZ: 60,
  MESZ: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  JST: 540,
  KST: 540,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
};

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const time = String.raw`(?<hour>\d{1,2})[:.](?<minute>\d{2})(?:[:.](?<second>\d{2}))?`;
const zone = String.raw`(?<zone>(?:UTC|GMT)?[+-]\d{1,2}:?\d{2}|[A-Za-z]{1,5})`;
const weekday = String.raw`(?:[^\s\d,.]+[.,]?\s*)?`;

/** `Sat, 28 Nov 2026 10:00:00 +0100`, also with the zone before the year; and as `date` and ctime print it. */
const forms: readonly RegExp[] = [
  new RegExp(
    `^${weekday}(?<day>\\d{1,2})[ -](?<month>[A-Za-z]{3,9})\\.?[ -](?<year>\\d{2,4}),? ${time}(?: ?${zone})?(?!\\S)`,
  ),
  new RegExp(
    `^${weekday}(?<day>\\d{1,2}) (?<month>[A-Za-z]{3,9}) ${time}(?: ${zone})? (?<year>\\d{4})(?!\\S)`,
  ),
  new RegExp(
    `^${weekday}(?<month>[A-Za-z]{3,9}) (?<day>\\d{1,2}),? ${time}(?: ${zone})? (?<year>\\d{4})(?: (?:UTC|GMT)?(?<offset>[+-]\\d{4}))?(?!\\S)`,
  ),
];

/** Reads a Date field, in milliseconds since 1970; null where it cannot be used. */
export function parseDate(text: string): number | null {
  return readDate(text)?.ms ?? null;
}

/** Finds the day that a Date field names in its own zone, in days since 1970; null as for `parseDate`. */
export function parseDay(text: string): number | null {
  const date = readDate(text);
  return date && Math.floor((date.ms + 60_000 * date.minutesEast) / 86_400_000);
}

interface ZonedDate {
  /** Since 1970. */
  readonly ms: number;
  readonly minutesEast: number;
}

function readDate(text: string): ZonedDate | null {
  const plain = withoutComments(text).replace(/\s+/g, " ").trim().slice(0, 100);
  const found = forms.map((form) => form.exec(plain)?.groups).find((groups) =>
    groups !== undefined
  );
  const minutesEast = minutesOf(
    found === undefined ? plain : found["offset"] ?? found["zone"] ?? "",
  );
  const ms = found === undefined ? Date.parse(plain) : localTime(found) - 60_000 * minutesEast;
  const year = new Date(ms).getUTCFullYear();
  return year >= 1970 && year <= 9999 ? { ms, minutesEast } : null; // NaN is neither
}

function localTime(groups: Readonly<Record<string, string | undefined>>): number {
  const { day, month, year, hour, minute, second = "0" } = groups;
  const at = months.indexOf(month!.slice(0, 3).toLowerCase());
  // RFC 5322 4.5.11: a minute has 60 seconds at the most but for a leap second.
  const seconds = Math.min(Number(second), 59);
  const local = Date.UTC(fullYear(year!), at, Number(day), Number(hour), Number(minute), seconds);
  const isReal = at >= 0 && new Date(local).getUTCDate() === Number(day) && Number(hour) < 24 &&
    Number(minute) < 60;
  return isReal ? local : NaN;
}

// RFC 5322 4.3
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length >= 4) return year;
  return year + (text.length === 2 && year < 50 ? 2000 : 1900);
}

function minutesOf(zone: string): number {
  const [, sign, hours, minutes] = /([+-])(\d{1,2}):?(\d{2})$/.exec(zone) ?? [];
  if (sign === undefined) return zones[zone.toUpperCase()] ?? 0;
  return Number(`${sign}1`) * (60 * Number(hours) + Number(minutes));
}

/** Comments may hold comments. */
function withoutComments(text: string): string {
  let depth = 0;
  let plain = "";
  for (const character of text.slice(0, 1000)) {
    if (character === "(") depth++;
    else if (character === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0) plain += character;
  }
  return plain;
}
