/** When a mailbox has no room. */
import assert from "node:assert/strict";
import { isOverQuota } from "../../../../src/store/rules/quota.ts";

type Bounds = readonly [maxMessages: number | null, maxBytes: number | null];

const server = { maxMessages: 3, maxBytes: 100_000 };

const cases: readonly (readonly [
  what: string,
  holds: readonly [messages: number, bytes: number],
  own: Bounds,
  quota: typeof server | undefined,
  isOver: boolean,
])[] = [
  ["what fills it to the last message and byte fits", [3, 100_000], [null, null], server, false],
  ["one message more does not", [4, 100_000], [null, null], server, true],
  ["one byte more does not", [3, 100_001], [null, null], server, true],
  ["its own bounds go before the server's", [5, 200_000], [5, 200_000], server, false],
  ["its own bounds may be the lower ones", [2, 50], [1, null], server, true],
  ["short messages count for 512 bytes each", [4, 40], [9, 4 * 512], server, false],
  ["and fill it too", [5, 50], [9, 4 * 512], server, true],
  ["one of them may be the server's", [5, 100_001], [5, null], server, true],
  ["an own bound of 0 is none", [1e6, 1e12], [0, 0], server, false],
  [
    "a server's bound of 0 is none",
    [1e6, 1e12],
    [null, null],
    { maxMessages: 0, maxBytes: 0 },
    false,
  ],
  ["no quota of the server has none", [1e6, 1e12], [null, null], undefined, false],
  ["but the mailbox has its own", [1, 11], [null, 10], undefined, true],
];

for (const [what, [messages, bytes], [maxMessages, maxBytes], quota, isOver] of cases) {
  Deno.test(`quota: ${what}`, () => {
    assert.equal(isOverQuota({ messages, bytes, maxMessages, maxBytes }, quota), isOver);
  });
}
