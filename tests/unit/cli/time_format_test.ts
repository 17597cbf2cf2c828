import { deepEqual, equal, throws } from "node:assert/strict";
import {
  fullTime,
  isoTime,
  parseDelivery,
  parseDuration,
  parseExpiry,
  parseSince,
  parseUntil,
  shortTime,
  timesOf,
} from "../../../src/cli/time_format.ts";
import { formatSize, sizeWithin } from "../../../src/model/size.ts";

const now = new Date(2025, 5, 15, 12, 0).getTime();

Deno.test("a time since is relative or ISO", () => {
  equal(parseSince("2h", now), now - 7_200_000);
  equal(parseSince("1w", now), now - 604_800_000);
  equal(parseSince("2025-01-31T14:00Z", now), Date.UTC(2025, 0, 31, 14));
  equal(parseSince("2025-01-31", now), new Date(2025, 0, 31).getTime());
  equal(parseSince("999999w", now), 0);
});

Deno.test("what is no time is refused", () => {
  for (const text of ["", "h", "2y", "-1d", "2025-13-01", "2025-02-30", "yesterday", "1e3h"]) {
    throws(() => parseSince(text, now), { code: "usage" }, text);
  }
});

Deno.test("a time in a list is short, and a clock out of all bounds harms nothing", () => {
  equal(shortTime(new Date(2025, 5, 15, 9, 5).getTime(), now), "09:05");
  equal(shortTime(new Date(2025, 0, 3).getTime(), now), "Jan  3");
  equal(shortTime(new Date(2024, 11, 31).getTime(), now), "2024-12-31");
  equal(shortTime(1e300, now), "?");
  equal(isoTime(1e300), null);
  equal(fullTime(NaN), "unknown");
});

Deno.test("a time to come is a span from now or a date that is not over", () => {
  const now = Date.parse("2026-01-02T03:04:05Z");
  equal(parseUntil("30m", now), now + 30 * 60_000);
  equal(parseUntil("2d", now), now + 2 * 86_400_000);
  equal(parseUntil("2026-01-02T03:04:06Z", now), now + 1_000);
  for (const text of ["", "1", "0h", "-1h", "2026-01-02T03:04:05Z", "2020-01-01", "soon"]) {
    throws(() => parseUntil(text, now), { code: "usage" });
  }
});

Deno.test("sizes are read and written with units", () => {
  const parse = sizeWithin(1, 1024 ** 3);
  equal(parse("25M"), 25 * 1024 ** 2);
  equal(parse("64k"), 65536);
  equal(parse("7"), 7);
  for (const text of ["", "0", "2G", "1.5M", "-1", "1T"]) {
    throws(() => parse(text), { code: "usage" });
  }
  equal(formatSize(1023), "1023 B");
  equal(formatSize(1536), "1.5 KiB");
});

Deno.test("a length of time is a number with a unit, up to 24 days", () => {
  const parsed = ["1s", "90s", "5m", "1h", "24d"].map(parseDuration);
  deepEqual(parsed, [1_000, 90_000, 300_000, 3_600_000, 2_073_600_000]);
  for (const text of ["", "0s", "60", "5 m", "-1s", "1.5h", "25d", "577h", "1w", "1e3s", "1S"]) {
    throws(() => parseDuration(text), { code: "usage" }, text);
  }
});

Deno.test("a time of delivery lies ahead, and not too far", () => {
  equal(parseDelivery("1h", now), now + 3_600_000);
  equal(parseDelivery("52w", now), now + 52 * 7 * 86_400_000);
  for (const text of ["53w", "367d", "3000-01-01", "2020-01-01", "0h", "soon"]) {
    throws(() => parseDelivery(text, now), { code: "usage" }, text);
  }
});

Deno.test("expiry counts from the delivery, and lies behind it", () => {
  const at = now + 7_200_000;
  const iso = (ms: number) => new Date(ms).toISOString();
  deepEqual(timesOf({}, now), { deliverAt: undefined, holdMs: undefined, expiresAt: undefined });
  equal(timesOf({ expires: "1h" }, now).expiresAt, now + 3_600_000);
  equal(timesOf({ at, expires: "1h" }, now).expiresAt, at + 3_600_000);
  equal(timesOf({ hold: 60_000, expires: "1h" }, now).expiresAt, now + 3_660_000);
  equal(timesOf({ at, expires: iso(at + 1) }, now).expiresAt, at + 1);
  throws(() => timesOf({ at, expires: iso(at) }, now), { code: "usage", message: /before it is/ });
  throws(() => timesOf({ at, hold: 1 }, now), { code: "usage" });
  equal(parseExpiry("1h"), "1h");
  for (const text of ["0h", "2020-01-01", "soon"]) {
    throws(() => parseExpiry(text), { code: "usage" }, text);
  }
});
