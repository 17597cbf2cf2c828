import assert from "node:assert/strict";
import { describeGap, requireRightClock } from "../../../../src/client/connection/clock_gap.ts";

const minute = 60_000;

Deno.test("clocks that differ by more than ten minutes are told apart, in the unit that one would say", () => {
  const gaps: readonly [number, string | null][] = [
    [0, null],
    [10 * minute, null],
    [-10 * minute, null],
    [11 * minute, "11 minutes behind the server's"],
    [-119 * minute, "119 minutes ahead of the server's"],
    [180 * minute, "3 hours behind the server's"],
    [-47 * 60 * minute, "47 hours ahead of the server's"],
    [56 * 365 * 24 * 60 * minute, "20440 days behind the server's"],
  ];
  for (const [gap, words] of gaps) assert.equal(describeGap(gap), words, String(gap));
});

Deno.test("keys are not changed by a clock that correspondents would not accept", () => {
  requireRightClock(9 * minute);
  assert.throws(() => requireRightClock(180 * minute), {
    code: "configuration",
    message: "Cannot change the keys: the clock of this machine is 3 hours behind the server's",
  });
});
