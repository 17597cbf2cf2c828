/** Messages out of mbox files, whoever wrote them, and out of what is none: in chunks of any size. */
import assert from "node:assert/strict";
import { mboxEntry } from "../../../src/mime/mbox.ts";
import { readMbox } from "../../../src/mime/mbox_reader.ts";
import { concatBytes, utf8 } from "../../../src/model/bytes.ts";
import { collect, cut } from "../../support/mime.ts";

const line = "From a@x.example Sat Nov 21 09:05:00 2026";
const at = Date.UTC(2026, 10, 21, 9, 5);

async function read(text: string | Uint8Array, size: number): Promise<[number | null, string][]> {
  const found: [number | null, string][] = [];
  const bytes = typeof text === "string" ? utf8(text) : text;
  for await (const { date, content } of readMbox(cut(bytes, size))) {
    found.push([date, new TextDecoder("latin1").decode(await collect(content))]);
  }
  return found;
}

const files: readonly [name: string, file: string, expected: string[]][] = [
  ["two messages", `${line}\na: 1\n\nx\n\n${line}\nb: 2\n\ny\n\n`, [
    "a: 1\r\n\r\nx\r\n",
    "b: 2\r\n\r\ny\r\n",
  ]],
  ["CRLF", `${line}\r\na: 1\r\n\r\nx\r\n\r\n${line}\r\nb: 2\r\n\r\n`, [
    "a: 1\r\n\r\nx\r\n",
    "b: 2\r\n",
  ]],
  ["no final newline", `${line}\na: 1\n\nx`, ["a: 1\r\n\r\nx\r\n"]],
  ["empty lines at the end of a message are its own but for one", `${line}\na\n\n\n\n`, [
    "a\r\n\r\n\r\n",
  ]],
  ["quotes, one less each", `${line}\n\n>From x\n>>From y\n>from\n> From\n>>\n`, [
    "\r\nFrom x\r\n>From y\r\n>from\r\n> From\r\n>>\r\n",
  ]],
  ["words that only begin like a separator", `${line}\n\nx\n\nFrom here on\n\nFrom Sat to Sun\n`, [
    "\r\nx\r\n\r\nFrom here on\r\n\r\nFrom Sat to Sun\r\n",
  ]],
  ["a separator without an empty line before it is text", `${line}\nx\n${line}\ny\n`, [
    `x\r\n${line}\r\ny\r\n`,
  ]],
  [
    "a separator without an empty line, before a field",
    `${line}\na: 1\n\nx\n${line}\nb: 2\n\ny\n`,
    [
      "a: 1\r\n\r\nx\r\n",
      "b: 2\r\n\r\ny\r\n",
    ],
  ],
  [
    "separators without a time, and such lines in a text",
    "From \na: 1\n\nx\n\nFrom -\nb: 2\n\ny\nFrom \nb: 2\n\nFrom \nno field\n\nFrom c@x\nc: 3\n",
    [
      "a: 1\r\n\r\nx\r\n",
      "b: 2\r\n\r\ny\r\nFrom \r\nb: 2\r\n\r\nFrom \r\nno field\r\n\r\nFrom c@x\r\nc: 3\r\n",
    ],
  ],
  [
    "separators of an address alone, if it begins with one",
    "From a@x\na: 1\n\nx\n\nFrom b@x\nb: 2\n\nFrom c@x\nno field\n",
    ["a: 1\r\n\r\nx\r\n", "b: 2\r\n\r\nFrom c@x\r\nno field\r\n"],
  ],
  [
    "a line with an address in a text, before what looks like a field",
    `${line}\na: 1\n\nsee:\n\nFrom bob@x\nTo: me\n\nbye\n`,
    ["a: 1\r\n\r\nsee:\r\n\r\nFrom bob@x\r\nTo: me\r\n\r\nbye\r\n"],
  ],
  ["a byte order mark before it", `\ufeff${line}\na: 1\n\nx\n`, ["a: 1\r\n\r\nx\r\n"]],
  [
    "lengths, and a line within one that looks like a separator",
    `${line}\nContent-Length: 57\n\nx\n\n${line}\nis a letter\n\n${line}\nb: 2\nContent-Length: 2\n\ny\n`,
    [
      `Content-Length: 57\r\n\r\nx\r\n\r\n${line}\r\nis a letter\r\n`,
      "b: 2\r\nContent-Length: 2\r\n\r\ny\r\n",
    ],
  ],
  [
    "a length that reaches the end of the file",
    `${line}\nContent-Length: 57\n\nx\n\n${line}\nis a letter\n`,
    [`Content-Length: 57\r\n\r\nx\r\n\r\n${line}\r\nis a letter\r\n`],
  ],
  ...[1, 3, 20, 44, 46, 5_000].map((length): [string, string, string[]] => [
    `a length that is false: ${length}`,
    `${line}\nContent-Length: ${length}\n\nx\n\n${line}\nb: 2\n\ny\n`,
    [`Content-Length: ${length}\r\n\r\nx\r\n`, "b: 2\r\n\r\ny\r\n"],
  ]),
  ["nothing", "", []],
  ["only empty lines", "\n\n\n", []],
  ["empty lines before the first", `\n\n${line}\nx\n`, ["x\r\n"]],
  ["messages without anything in them", `${line}\n\n${line}\n\n${line}`, ["", "", ""]],
  ["NULs and lone CRs", `${line}\na\0b\rc\n`, ["a\0b\rc\r\n"]],
  ["bytes that are no UTF-8", `${line}\n\u00e9\n`, ["\u00c3\u00a9\r\n"]],
];

