/** `withArrival`: by what an imported message has come when. */
import assert from "node:assert/strict";
import { withArrival } from "../../../../src/client/importing/with_arrival.ts";
import { streamOf, utf8 } from "../../../../src/model/bytes.ts";
import { unfiled } from "../../../../src/model/filing.ts";

const day = (text: string) => Date.parse(`${text}T10:00:00Z`);
const now = day("2026-11-30");
const received = (on: string) =>
  `Received: from a by b; with c;\r\n\t${on} Nov 2017 10:00:00 +0000\r\n`;
const dated = "Date: 12 Oct 2016 10:00:00 +0000\r\n";
const body = "\r\nReceived: by x; 1 Jan 2015 10:00:00 +0000\r\n";

interface Case {
  readonly name: string;
  readonly receivedAt?: number | null;
  readonly date?: number;
  readonly header?: string;
  readonly expected: number | null;
}

const cases: readonly Case[] = [
  {
    name: "the store's word",
    receivedAt: day("2019-03-04"),
    header: received("14") + dated,
    expected: day("2019-03-04"),
  },
  {
    name: "the newest Received",
    header: received("14") + received("13") + dated,
    expected: day("2017-11-14"),
  },
  {
    name: "a Received that has no time",
    header: "Received: by x\r\n" + received("13"),
    expected: day("2017-11-13"),
  },
  { name: "its Date", header: dated, expected: day("2016-10-12") },
  {
    name: "its file",
    date: day("2020-02-02"),
    header: "Subject: x\r\n",
    expected: day("2020-02-02"),
  },
  {
    name: "a store's clock that is ahead",
    receivedAt: now + 1,
    header: dated,
    expected: day("2016-10-12"),
  },
  { name: "a file without a time", receivedAt: 0, header: dated, expected: day("2016-10-12") },
  { name: "a Date that is to come", header: "Date: 1 Jan 2027 10:00:00 +0000\r\n", expected: null },
  { name: "nothing", header: "Subject: x\r\n", expected: null },
];

for (const { name, header = "", date = null, expected, ...rest } of cases) {
  Deno.test(`an imported message has come: ${name}`, () => {
    const bytes = utf8(header + body);
    const message = {
      name,
      box: "inbox",
      sameIn: [],
      isRead: false,
      date,
      ...rest,
      content: streamOf(bytes),
    } as const;
    const { filing } = withArrival(message, bytes, now);
    assert.deepEqual(
      filing,
      expected === null ? undefined : { ...unfiled, internalDate: expected },
    );
  });
}
