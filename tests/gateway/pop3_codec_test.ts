/** POP3 as bytes, whole and cut anywhere: lines, doubled dots, tops. */
import assert from "node:assert/strict";
import { LineReader, topOf, writeMessage } from "../../src/gateway/pop3/codec.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import { concatBytes } from "../../src/model/bytes.ts";
import { seeded } from "../support/mime.ts";

const sizes = [Infinity, 3, 1];

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  return byteString(concatBytes(await Array.fromAsync(source)));
}

/** What a program makes of a multi-line response, ending lines at CRLF, or leniently at LF. */
function read(response: string, end: RegExp): { message: string; left: string } {
  let message = "";
  for (let rest = response;;) {
    const [line = "", ending = ""] = end.exec(rest)?.slice(1) ?? [];
    rest = rest.slice(line.length + ending.length);
    if (line === ".") return { message, left: rest };
    if (ending === "") return { message, left: "never ended" };
    message += line.replace(/^\./, "") + ending;
  }
}

const strict = /^([^]*?)(\r\n)/;
const lenient = /^([^\n]*?)(\r?\n)/;

const messages: readonly (readonly [name: string, message: string, got?: string])[] = [
  ["nothing", ""],
  ["a plain one", "A: b\r\n\r\nhello\r\n"],
  ["dots", ".\r\n..\r\n.x\r\nx.\r\n\r\n.\r\n"],
  ["8 bits and NUL", "\0\xff\xfe\r\n"],
  ["a lone CR", "a\rb\r\n\r.\r\n"],
  ["no end of its last line", "a\r\nb", "a\r\nb\r\n"],
  ["nothing but a dot", ".", ".\r\n"],
  ["a CR at the end", "a\r", "a\r\r\n"],
  ["LF alone", "\nA: b\n\n.x\n..\n\r\n\r\r\ny\n", "\r\nA: b\r\n\r\n.x\r\n..\r\n\r\n\r\r\ny\r\n"],
];

for (const [name, message, got = message] of messages) {
  for (const size of sizes) {
    Deno.test(`${name} comes out as it went in, ${size} bytes at once`, async () => {
      const written = await textOf(writeMessage(cut(message, size)));
      assert.deepEqual(read(written, strict), { message: got, left: "" });
    });
  }
}

Deno.test("no message ends its response early, not for who ends lines at LF either", async () => {
  const random = seeded(20261121);
  const pieces = ["\r\n", "\n", "\r", ".", "..", "x", "+OK\r\n", "\n.\r\n", "\n.\n", ""];
  for (let round = 0; round < 500; round++) {
    const picked = Array.from({ length: random() % 12 }, () => pieces[random() % pieces.length]);
    const message = picked.join("");
    for (const size of sizes) {
      const written = await textOf(writeMessage(cut(message, size)));
      for (const end of [strict, lenient]) {
        assert.equal(read(written, end).left, "", JSON.stringify(message));
      }
    }
  }
});

const lines: readonly (readonly [name: string, said: string, expected: (string | false)[]])[] = [
  ["two lines", "STAT\r\nLIST 1\r\n", ["STAT", "LIST 1"]],
  ["an empty one", "\r\n", [""]],
  ["UTF-8", "USER \xc3\xbc\r\n", ["USER ü"]],
  ["LF alone", "STAT\nLIST\r\n", [false, "LIST"]],
  ["a CR within", "ST\rAT\r\n", [false]],
  ["no end yet", "STAT", []],
  ["no end at all", "x".repeat(5000), [false]],
];

for (const [name, said, expected] of lines) {
  for (const size of sizes) {
    Deno.test(`lines: ${name}, ${size} bytes at once`, async () => {
      const reader = new LineReader();
      const found: (string | false)[] = [];
      for await (const bytes of cut(said, size)) {
        reader.push(bytes);
        for (let line = reader.next(); line !== null; line = reader.next()) {
          found.push(line);
          if (line === false && expected.length === 1) break;
        }
        if (found.length === expected.length && found.at(-1) === false) break;
      }
      assert.deepEqual(found, expected.slice(0, found.length));
      assert.ok(found.length > 0 || expected.length === 0);
    });
  }
}

const tops: readonly (readonly [message: string, lines: number, top: string])[] = [
  ["A: b\r\n\r\n1\r\n2\r\n3\r\n", 0, "A: b\r\n\r\n"],
  ["A: b\r\n\r\n1\r\n2\r\n3\r\n", 2, "A: b\r\n\r\n1\r\n2\r\n"],
  ["A: b\r\n\r\n1\r\n", 5, "A: b\r\n\r\n1\r\n"],
  ["A: b\r\n\r\n\r\n\r\n3\r\n", 1, "A: b\r\n\r\n\r\n"],
  ["A: b\r\n", 1, "A: b\r\n"],
  ["\r\n1\r\n2\r\n", 1, "\r\n1\r\n"],
];

for (const [message, count, top] of tops) {
  for (const size of sizes) {
    Deno.test(`${count} lines of ${JSON.stringify(message)}, ${size} bytes at once`, async () => {
      assert.equal(await textOf(topOf(cut(message, size), count)), top);
    });
  }
}

Deno.test("a top lets go of a message that it has enough of", async () => {
  let [submission, closed] = [0, false];
  const source = async function* () {
    try {
      for (;;) yield bytesOf(submission++ === 0 ? "A: b\r\n\r\n" : "line\r\n");
    } finally {
      closed = true;
    }
  };
  assert.equal(await textOf(topOf(source(), 2)), "A: b\r\n\r\nline\r\nline\r\n");
  assert.deepEqual([submission, closed], [3, true]);
});
