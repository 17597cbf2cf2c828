/** Dates of messages: what RFC 5322 has, what programs write, and what is no date. */
import assert from "node:assert/strict";
import { parseDate, parseDay } from "../../../../src/mime/header/date.ts";

const dates: readonly (readonly [text: string, iso: string | null])[] = [
  ["Sat, 28 Nov 2026 10:00:00 +0100", "2026-11-28T09:00:00Z"],
  ["28 Nov 2026 10:00 +0100", "2026-11-28T09:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 GMT", "2026-11-28T10:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 -0000", "2026-11-28T10:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 EST", "2026-11-28T15:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 PDT", "2026-11-28T17:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 CEST", "2026-11-28T08:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 MET", "2026-11-28T09:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 XYZ", "2026-11-28T10:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 Z", "2026-11-28T10:00:00Z"],
  ["Sat Nov 28 10:00:00 CET 2026", "2026-11-28T09:00:00Z"],
  ["Sat, 28 Nov 10:00:00 CET 2026", "2026-11-28T09:00:00Z"],
  ["Sat Nov 28 10:00:00 2026", "2026-11-28T10:00:00Z"],
  ["Sat Nov  8 10:00:00 2026 +0100", "2026-11-08T09:00:00Z"],
  ["Sat, 28 Nov 2026 10.00.00 +0100", "2026-11-28T09:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 GMT+01:00", "2026-11-28T09:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 +01:00", "2026-11-28T09:00:00Z"],
  ["Sat, 28 Nov 2026 10:00:00 +0200 (Mitteleurop. Zeit)", "2026-11-28T08:00:00Z"],
  ["Sat, 28 (a (nested) one) Nov 2026 10:00:00 +0200", "2026-11-28T08:00:00Z"],
  ["Sa., 28 Nov 2026 10:00:00 +0200", "2026-11-28T08:00:00Z"],
  ["Sat,28 Nov 2026 10:00:00 +0200", "2026-11-28T08:00:00Z"],
  ["Sat, 28-Nov-26 10:00:00 GMT", "2026-11-28T10:00:00Z"],
  ["Fri, 28 November 2025 10:00:00 +0000", "2025-11-28T10:00:00Z"],
  ["Sat, 28 Nov 126 10:00:00 +0000", "2026-11-28T10:00:00Z"],
  ["Thu, 31 Dec 1998 23:59:60 +0000", "1998-12-31T23:59:59Z"],
  ["Sat, 28 Nov 2026 10:00:00 -600", "2026-11-28T16:00:00Z"],
  ["2026-11-28T10:00:00+01:00", "2026-11-28T09:00:00Z"],
  ["", null],
  ["never", null],
  ["Sat, 31 Feb 2026 10:00:00 +0000", null],
  ["Sat, 28 Nov 2026 25:00:00 +0000", null],
  ["Sat, 28 Xyz 2026 10:00:00 +0000", null],
  ["Thu, 1 Jan 1960 10:00:00 +0000", null],
];

for (const [text, iso] of dates) {
  Deno.test(`a date: ${JSON.stringify(text)}`, () => {
    const time = parseDate(text);
    assert.equal(time === null ? null : new Date(time).toISOString().replace(".000", ""), iso);
  });
}

/** In its own zone, whatever day it is elsewhere. */
for (
  const [text, day] of [
    ["Sat, 28 Nov 2026 23:30:00 -0500", "2026-11-28"],
    ["Sat, 28 Nov 2026 00:30:00 +0500", "2026-11-28"],
    ["Sat, 28 Nov 2026 23:30:00 EST", "2026-11-28"],
    ["Sat Nov 28 00:30:00 2026 +0100", "2026-11-28"],
    ["2026-11-28T00:30:00+01:00", "2026-11-28"],
    ["Sat, 28 Nov 2026 10:00:00", "2026-11-28"],
    ["never", null],
  ] as const
) {
  Deno.test(`the day of a date: ${text}`, () => {
    const found = parseDay(text);
    assert.equal(found, day && Date.parse(day) / 86_400_000);
  });
}

Deno.test("a date takes no longer than its length", () => {
  for (const part of ["(", "Sat, ", "1 ", "28 Nov ", "a", ":"]) parseDate(part.repeat(100_000));
});
