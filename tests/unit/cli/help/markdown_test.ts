/** Pages of docs/ as help shows them: laid out for a terminal, with no markup left. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { parseMarkdown, plainPage } from "../../../../src/cli/help/markdown.ts";
import { topicPages } from "../../../../src/cli/help/topics.ts";

const cases: readonly (readonly [what: string, page: string, plain: string])[] = [
  ["a title", "# Keys and locks\n", "KEYS AND LOCKS\n"],
  ["a heading", "## Save a *key*\n", "Save a *key*\n"],
  ["a paragraph of two lines", "One\ntwo.\n", "  One two.\n"],
  [
    "a long paragraph",
    `${"word ".repeat(20)}end\n`,
    `  ${"word ".repeat(14)}word\n  ${"word ".repeat(5)}end\n`,
  ],
  ["a word that fits no line", `a ${"x".repeat(100)} b\n`, `  a\n  ${"x".repeat(100)}\n  b\n`],
  ["a list", "- one\n  more\n- two\n", "  - one more\n  - two\n"],
  [
    "a table",
    "| a | b |\n| - | - |\n| `x` | one |\n| yy | two \\| three |\n",
    [
      "  x   one\n",
      "  yy  two | three\n",
    ].join(""),
  ],
  ["code", "```console\n$ ls  *\n\na | b\n```\n", "    $ ls  *\n\n    a | b\n"],
  ["a link and bold text", "**See** [the page](page.md#part).\n", "  See the page.\n"],
  ["a comment", "<!-- for\n\ntests -->\n\nText.\n", "  Text.\n"],
  ["blocks", "# A\n\nB\n\n- C\n", "A\n\n  B\n\n  - C\n"],
];

for (const [what, page, plain] of cases) {
  Deno.test(`help shows ${what}`, () => equal(plainPage(page, 80), plain));
}

for (const [topic, page] of Object.entries(topicPages)) {
  Deno.test(`help ${topic} has all words of its page, in 80 columns and without markup`, () => {
    const lines = plainPage(page, 80).split("\n").filter((line) => !line.startsWith("    "));
    for (const line of lines) {
      ok(line.length <= 80, line);
      ok(!/\]\(|\*\*|^\s*[|#]|<!--/.test(line), line);
    }
    const words = (text: string) => text.toLowerCase().match(/[a-z0-9]+/g);
    const sourceless = page.replace(/^```.*$/gm, "").replace(/\]\([^)]*\)/g, "")
      .replace(/(^\|.*\n)\| *-.*$/gm, "");
    deepEqual(words(plainPage(page, 80)), words(sourceless));
  });
}

Deno.test("a table of a topic has two columns", () => {
  for (const page of Object.values(topicPages)) {
    for (const block of parseMarkdown(page)) {
      if (block.kind === "table") ok(block.rows.every(([term, meaning]) => term && meaning));
    }
    for (const row of page.match(/^\|.*$/gm) ?? []) equal(row.split(/(?<!\\)\|/).length, 4, row);
  }
});
