import { at, span } from "../../../../src/model/delivery_time.ts";
import assert from "node:assert/strict";
import { localTime } from "../../../../src/gateway/web/local_time.ts";
import {
  type ChosenTerms,
  describeTerms,
  draftTerms,
  keywordsOf,
  noTerms,
  termsIn,
  termsOf,
  useKeywords,
  useOf,
} from "../../../../src/client/submission/draft_terms.ts";
import { isKeyword } from "../../../../src/model/filing.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const hourMs = 3_600_000;

function chosenIn(fields: Readonly<Record<string, string>>): ChosenTerms {
  return termsIn((name) => fields[name] ?? "");
}

const sent: readonly {
  readonly what: string;
  readonly terms: Partial<ChosenTerms>;
  readonly draft: Partial<ReturnType<typeof draftTerms>>;
}[] = [
  { what: "nothing", terms: {}, draft: {} },
  {
    what: "what burns, for whoever exists",
    terms: { isBurning: true, isPartial: true },
    draft: { burn: true, partial: true },
  },
  { what: "a hold", terms: { hold: "seconds" }, draft: { deliver: span(20_000) } },
  {
    what: "an expiry, which counts from the delivery after a hold",
    terms: { hold: "hour", expires: "hour" },
    draft: { deliver: span(hourMs), expires: span(hourMs) },
  },
  {
    what: "a time as the browser knows it",
    terms: { later: "2026-12-24T09:00", laterAt: now + hourMs, expires: "hour" },
    draft: { deliver: at(now + hourMs), expires: span(hourMs) },
  },
  {
    what: "a time of this machine",
    terms: { later: "2026-12-24T09:00" },
    draft: { deliver: at(new Date(2026, 11, 24, 9).getTime()) },
  },
];

for (const { what, terms, draft } of sent) {
  Deno.test(`a draft of the page gets its terms: ${what}`, () => {
    const plain = { partial: false, burn: false, deliver: undefined };
    const wanted = { ...plain, expires: undefined, ...draft };
    assert.deepEqual(draftTerms({ ...noTerms, ...terms }, now), wanted);
  });
}

const refused: readonly { readonly terms: Partial<ChosenTerms>; readonly reason: RegExp }[] = [
  {
    terms: { later: "2026-12-24T09:00", hold: "seconds" },
    reason: /after a while and at a time: choose one/,
  },
  { terms: { later: "2026-11-21T12:00", laterAt: now }, reason: /as a time: it is in the past/ },
  { terms: { later: "2028-01-01T00:00" }, reason: /the limit is 366 days/ },
  { terms: { later: "tomorrow" }, reason: /Cannot use "tomorrow" as a time/ },
  { terms: { later: "2026-13-45T00:00" }, reason: /as a time/ },
];

for (const { terms, reason } of refused) {
  Deno.test(`terms that cannot be are refused: ${JSON.stringify(terms)}`, () => {
    const refusal = { code: "usage", message: reason };
    assert.throws(() => draftTerms({ ...noTerms, ...terms }, now), refusal);
  });
}

const typed: readonly {
  readonly fields: Readonly<Record<string, string>>;
  readonly terms: Partial<ChosenTerms>;
}[] = [
  { fields: {}, terms: {} },
  { fields: { hold: "constructor", expires: "toString", burn: "yes" }, terms: {} },
  {
    fields: { hold: "hour", expires: "day", burn: "1", partial: "1" },
    terms: { hold: "hour", expires: "day", isBurning: true, isPartial: true },
  },
  {
    fields: { later: "2026-12-24T09:00", laterAt: "2026-12-24T14:00:00.000Z" },
    terms: { later: "2026-12-24T09:00", laterAt: Date.parse("2026-12-24T14:00Z") },
  },
  // the moment of another text, and none
  {
    fields: { later: "2026-12-24T09:00", laterAt: "2026-12-26T09:00:00.000Z" },
    terms: { later: "2026-12-24T09:00" },
  },
  {
    fields: { later: "2026-12-24T09:00", laterAt: "soon" },
    terms: { later: "2026-12-24T09:00" },
  },
  { fields: { laterAt: "2026-12-26T09:00:00.000Z" }, terms: {} },
];

for (const { fields, terms } of typed) {
  Deno.test(`terms are read from a form: ${JSON.stringify(fields)}`, () => {
    assert.deepEqual(chosenIn(fields), { ...noTerms, ...terms });
  });

  Deno.test(`terms come back from the keywords of a draft: ${JSON.stringify(fields)}`, () => {
    const keywords = keywordsOf(chosenIn(fields));
    assert.ok(keywords.every(isKeyword), keywords.join());
    assert.deepEqual(termsOf([...keywords, "todo"]), { ...noTerms, ...terms });
  });
}

const told: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{}, ""],
  [{ hold: "minute" }, "delivered in a minute"],
  [{ expires: "week", burn: "1" }, "expires in a week; erased for each recipient who reads it"],
  [{ partial: "1" }, "goes to those who have an account"],
  [{ later: "2026-12-24T09:00" }, "delivered at 2026-12-24 09:00"],
  [
    { later: "2026-12-24T09:00", laterAt: "2026-12-24T14:00:00.000Z" },
    "delivered at 2026-12-24T14:00:00.000Z",
  ],
];

for (const [fields, words] of told) {
  Deno.test(`terms are told in words: ${words}`, () => {
    const formatTime = (ms: number) => new Date(ms).toISOString();
    assert.equal(describeTerms(chosenIn(fields), formatTime), words);
  });
}

/** Keywords -> what the draft answers, and what it passes on. */
const uses: readonly (readonly [string[], number | null, number | null])[] = [
  [["send:replyTo=12"], 12, null],
  [["send:forwards=7", "todo", "send:burn=1"], null, 7],
  [["send:replyTo=12", "send:forwards=12"], 12, 12],
  [["replyTo=12", "send:replyTo=0", "send:forwards=x", "send:forwards=1e9"], null, null],
  [["send:forwards=9999999999999999"], null, null],
];

for (const [keywords, replyTo, forwards] of uses) {
  Deno.test(`what a draft answers and passes on is read from its keywords: ${keywords}`, () => {
    const use = useOf(keywords);
    assert.deepEqual([use.replyTo ?? null, use.forwards ?? null], [replyTo, forwards]);
    const written = useKeywords(use);
    assert.ok(written.every(isKeyword));
    assert.deepEqual(useOf(written), use);
  });
}

Deno.test("a time that is no keyword is left out", () => {
  assert.deepEqual(keywordsOf({ ...noTerms, later: 'on "Monday"' }), []);
});

/** What is typed as a time -> a moment in UTC, or null for what is refused. */
const times: readonly (readonly [text: string, at: number | null])[] = [
  ["2026-01-31T14:00Z", Date.UTC(2026, 0, 31, 14)],
  ["2026-01-31T14:00:30.5+01:00", Date.UTC(2026, 0, 31, 13, 0, 30, 500)],
  ["2026-01-31", new Date(2026, 0, 31).getTime()],
  ["2026-01-31T09:30", new Date(2026, 0, 31, 9, 30).getTime()],
  ["1900-01-01", 0],
  ["2026-13-01", null],
  ["2026", null],
  ["soon", null],
  ["", null],
];

for (const [text, at] of times) {
  Deno.test(`a time is read in this machine's zone: "${text}"`, () => {
    if (at === null) assert.throws(() => localTime(text), { code: "usage" });
    else assert.equal(localTime(text), at);
  });
}
