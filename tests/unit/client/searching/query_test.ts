/** Which messages a query means, term by term, and which texts are no query. */
import assert from "node:assert/strict";
import { foldText, hasWords, splitWords } from "../../../../src/client/searching/folded_text.ts";
import { noNames } from "../../../../src/client/searching/people_names.ts";
import { parseQuery } from "../../../../src/client/searching/query.ts";
import { folderIn, searchFields } from "../../../../src/client/searching/search_fields.ts";
import {
  bodyOf,
  type Searchable,
  searchable,
  unknownBody,
} from "../../../../src/client/searching/searchable.ts";
import { MailError } from "../../../../src/model/errors.ts";
import { builtInFolders, unfiled } from "../../../../src/model/filing.ts";
import { limits } from "../../../../src/model/limits.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { listedMessage } from "../../../support/listed_message.ts";

const day = 86_400_000;
const archive = builtInFolders.folders[0]!;
const clock = { now: Date.parse("2026-03-01"), at: atUtc };

function atUtc(text: string): number {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new MailError("usage", `Cannot use "${text}" as a time`);
}

const report: Searchable = {
  ...searchable(
    listedMessage({
      subject: "The Q3 report",
      to: ["bob+work@x.test"],
      cc: ["Zoë@y.test"],
      bcc: ["carol@x.test"],
      date: Date.parse("2026-01-31T12:00Z"),
      attachments: [{ name: "q3_report.PDF", type: "application/pdf", size: 9 }],
    }),
    undefined,
    bodyOf(foldText("Our BUDGET is\nshort by 12,000. 今年の予算は足りない")),
    { from: ["Alice Müller"], to: ["Bob", "山田"], cc: ["Zoë O'Hara"], bcc: ["Carol"] },
  ),
  sealedBytes: 2048,
  filing: { ...unfiled, flags: ["flagged"], keywords: ["ToDo"] },
};

/** Query -> whether it means the report. */
const meant: Readonly<Record<string, boolean>> = {
  "budget": true,
  "BUD": true,
  "udget": false,
  "budget,": true,
  "“bud*” short…": true,
  "[short] 予算。": true,
  "-budget!": false,
  "subject:report? from:<alice@x.test>,": true,
  '"budget,"': false,
  "budget,is": false,
  "@x.test.": true,
  ",": true,
  ";": false,
  '"bud"': false,
  '"is short by"': true,
  '"short is"': false,
  "short budget": true,
  "short surplus": false,
  "short OR surplus": true,
  "surplus OR loss short": false,
  "report or": false,
  "alice": true,
  "zoe": true,
  "müller": true,
  "o'hara": true,
  "山田": true,
  "pdf": true,
  "予算": true,
  "来年": false,
  "12,000": true,
  "-surplus": true,
  "-budget": false,
  "- budget": false,
  '-"is short"': false,
  "from:alice": true,
  "FROM:ALI": true,
  "from:@x.test": true,
  "from:x.test": true,
  "from:lice": false,
  "from:bob": false,
  "-from:bob": true,
  "from:muller": true,
  'from:"alice müller"': true,
  "from:o'hara": false,
  "-from:Müller": false,
  'from:"ali"': false,
  "to:bob": true,
  "to:bob+work": true,
  "to:zoe": true,
  "to:alice": false,
  "to:o'hara": true,
  "to:müller": false,
  "cc:zoe": true,
  "cc:bob": false,
  "cc:o'hara": true,
  "bcc:zoe": false,
  "bcc:carol": true,
  'subject:"q3 report"': true,
  "subject:q3 subject:report": true,
  "subject:budget": false,
  "body:budget": true,
  "body:report": false,
  "filename:pdf": true,
  "filename:report": true,
  "has:attachment": true,
  "is:unread": true,
  "is:read": false,
  "-is:read": true,
  "is:flagged": true,
  "is:answered": false,
  "-is:forwarded": true,
  "is:draft": false,
  "keyword:todo": true,
  "-keyword:TODO": false,
  "keyword:to": false,
  "in:inbox": true,
  "in:sent": false,
  "in:archive": false,
  "-in:Trash": true,
  "is:sent": false,
  "before:2026-01-31": false,
  "before:2026-02-01": true,
  "before:2026/02/01": true,
  "before:2026-01-31T12:01Z": true,
  "after:2026-01-31": true,
  "after:2026-02-01": false,
  "on:2026-01-31": true,
  "on:2026-02-01": false,
  "older_than:4w": true,
  "older_than:29d": false,
  "newer_than:29d": true,
  "newer_than:4w": false,
  "larger:2K": true,
  "larger:2049": false,
  "smaller:2K": false,
  "smaller:3k": true,
  "id:7": true,
  "id:1@x.test": true,
  "id:<1@X.TEST>": true,
  "id:70": false,
  'from:alice subject:"q3 report" has:attachment before:2026-02-01 budget': true,
  "12:30": false,
  "https://x.test": false,
};

