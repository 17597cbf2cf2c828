/** Numbers of messages, and how much of a keyring a correspondent can fill with them. */
import assert from "node:assert/strict";
import { type Contact, encodeRing } from "../../../../src/client/correspondents/contacts.ts";
import { noteMessages } from "../../../../src/client/correspondents/numbered_contacts.ts";
import {
  type AbsentTerms,
  acknowledge,
  countGiven,
  countMissing,
  excuseExpired,
  excuseGiven,
  give,
  type GivenNumbers,
  isExcused,
  isSeen,
  mergeGiven,
  mergeReceived,
  nothingGiven,
  nothingReceived,
  passOver,
  receive,
  type ReceivedNumbers,
  turnGaps,
  wasHeard,
} from "../../../../src/client/correspondents/numbers.ts";
import { succession } from "../../../../src/model/account.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { limits } from "../../../../src/model/limits.ts";
import type { AbsentRange, NumberRange } from "../../../../src/model/message.ts";
import { filledPrint } from "../../../support/ring_server.ts";

const range = (first: number, last = first): NumberRange => ({ first, last });
const absent = (first: number, last = first, expires = 0): AbsentRange => ({
  first,
  last,
  expires,
});

const now = 1_000_000_000;
const slack = succession.slackMs;
const seeing = (known: ReceivedNumbers, number: number, ...absent: AbsentRange[]) =>
  receive(known, { number, id: number }, { since: 0, absent }, now);

/** What is known once these were seen, each with what it says may never come. */
function seen(...messages: [number: number, ...absent: AbsentRange[]][]): ReceivedNumbers {
  return messages.reduce<ReceivedNumbers>(
    (known, [number, ...absent]) => seeing(known, number, ...absent)!,
    nothingReceived,
  );
}

/** Once the inbox was looked through, at a time. */
const searched = (known: ReceivedNumbers, at: number) =>
  turnGaps(excuseExpired(known, at), "open", "missing");

const gapsOf = ({ gaps }: ReceivedNumbers) =>
  gaps.map(({ first, last, state }) => `${first}-${last} ${state}`);

const received: readonly [name: string, known: ReceivedNumbers, gaps: string[]][] = [
  ["in order", seen([1], [2], [3]), []],
  ["one passed over", seen([1], [3]), ["2-2 open"]],
  ["the first passed over", seen([4]), ["1-3 open"]],
  ["it comes later", seen([1], [4], [3]), ["2-2 open"]],
  ["its sender excuses a part", seen([1], [6, absent(3, 4)]), [
    "2-2 open",
    "3-4 excused",
    "5-5 open",
  ]],
  ["its sender excuses it no more", seen([1], [3, absent(2)], [4]), ["2-2 open"]],
  ["its sender still does", seen([1], [3, absent(2)], [4, absent(1, 2)]), ["2-2 excused"]],
  ["a range of nonsense", seen([1], [6, absent(5, 3), absent(9, 7)]), ["2-5 open"]],
  [
    "what is accepted stays that",
    seeing(turnGaps(searched(seen([3]), now), "missing", "accepted"), 5, absent(1))!,
    ["1-2 accepted", "4-4 open"],
  ],
  [
    "after a block nothing is missing",
    seeing({ ...seen([1]), resumes: true }, 9)!,
    ["2-8 accepted"],
  ],
  ["it has expired, or may have", seen([1], [3, absent(2, 2, now + slack)]), ["2-2 excused"]],
  ["it expires later", seen([1], [3, absent(2, 2, now + slack + 1)]), ["2-2 open"]],
  [
    "it expires later, and is not there",
    searched(seen([1], [3, absent(2, 2, now + slack + 1)]), now),
    ["2-2 missing"],
  ],
  [
    "it expired while it was looked for",
    searched(seen([1], [3, absent(2, 2, now + slack + 1)]), now + 1),
    ["2-2 excused"],
  ],
  [
    "a part of it expires",
    searched(seen([1], [6, absent(3, 4, now + slack + 9), absent(4, 4)]), now + 9),
    ["2-2 missing", "3-4 excused", "5-5 missing"],
  ],
  [
    "two machines, of which one knows that it expires",
    searched(mergeReceived(seen([3, absent(2, 2, now + slack + 1)]), seen([4])), now + 1),
    ["1-1 missing", "2-2 excused"],
  ],
  ["two machines", mergeReceived(seen([1], [4]), seen([1], [2], [6])), ["3-3 open", "5-5 open"]],
  [
    "two machines, of which one was told that it is excused no more",
    mergeReceived(seen([3, absent(1, 2)]), seen([3, absent(1, 2)], [4, absent(1)])),
    ["1-1 excused", "2-2 open"],
  ],
];

for (const [name, known, gaps] of received) {
  Deno.test(`gaps: ${name}`, () => assert.deepEqual(gapsOf(known), gaps));
}

Deno.test("a number is seen once", () => {
  const known = seen([1], [4], [2]);
  for (const number of [1, 2, 4]) {
    assert.equal(seeing(known, number), null);
  }
  assert.equal(countMissing(turnGaps(known, "open", "missing")), 1);
});

Deno.test("numbers that wait are excused until a day after their time, others for good", () => {
  const day = 24 * 60 * 60 * 1000;
  const held = give(nothingGiven, { due: 1_000, expires: 0 }, 0);
  const excused = absent(1);
  assert.deepEqual(give(held, null, 1_000 + day - 1).absent, [{ ...excused, due: 1_000 }]);
  assert.deepEqual(give(held, null, 1_000 + day).absent, []);
  const cancelled = excuseGiven(held, 1);
  assert.deepEqual(give(cancelled, null, 9 * day).absent, [{ ...excused, due: 0 }]);
  const gone = acknowledge(give(cancelled, null, 0), { heard: 2, lacks: [] });
  assert.deepEqual([gone.absent, wasHeard(gone, 1), wasHeard(gone, 3)], [[], true, false]);
});