for (const [name, file, expected] of files) {
  Deno.test(`an mbox has ${name}`, async () => {
    for (const size of [1, 2, 7, 100_000]) {
      assert.deepEqual((await read(file, size)).map(([, text]) => text), expected, `${size}`);
    }
  });
}

const separators: readonly [string, number | null][] = [
  [line, at],
  ["From MAILER-DAEMON Sat Nov 21 09:05:00 2026", at],
  ["From - Sat Nov 21 09:05:00 2026", at],
  ["From ann at x.example  Sat Nov 21 09:05:00 2026", at],
  ["From a@x Sat Nov  7 09:05:00 2026", Date.UTC(2026, 10, 7, 9, 5)],
  ["From a@x Sat Nov 21 09:05 2026", at],
  ["From a@x Sat Nov 21 11:05:00 +0200 2026", at],
  ["From a@x Sat Nov 21 11:05:00 2026 +0200", at],
  ["From a@x Sat, 21 Nov 2026 11:05:00 +0200", at],
  ["From - Sat Nov 21 2026 09:05:00", at],
  ["From a@x Sat Nov 99 99:99:99 2026", null],
  ["From a@x Sat Nov 21 09:05:00 1926", null],
];

for (const [separator, date] of separators) {
  Deno.test(`a separator line says when: ${separator}`, async () => {
    assert.deepEqual(await read(`${separator}\nx\n`, 9), [[date, "x\r\n"]]);
  });
}

Deno.test("what begins with something else is no mbox", async () => {
  for (
    const text of ["Subject: x\n\nFrom x\n", "From \nno field\n", "\0\0\0\n", "x".repeat(200_000)]
  ) {
    await assert.rejects(read(text, 5_000), { code: "malformed" });
  }
});

Deno.test("what was written as mbox is read as it was, quotes and all", async () => {
  const sources = [
    "a: b\r\n\r\nFrom x\r\n>From y\r\n\r\n",
    "",
    "\r\n",
    "x\r\n\r\n\r\n",
    "From \r\n",
  ];
  const entries = sources.map((source) => collect(mboxEntry("a@x", at, cut(utf8(source), 3))));
  const found = await read(concatBytes(await Promise.all(entries)), 11);
  assert.deepEqual(found, sources.map((source) => [at, source]));
});

Deno.test("messages that are not read are passed over, and the source is let go of", async () => {
  let isClosed = false;
  const source = async function* () {
    try {
      for (let n = 0; n < 1_000; n++) yield await Promise.resolve(utf8(`${line}\n${n}\n\n`));
    } finally {
      isClosed = true;
    }
  };
  let count = 0;
  for await (const { content } of readMbox(source())) {
    count++;
    if (count === 3) assert.equal(new TextDecoder().decode(await collect(content)), "2\r\n");
    if (count === 700) break;
  }
  assert.deepEqual([count, isClosed], [700, true]);
});

Deno.test("a line without end and hundreds of thousands of messages need no memory of their size", async () => {
  const block = new Uint8Array(64 * 1024).fill(120);
  const endless = async function* () {
    yield utf8(`${line}\n`);
    for (let n = 0; n < 800; n++) yield await Promise.resolve(block);
  };
  let [most, bytes] = [0, 0];
  for await (const { content } of readMbox(endless())) {
    for await (const piece of content) {
      most = Math.max(most, piece.length);
      bytes += piece.length;
    }
  }
  assert.equal(bytes, 800 * block.length + 2);
  assert.ok(most <= 2 * block.length);
  const many = utf8(`${line}\n\n`.repeat(1_000));
  const million = async function* () {
    for (let n = 0; n < 200; n++) yield await Promise.resolve(many);
  };
  let count = 0;
  for await (const _ of readMbox(million())) count++;
  assert.equal(count, 200_000);
});

Deno.test("millions of lines that may be another message's are held as their bytes, and given out in pieces", async () => {
  const held = 2 ** 21;
  const file = function* () {
    yield utf8(`${line}\nContent-Length: 39000000\n\n${line}\n`);
    for (let n = 0; n < held; n += 2 ** 15) yield utf8("x\n".repeat(2 ** 15));
  };
  let [most, bytes, heap] = [0, 0, 0];
  const before = Deno.memoryUsage().heapUsed;
  for await (const { content } of readMbox(ReadableStream.from(file()))) {
    for await (const piece of content) {
      most = Math.max(most, piece.length);
      heap = Math.max(heap, Deno.memoryUsage().heapUsed - before);
      bytes += piece.length;
    }
  }
  assert.equal(bytes, "Content-Length: 39000000\r\n".length + 3 * held);
  assert.ok(most <= 100_000, `a piece of ${most} bytes`);
  assert.ok(heap < 32 * held, `${heap} bytes of heap for ${held} lines`);
});
