/** When a mailbox has no room. */
import assert from "node:assert/strict";
import { accountId } from "../../../../src/model/ids.ts";
import { systemAccountId } from "../../../../src/store/inbound_store.ts";
import { isFullFor, isOverQuota } from "../../../../src/store/rules/quota.ts";

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

const owner = accountId(7);
const sources = { owner, account: accountId(8), outside: systemAccountId } as const;

/** Of 1,000 messages and 1,000,000 bytes. */
const shares: readonly (readonly [
  what: string,
  source: keyof typeof sources,
  holds: readonly [messages: number, bytes: number],
  used: readonly [messages: number, bytes: number],
  bounds: Bounds,
  isFull: boolean,
])[] = [
  ["an account fills a quarter", "account", [900, 900_000], [250, 250_000], [null, null], false],
  ["not one message more", "account", [900, 900_000], [251, 250_000], [null, null], true],
  ["not one byte more", "account", [900, 900_000], [250, 250_001], [null, null], true],
  ["all of outside fills half", "outside", [900, 900_000], [500, 500_000], [null, null], false],
  ["not more", "outside", [900, 900_000], [501, 500_000], [null, null], true],
  ["not more bytes", "outside", [900, 900_000], [5, 500_001], [null, null], true],
  ["the owner fills all of it", "owner", [1_000, 1e6], [1_000, 1e6], [null, null], false],
  ["and no more", "owner", [1_001, 1e6], [1_001, 1e6], [null, null], true],
  ["nobody gets into a full one", "account", [1_001, 1e6], [1, 1], [null, null], true],
  ["its own bounds have shares too", "account", [40, 40], [11, 11], [40, 0], true],
  ["short messages count for 512 bytes each", "account", [9, 90], [4, 40], [0, 16 * 512], false],
  ["and use up a share", "account", [9, 90], [5, 50], [0, 16 * 512], true],
  ["a share is one message at least", "account", [1, 1], [1, 1], [1, 0], false],
  ["no bound has no shares", "outside", [1e6, 1e12], [1e6, 1e12], [0, 0], false],
];

for (const [what, source, holds, used, [maxMessages, maxBytes], isFull] of shares) {
  Deno.test(`shares, ${source}: ${what}`, () => {
    const [messages, bytes] = holds;
    const fill = { messages, bytes, maxMessages, maxBytes };
    const own = () => ({ messages: used[0], bytes: used[1] });
    const sharing = { senderId: sources[source], ownerId: owner, used: own };
    const quota = { maxMessages: 1_000, maxBytes: 1_000_000 };
    assert.equal(isFullFor(fill, quota, sharing), isFull);
  });
}

Deno.test("shares: nothing is summed up while nobody can have used one up", () => {
  const used = () => assert.fail("summed up");
  const quota = { maxMessages: 1_000, maxBytes: 1_000_000 };
  const fill = { messages: 250, bytes: 250_000, maxMessages: null, maxBytes: null };
  const sharing = { senderId: sources.account, ownerId: owner, used };
  assert.equal(isFullFor(fill, quota, sharing), false);
  const more = { ...fill, messages: 500, bytes: 500_000 };
  assert.equal(isFullFor(more, quota, { ...sharing, senderId: systemAccountId }), false);
});
