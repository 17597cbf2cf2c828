/** From when on mail is announced to go, and goes. */
import assert from "node:assert/strict";
import type { Retention } from "../../../../src/model/retention.ts";
import { goesAt, isTooSoon, retentionTimes } from "../../../../src/store/rules/retention.ts";

const retention: Retention = {
  keepMs: 1_000,
  noticeMs: 100,
  periodMs: 50,
  roundMs: 10,
  sentGraceMs: 60,
  lapseMs: 250,
};

Deno.test("retention: what a moment means", () => {
  assert.deepEqual(retentionTimes(retention, 10_000), {
    storedBy: { inbox: 9_000, sent: 8_940 },
    announcedFor: { inbox: 10_000, sent: 9_940 },
    lapsedBy: 9_750,
    lapsedForSent: 9_810,
    announcedBy: 9_150,
  });
});

Deno.test("retention: what is announced now is told of in time, and by the next announcement would not be", () => {
  const { announcedBy } = retentionTimes(retention, 10_000);
  const later = 10_000 + retention.periodMs;
  assert.equal(goesAt(retention, announcedBy, 10_000), announcedBy + retention.keepMs);
  assert.ok(announcedBy - 1 + retention.keepMs < later + retention.noticeMs);
});

for (
  const [oldest, goes] of [
    [9_200, 10_200],
    [9_100, 10_100],
    [9_000, 10_100],
    [0, 10_100],
  ] as const
) {
  Deno.test(`retention: what was stored at ${oldest} and is announced at 10000 goes at ${goes}`, () => {
    assert.equal(goesAt(retention, oldest, 10_000), goes);
  });
}

for (
  const [toldAt, tooSoon] of [
    [null, false],
    [10_000, true],
    [9_951, true],
    [9_950, false],
    [0, false],
  ] as const
) {
  Deno.test(`retention: told at ${toldAt ?? "no time"}, it is ${tooSoon ? "" : "not "}too soon`, () => {
    assert.equal(isTooSoon(retention, toldAt, 10_000), tooSoon);
  });
}
