import { deepEqual, equal, ok } from "node:assert/strict";
import { layOut } from "../../../../src/cli/terminal/table.ts";
import { cutToWidth, padToWidth, widthOf } from "../../../../src/cli/terminal/width.ts";

const columns = [
  { title: "ID", alignRight: true },
  { title: "From", flexible: 1 },
  { title: "Subject", flexible: 2 },
];

Deno.test("widths are those of a terminal", () => {
  const cases: Record<string, number> = {
    "": 0,
    abc: 3,
    "日本": 4,
    "ｆｕ": 4,
    "한국": 4,
    "한": 2, // one syllable of three jamo
    "é": 1,
    "e\u0301": 1,
    "👍": 2,
    "👍🏽": 2,
    "👩‍👩‍👧": 2,
    "🇩🇪": 2,
    "❤️": 2,
    "❤": 1,
    "1️⃣": 2,
    "12": 2,
    "#1": 2,
    "ก็": 1,
    "…": 1,
    "␛": 1,
  };
  for (const [text, width] of Object.entries(cases)) equal(widthOf(text), width, text);
});

Deno.test("text is cut between what a reader sees, never within", () => {
  equal(cutToWidth("abcdef", 4), "abc…");
  equal(cutToWidth("abcd", 4), "abcd");
  equal(cutToWidth("日本語", 4), "日…");
  equal(cutToWidth("👩‍👩‍👧x", 2), "…");
  equal(cutToWidth("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  equal(cutToWidth("abc", 0), "");
  equal(padToWidth("日", 4), "日  ");
});

Deno.test("a table fits the terminal, and flexible columns share what is left", () => {
  const rows = [
    { cells: ["7", "alice@example.org", "A rather long subject that has to be cut"] },
    { cells: ["12345", "bob", "日本語の件名がここにあります、とても長い"] },
  ];
  for (const width of [40, 60, 80]) {
    const lines = layOut(columns, rows, width);
    ok(lines.every((line) => widthOf(line) <= width && line === line.trimEnd()), lines.join("\n"));
  }
  deepEqual(layOut(columns, rows, 40), [
    "   ID  From        Subject",
    "    7  alice@exa…  A rather long subjec…",
    "12345  bob         日本語の件名がここに…",
  ]);
});

Deno.test("a hostile value stays in its cell", () => {
  const [, line] = layOut(columns, [{ cells: ["1", "a\tb\nc", "\x1b[2J\u202e"] }], 80);
  equal(line, " 1  a␉b␊c  ␛[2J\\u{202e}");
});