Deno.test("numbers that expire are excused from then on", () => {
  const expiring = { due: 0, expires: 1_000 };
  const two = give(give(nothingGiven, expiring, 0), { ...expiring, expires: 2_000 }, 0);
  assert.deepEqual(two.absent, [{ ...range(1), ...expiring }, {
    ...range(2),
    due: 0,
    expires: 2_000,
  }]);
  assert.deepEqual([isExcused(two, 1), isExcused(excuseGiven(two, 1), 1)], [false, true]);
  const over = give(two, null, 2_000);
  assert.deepEqual(over.absent, [{ ...absent(1, 2), due: 0 }]);
});

Deno.test("a correspondent's word of numbers that nobody gave is believed only a little", () => {
  const three = { ...nothingGiven, last: 3 };
  assert.equal(
    acknowledge(three, { heard: 5, lacks: [] }).last,
    5,
    "an older state of the own account",
  );
  assert.deepEqual(acknowledge(three, { heard: 2 ** 50, lacks: [] }), three);
});

Deno.test("of what was passed over after a restore, nothing stays absent that a machine knows was given", () => {
  const cancelled = excuseGiven({ ...nothingGiven, last: 5 }, 2);
  const passed = give(passOver({ ...nothingGiven, last: 3 }, 100), null, 0);
  const rangesOf = ({ absent }: GivenNumbers) => absent.map(({ first, last }) => [first, last]);
  assert.deepEqual([passed.last, rangesOf(passed)], [101, [[4, 100]]]);
  for (const both of [mergeGiven(cancelled, passed), mergeGiven(passed, cancelled)]) {
    assert.deepEqual([both.last, rangesOf(both), countGiven(both)], [101, [[2, 2], [6, 100]], 6]);
  }
  const heard = acknowledge({ ...nothingGiven, last: 3 }, { heard: 6, lacks: [range(5)] });
  assert.deepEqual([heard.last, rangesOf(heard)], [6, [[5, 5]]], "nobody here knows what 5 was");
});

Deno.test("many ranges are few: of what is missing the newest stay, of what is excused nothing is taken back", () => {
  const gaps = seen(...Array.from({ length: 100 }, (_, n): [number] => [2 * n + 2])).gaps;
  assert.deepEqual([gaps.length, gaps.at(-1)], [limits.maxNumberRanges, {
    ...absent(199),
    state: "open",
  }]);
  let given = nothingGiven;
  for (let n = 0; n < 100; n++) {
    given = give(n % 2 === 0 ? give(given, { due: 0, expires: n }, 0) : given, null, 0);
  }
  assert.ok(given.absent.length <= limits.maxNumberRanges);
  assert.deepEqual([given.absent[0]!.first, given.absent[0]!.expires], [1, 0]);
});

/** Numbers from 2 on: what each may be absent from, the last of all being seen. */
function seenLast(...terms: (AbsentTerms | null)[]): ReceivedNumbers {
  const given = [null, ...terms, null].reduce(
    (given, terms) => give(given, terms, now),
    nothingGiven,
  );
  return seeing(seen([1]), given.last, ...given.absent)!;
}

const day = 24 * 60 * 60 * 1000;
const expiring = (count: number): AbsentTerms[] =>
  Array.from({ length: count }, (_, n) => ({ due: 0, expires: now + day + n }));

Deno.test("many that expire, each at its own time, hide none that does not, and nothing counts as seen that was not", () => {
  const ordinary = seenLast(...expiring(1), ...Array(5).fill(null), ...expiring(33));
  assert.equal(countMissing(searched(ordinary, now + 2 * day)), 5);
  const few = seenLast(...expiring(40), null, ...expiring(40));
  const mixed = seenLast(...expiring(40).flatMap((terms) => [terms, null]));
  for (const known of [few, mixed]) {
    const numbers = Array.from({ length: known.highest - 2 }, (_, n) => n + 2);
    assert.deepEqual(numbers.filter((number) => isSeen(known, number)), []);
  }
  assert.ok(
    few.gaps.length <= limits.maxNumberRanges && mixed.gaps.length <= limits.maxNumberRanges,
  );
});

Deno.test("strangers fill half of the ring with numbers at most", () => {
  const strangers = Array.from({ length: 1_400 }, (_, n) => asAddress(`s${n}@x.org`));
  const contacts = new Map(
    strangers.map((address): [typeof address, Contact] => [address, {
      address,
      fingerprint: filledPrint(1),
      verified: false,
      since: 1,
    }]),
  );
  const ranges = Array.from({ length: limits.maxNumberRanges }, (_, n) => absent(2 * n + 1));
  const numbering = { since: 0, absent: ranges, heard: 1, lacks: ranges };
  const id = 1;
  noteMessages(contacts, strangers.map((from) => ({ ...numbering, from, id, number: 200 })), now);
  noteMessages(contacts, strangers.map((from) => ({ ...numbering, from, id, number: 300 })), now);
  const ring = { own: filledPrint(0), restoredAt: 0, contacts: [...contacts.values()] };
  const { length } = encodeRing(ring);
  assert.ok(length <= limits.maxKeyringBytes / 2 + 1_400 * 30, `${length}`);
});