Deno.test("a query means the messages that all of its terms mean", () => {
  for (const [text, expected] of Object.entries(meant)) {
    assert.equal(parseQuery(text, clock).test(report), expected, text);
  }
});

Deno.test("every field is tried, and its example is a query", () => {
  for (const [name, { example }] of Object.entries(searchFields)) {
    assert.ok(Object.keys(meant).some((text) => text.toLowerCase().startsWith(`${name}:`)), name);
    parseQuery(example, clock);
  }
});

Deno.test("what is not known of a message leaves open what depends on it, and nothing else", () => {
  const table: Readonly<Record<string, boolean | null>> = {
    "report": true,
    "budget": null,
    "-budget": null,
    "budget from:bob": false,
    "body:budget": null,
    "body:budget from:bob": false,
    "from:alice budget": null,
    "from:alice OR budget": true,
    "is:unread": null,
    "-is:unread": null,
    "is:flagged": null,
    "-keyword:todo": null,
    "keyword:todo from:bob": false,
    "is:read in:sent": false,
  };
  for (const [text, expected] of Object.entries(table)) {
    const { test } = parseQuery(text, clock);
    assert.equal(
      test({ ...report, body: unknownBody, isUnread: null, filing: null }),
      expected,
      text,
    );
  }
});

Deno.test("whose names are not known yet may be found by them, and is found by the address", () => {
  const listed = listedMessage({ from: "anna@x.test", to: ["bob@x.test"] }, {
    from: asAddress("anna@x.test"),
  });
  const table: Readonly<Record<string, boolean | null>> = {
    "from:anna": true,
    "from:müller": null,
    "-from:anna": false,
    "-from:müller": null,
    "to:müller": null,
    "subject:müller": false,
  };
  for (const [text, expected] of Object.entries(table)) {
    const { test } = parseQuery(text, clock);
    assert.equal(test(searchable(listed)), expected, text);
    assert.equal(
      test(searchable(listed, undefined, undefined, noNames)),
      expected ?? text.startsWith("-"),
    );
  }
});

Deno.test("what is no query is refused, with a hint that shows one", () => {
  const refused = [
    "",
    "  ",
    "OR",
    "a OR",
    "OR a",
    "a OR OR b",
    "form:alice",
    "re:report",
    "from:",
    "from: alice",
    "-from:",
    '"open',
    'subject:"open',
    '"a"b',
    "subject:(a b)",
    "{a b}",
    "has:star",
    "is:new",
    "in:nowhere",
    "on:today",
    "on:2026-01-31T12:00Z",
    "older_than:6m",
    "newer_than:soon",
  ];
  for (const text of refused) {
    assert.throws(() => parseQuery(text, clock), (error) => {
      assert.ok(error instanceof MailError, text);
      assert.equal(error.code, "usage", text);
      assert.match(error.hint ?? "", /Write|Run|Use/, text);
      return true;
    });
  }
  for (
    const text of ['""', "before:soon", "larger:big", "x".repeat(limits.maxSearchCharacters + 1)]
  ) {
    assert.throws(() => parseQuery(text, clock), { code: "usage" });
  }
});

Deno.test("a folder is found by its name; one that is in no list is its box's own", () => {
  const folders = { ...builtInFolders, folders: [{ ...archive, id: 99, name: "R&D/v1" }] };
  const folder = (name: string) => name === "R&D/v1" ? 99 : "inbox" as const;
  const messageIn = (folder: number) =>
    searchable(listedMessage({}, { filing: { ...unfiled, folder } }), folders);
  const table: readonly (readonly [query: string, folder: number, isMeant: boolean])[] = [
    ['in:"R&D/v1"', 99, true],
    ["-in:R&D/v1", 99, false],
    ["in:R&D/v1", 0, false],
    ["in:inbox", 0, true],
    ["in:inbox", 99, false],
    ["in:inbox", 1234, true],
  ];
  for (const [query, id, isMeant] of table) {
    assert.equal(parseQuery(query, { ...clock, folder }).test(messageIn(id)), isMeant, query);
  }
  const unknown = { ...messageIn(0), folder: null };
  assert.equal(parseQuery("in:inbox", { ...clock, folder }).test(unknown), null);
  assert.throws(() => parseQuery("in:Bills", clock), { code: "usage" });
  const hints: Readonly<Record<string, RegExp>> = {
    "in:r&d/v1": /^Did you mean in:R&D\/v1\?$/,
    "in:cafe": /^Did you mean in:"Café Sol"\?$/,
    "in:x": /^Run /,
  };
  const own = [...folders.folders, { ...archive, id: 100, name: "Café Sol" }];
  for (const [query, hint] of Object.entries(hints)) {
    const find = folderIn({ ...folders, folders: own });
    assert.throws(() => parseQuery(query, { ...clock, folder: find }), { hint });
  }
});

