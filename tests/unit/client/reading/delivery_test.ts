/** Mail that waited, and came before its sender let it: by the reader's clock, or by the server's own word. */
import assert from "node:assert/strict";
import { isEarly } from "../../../../src/client/reading/delivery.ts";
import { succession } from "../../../../src/model/account.ts";

const time = 1_767_323_045_000;
const slack = succession.slackMs;

const cases: readonly [
  name: string,
  box: "inbox" | "sent",
  notBefore: number | null,
  storedAt: number,
  now: number,
  expected: boolean,
][] = [
  ["mail that did not wait", "inbox", null, 0, 0, false],
  ["mail that came in time", "inbox", time, time + 1, time + 2, false],
  ["mail of a clock that is a little ahead", "inbox", time, time - slack, time - slack, false],
  ["mail shown before its time", "inbox", time, time - slack - 1, time - slack - 1, true],
  ["mail whose server gives a time to come", "inbox", time, time + 5, time - slack - 1, true],
  ["mail looked at later, stored before", "inbox", time, time - slack - 1, time + 5, true],
  ["the sender's own copy", "sent", time, 0, 0, false],
];

for (const [name, box, notBefore, storedAt, now, expected] of cases) {
  Deno.test(`${name} is ${expected ? "" : "not "}early`, () => {
    assert.equal(isEarly({ box, notBefore, storedAt }, now), expected);
  });
}
