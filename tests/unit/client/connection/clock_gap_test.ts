import assert from "node:assert/strict";
import {
  describeGap,
  requireRightClock,
  requireSameDates,
} from "../../../../src/client/connection/clock_gap.ts";
import type { Client } from "../../../../src/client/connection/client.ts";
import { at, type Moment, span } from "../../../../src/model/delivery_time.ts";

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

const sends: readonly {
  readonly what: string;
  readonly terms: { readonly deliver?: Moment; readonly expires?: Moment };
  readonly isRefused: boolean;
}[] = [
  { what: "delivered at a date", terms: { deliver: at(1) }, isRefused: true },
  { what: "expiring at a date", terms: { deliver: span(1), expires: at(2) }, isRefused: true },
  {
    what: "delivered after a time",
    terms: { deliver: span(1), expires: span(2) },
    isRefused: false,
  },
  { what: "delivered at once", terms: {}, isRefused: false },
];

for (const { what, terms, isRefused } of sends) {
  Deno.test(`by a clock that is not the server's, what is ${what} is ${isRefused ? "refused" : "sent"}`, async () => {
    let asked = 0;
    const call = () => {
      asked++;
      return Promise.resolve({ software: "", time: 180 * minute });
    };
    const client = { call } as unknown as Client;
    await requireSameDates(client, terms, () => 171 * minute);
    assert.equal(asked, isRefused ? 1 : 0, "a date alone costs a round trip");
    const sent = requireSameDates(client, terms, () => 0);
    if (!isRefused) return await sent;
    await assert.rejects(sent, {
      code: "configuration",
      message: "Cannot send by a date: the clock of this machine is 3 hours behind the server's",
    });
  });
}