Deno.test("text is compared in any case, with or without accents, in any width", () => {
  const table: Readonly<Record<string, string>> = {
    "Zoë": "zoe",
    "ZOE\u0308": "zoe",
    "Straße": "strasse",
    "İstanbul ılık": "istanbul ilik",
    "ΟΔΟΣ οδός": "οδοσ οδοσ",
    "Ｆｕｌｌ　ｗｉｄｔｈ": "full width",
    "ｶﾞ が": "ガ が",
    "한국어": "한국어",
    "soft\u00adhyphen zero\u200bwidth": "softhyphen zerowidth",
    " a \r\n\t b ": "a b",
    "Ærø Łódź þing": "aero lodz thing",
    "مَرْحَبًا": "مرحبا",
    "\ud800x": "\ufffdx",
    "ﬁne ½": "fine 1⁄2",
    "don’t": "don't",
  };
  for (const [text, folded] of Object.entries(table)) {
    assert.equal(foldText(text), folded);
    assert.equal(foldText(folded), folded, "folding again changes nothing");
  }
});

Deno.test("words are found where words begin", () => {
  const table: readonly (readonly [text: string, wanted: string, part: boolean, whole: boolean])[] =
    [
      ["budgets", "budget", true, false],
      ["the budget.", "budget", true, true],
      ["a_b-c", "c", true, true],
      ["rebudget budget", "budget", true, true],
      ["abc", "b", false, false],
      ["今年の予算", "予算", true, true],
      ["한국어를", "국어", true, true],
      ["我的iphone很好", "iphone", true, true],
      ["𝒳y 🙂hi", "hi", true, true],
      ["x@y.test", "@y", true, true],
      ["x@y.test", "@y.te", true, false],
      ["", "a", false, false],
    ];
  for (const [text, wanted, part, whole] of table) {
    assert.equal(hasWords(text, { text: wanted, isWhole: false }), part, `${wanted} in ${text}`);
    assert.equal(hasWords(text, { text: wanted, isWhole: true }), whole, `"${wanted}" in ${text}`);
  }
});

Deno.test("what stands in a text has words that begin words of the text", () => {
  const characters = [..."ab1 .-予算의 é𝒳", "\u0301"];
  const any = () => characters[Math.floor(Math.random() * characters.length)]!;
  for (let round = 0; round < 3000; round++) {
    const text = foldText(Array.from({ length: 12 }, any).join(""));
    const [from, to] = [0, 0].map(() => Math.floor(Math.random() * (text.length + 1))).sort();
    const wanted = text.slice(from, to).toWellFormed();
    if (wanted === "" || !hasWords(text, { text: wanted, isWhole: false })) continue;
    const words = splitWords(text);
    for (const part of splitWords(wanted)) {
      assert.ok(
        words.some((word) => word.startsWith(part)),
        `"${part}" of "${wanted}" in "${text}"`,
      );
    }
  }
});

Deno.test("a message is found by what lists show of it", () => {
  const { from: signed } = searchable(listedMessage({ from: "Mallory <m@z.test>" }));
  assert.equal(signed, "alice@x.test");
  const imported = searchable(
    listedMessage({ from: "Mallory <m@z.test>" }, { origin: { kind: "import", importedAt: 0 } }),
  );
  assert.equal(imported.from, "mallory <m@z.test>");
  const closed = searchable(
    listedMessage({}, { headers: null, outcome: "invalid", storedAt: day }),
  );
  assert.deepEqual([closed.subject, closed.to, closed.date], ["", "", day]);
  const sent = {
    recipient: asAddress("carol@x.test"),
    received: false,
    readAt: null,
    receipt: null,
  };
  const more = { box: "sent", deliveries: [{ ...sent, bounced: null, unsent: null }] } as const;
  const own = searchable(listedMessage({ to: ["bob@x.test"] }, more));
  assert.deepEqual([own.to, own.isUnread], ["bob@x.test\ncarol@x.test", false]);
});

Deno.test("words in ASCII are taken apart as among words of any script", () => {
  for (let tries = 0; tries < 500; tries++) {
    const any = () => String.fromCharCode(Math.floor(Math.random() * 128));
    const text = Array.from({ length: 12 }, any).join("");
    assert.deepEqual(splitWords(text), splitWords(`${text} é`).slice(0, -1), JSON.stringify(text));
  }
});
