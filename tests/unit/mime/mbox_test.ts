/** Messages in an mbox file, whole, in chunks and byte by byte. */
import assert from "node:assert/strict";
import { mboxEntry } from "../../../src/mime/mbox.ts";

const encoder = new TextEncoder();

async function* cut(source: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = encoder.encode(source);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function entryOf(source: string, size: number, date = 0): Promise<string> {
  const pieces = await Array.fromAsync(
    mboxEntry("bob@example.org", date, cut(source, size)),
    (piece) => piece.slice(),
  );
  return await new Blob(pieces).text();
}

const cases: readonly [what: string, source: string, lines: string][] = [
  ["line ends become LF", "a: b\r\n\r\ntext\r\n", "a: b\n\ntext\n"],
  ["a last line without an end gets one", "a: b\r\n\r\ntext", "a: b\n\ntext\n"],
  ["nothing at all", "", ""],
  ["LF stays LF", "a\nb\n", "a\nb\n"],
  ["a lone CR stays", "a\rb\r\r\nc\r", "a\rb\r\nc\r\n"],
  ["a separator in the text is quoted", "From here\r\n", ">From here\n"],
  ["a quoted one once more", ">From here\r\n>>From\r\n", ">>From here\n>>From\n"],
  ["two quotes and a separator", ">>From x\r\n", ">>>From x\n"],
  [
    "what is none is not",
    "from here\r\nFrom\r\nFro\r\n From x\r\n",
    "from here\nFrom\nFro\n From x\n",
  ],
  ["not within a line", "a From b\r\n> From c\r\n>a From \r\n", "a From b\n> From c\n>a From \n"],
  ["quotes alone", ">\r\n>>>\r\n>", ">\n>>>\n>\n"],
  ["cut within the word", "Fro", "Fro\n"],
  ["a CR behind the word", "From \rx\r\n>\r", ">From \rx\n>\r\n"],
];

for (const [what, source, lines] of cases) {
  Deno.test(`mbox: ${what}`, async () => {
    const expected = `From bob@example.org Thu Jan  1 00:00:00 1970\n${lines}\n`;
    for (const size of [1, 2, 3, 7, 1000]) assert.equal(await entryOf(source, size), expected);
  });
}

Deno.test("mbox: the separator has the day it was sent, in UTC", async () => {
  const entry = await entryOf("", 1, Date.UTC(2026, 10, 21, 9, 5));
  assert.equal(entry, "From bob@example.org Sat Nov 21 09:05:00 2026\n\n");
  assert.match(await entryOf("", 1, 9e15), / Thu Jan {2}1 00:00:00 1970/);
});

Deno.test("mbox: quoting can be undone, and every message found again", async () => {
  const sources = ["From a\r\n>From b\r\n", "x\r\n\r\nFrom c", ">>>From d\r\n\r\n"];
  const box = (await Promise.all(sources.map((source) => entryOf(source, 3)))).join("");
  const found = box.split(/^From .*\n/m).slice(1).map((text) =>
    text.slice(0, -1).replace(/^>(>*From )/gm, "$1").replaceAll("\n", "\r\n")
  );
  assert.deepEqual(
    found,
    sources.map((source) => source.endsWith("\n") ? source : `${source}\r\n`),
  );
});
