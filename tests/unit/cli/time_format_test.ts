import { deepEqual, equal, throws } from "node:assert/strict";
import {
  fullTime,
  isoTime,
  lastUse,
  parseDelivery,
  parseDuration,
  parseSince,
  parseUntil,
  shortTime,
  timesOf,
} from "../../../src/cli/time_format.ts";
import { at, span } from "../../../src/model/delivery_time.ts";
import { formatSize, sizeWithin } from "../../../src/model/size.ts";

const now = new Date(2025, 5, 15, 12, 0).getTime();

Deno.test("a time since is relative or ISO", () => {
  deepEqual(parseSince("2h"), span(7_200_000));
  deepEqual(parseSince("1w"), span(604_800_000));
  deepEqual(parseSince("2025-01-31T14:00Z"), at(Date.UTC(2025, 0, 31, 14)));
  deepEqual(parseSince("2025-01-31"), at(new Date(2025, 0, 31).getTime()));
});

Deno.test("what is no time is refused", () => {
  for (const text of ["", "h", "2y", "-1d", "2025-13-01", "2025-02-30", "yesterday", "1e3h"]) {
    throws(() => parseSince(text), { code: "usage" }, text);
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

Deno.test("a time to come is a span or a date that is not over", () => {
  const now = Date.parse("2026-01-02T03:04:05Z");
  deepEqual(parseUntil("30m", now), span(30 * 60_000));
  deepEqual(parseUntil("2d", now), span(2 * 86_400_000));
  deepEqual(parseUntil("2026-01-02T03:04:06Z", now), at(now + 1_000));
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
  const parsed = ["1s", "90s", "5m", "1h", "24d"].map((text) => parseDuration(text));
  deepEqual(parsed, [1_000, 90_000, 300_000, 3_600_000, 2_073_600_000]);
  for (const text of ["", "0s", "60", "5 m", "-1s", "1.5h", "25d", "577h", "1w", "1e3s", "1S"]) {
    throws(() => parseDuration(text), { code: "usage" }, text);
  }
});

Deno.test("a time of delivery lies ahead, and not too far", () => {
  deepEqual(parseDelivery("1h", now), span(3_600_000));
  deepEqual(parseDelivery("52w", now), span(52 * 7 * 86_400_000));
  for (const text of ["53w", "367d", "3000-01-01", "2020-01-01", "0h", "soon"]) {
    throws(() => parseDelivery(text, now), { code: "usage" }, text);
  }
});

Deno.test("expiry counts from the delivery, and lies behind it", () => {
  const later = now + 7_200_000;
  const expires = span(3_600_000);
  deepEqual(timesOf({}, now), { deliver: undefined, expires: undefined });
  deepEqual(timesOf({ at: at(later), expires }, now), { deliver: at(later), expires });
  deepEqual(timesOf({ hold: 60_000, expires }, now), { deliver: span(60_000), expires });
  deepEqual(timesOf({ at: at(later), expires: at(later + 1) }, now).expires, at(later + 1));
  for (
    const terms of [{ at: at(later), expires: at(later) }, {
      hold: 1_000,
      expires: at(now + 1_000),
    }]
  ) {
    throws(() => timesOf(terms, now), { code: "usage", message: /before it is/ });
  }
  throws(() => timesOf({ at: at(later), hold: 1 }, now), { code: "usage" });
});

Deno.test("nothing was used before it was made, though its use is noted to the hour", () => {
  equal(lastUse({ createdAt: 21, usedAt: 0 }), 21);
  equal(lastUse({ createdAt: 21, usedAt: 60 }), 60);
  equal(lastUse({ createdAt: 21, usedAt: null }), null);
});
