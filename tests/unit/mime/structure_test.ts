/** The structure of any message: where its parts stand, within limits, whatever the bytes. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { byteString } from "../../../src/mime/byte_string.ts";
import type { ByteRange, MimeStructure } from "../../../src/mime/structure.ts";
import { describeFields } from "../../../src/mime/structure/mime_fields.ts";
import { readStructure } from "../../../src/mime/structure/read_structure.ts";
import { selectFields } from "../../../src/mime/structure/header_fields.ts";
import { findSection, type Section } from "../../../src/mime/structure/section.ts";
import { limits } from "../../../src/model/limits.ts";
import { bytesOf, cut, cutOnce, lines, seeded } from "../../support/mime.ts";

const forwarded = lines(
  "Subject: outer",
  "Content-Type: multipart/mixed; boundary=b",
  "",
  "before",
  "--b",
  "Content-Type: text/plain; charset=us-ascii",
  "",
  "one",
  "two",
  "--b",
  "Content-Type: message/rfc822",
  "",
  "From: a@example.org",
  "X-Other: y",
  "Content-Type: multipart/alternative; boundary=c",
  "",
  "--c",
  "",
  "inner",
  "--c--",
  "--b",
  "Content-Type: message/rfc822",
  "",
  "Subject: single",
  "",
  "alone",
  "--b--",
  "behind",
);

function textOf(message: Uint8Array, range: ByteRange | null): string | null {
  return range === null ? null : byteString(message.subarray(range.from, range.to));
}

function read(message: Uint8Array): Promise<MimeStructure> {
  return readStructure(cut(message, 1000));
}

const sections: readonly [name: string, text: string | null][] = [
  ["1", "one\r\ntwo"],
  ["1.MIME", "Content-Type: text/plain; charset=us-ascii\r\n\r\n"],
  ["1.HEADER", null],
  ["1.TEXT", null],
  ["1.1", null],
  ["2.HEADER", byteString(forwarded).match(/From: a@[^]*?\r\n\r\n/)![0]],
  ["2.TEXT", "--c\r\n\r\ninner\r\n--c--"],
  ["2.1", "inner"],
  ["2.1.MIME", "\r\n"],
  ["2.2", null],
  ["3", "Subject: single\r\n\r\nalone"],
  ["3.1", "alone"],
  ["3.1.MIME", "Subject: single\r\n\r\n"],
  ["3.HEADER", "Subject: single\r\n\r\n"],
  ["3.TEXT", "alone"],
  ["3.1.1", null],
  ["4", null],
  ["0", null],
  ["HEADER", byteString(forwarded).match(/^[^]*?\r\n\r\n/)![0]],
  ["TEXT", byteString(forwarded).replace(/^[^]*?\r\n\r\n/, "")],
  ["MIME", null],
  ["", byteString(forwarded)],
];

function sectionOf(name: string): Section {
  const words = name.split(".").filter((word) => word !== "");
  const path = words.filter((word) => /^\d+$/.test(word)).map(Number);
  const word = words.find((word) => /^[A-Z]/.test(word))?.toLowerCase() ?? "all";
  return { path, text: word as Section["text"] };
}

for (const [name, text] of sections) {
  Deno.test(`section ${name || "of all"} of a message with messages in it`, async () => {
    assert.equal(
      textOf(forwarded, findSection(await read(forwarded), sectionOf(name))),
      text,
    );
  });
}

Deno.test("sizes, lines and the envelope of a message inside another", async () => {
  const { parts: [first, second], lines } = await read(forwarded);
  assert.deepEqual([first!.lines, second!.lines, lines], [1, 7, 25]);
  assert.equal(byteString(second!.message!.envelopeFields!), "From: a@example.org\r\n\r\n");
});

Deno.test("wherever a stream is cut, the structure is the same", async () => {
  const whole = await readStructure(cutOnce(forwarded, 0));
  for (let at = 1; at < forwarded.length; at++) {
    assert.deepEqual(await readStructure(cutOnce(forwarded, at)), whole, `cut at ${at}`);
  }
});

const nested = (depth: number, type: (at: number) => string) =>
  bytesOf(
    Array.from({ length: depth }, (_, at) => `Content-Type: ${type(at)}\r\n\r\n--b${at}\r\n`)
      .join(""),
  );

function depthOf({ parts, message }: MimeStructure): number {
  return 1 + Math.max(0, ...[...parts, ...message === null ? [] : [message]].map(depthOf));
}

function countOf({ parts, message }: MimeStructure): number {
  return [...parts, ...message === null ? [] : [message]].reduce(
    (sum, part) => sum + countOf(part),
    1,
  );
}

Deno.test("parts are followed only so deep: what stands deeper is one part", async () => {
  const multiparts = await read(nested(50, (at) => `multipart/mixed; boundary=b${at}`));
  const messages = await read(bytesOf("Content-Type: message/rfc822\r\n\r\n".repeat(50)));
  assert.deepEqual([depthOf(multiparts), depthOf(messages)], [21, 21]);
  assert.equal(limits.maxMimeDepth, 20);
});

Deno.test("the last part of too many goes on to the end", async () => {
  const message = bytesOf(
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n".repeat(3_000),
  );
  const structure = await read(message);
  assert.equal(countOf(structure), limits.maxMimeParts);
  assert.equal(structure.parts.at(-1)!.content.to, message.length);
});

Deno.test("a header of any length has its place, and what is told of it is bounded", async () => {
  const long = bytesOf(
    `Subject: x\r\n${"X: y\r\n".repeat(500_000)}X: ${"z".repeat(600_000)}\r\n\r\nbody\r\n`,
  );
  const structure = await read(long);
  assert.equal(textOf(long, structure.content), "body\r\n");
  const part = `--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: ${"s".repeat(100_000)}\r\n\r\n`;
  const many = await read(
    bytesOf(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(300)}`),
  );
  const kept = many.parts.reduce(
    (sum, { message }) => sum + (message?.envelopeFields?.length ?? 0),
    0,
  );
  assert.equal(many.parts.length, 300);
  assert.ok(kept <= limits.maxStructureHeaderBytes + 300 * 2, `${kept}`);
});

Deno.test("any bytes have a structure whose parts stand inside one another", async () => {
  const random = seeded(13);
  for (let round = 0; round < 3_000; round++) {
    const message = forwarded.slice(0, random() % forwarded.length);
    for (let at = random() % 8; at > 0; at--) message[random() % message.length] = random() % 256;
    const structure = await read(message);
    assert.equal(structure.content.to, message.length);
    checkPlaces(structure);
  }
});

function checkPlaces({ header, content, parts, message }: MimeStructure): void {
  assert.ok(header.from <= header.to && header.to === content.from && content.from <= content.to);
  let at = content.from;
  for (const inner of message === null ? parts : [message]) {
    assert.ok(inner.header.from >= at && inner.content.to <= content.to);
    at = inner.content.to;
    checkPlaces(inner);
  }
}

const fieldsOf = "Date: x\r\nTo: a,\r\n b\r\nno field\r\nX-Y : z\r\n\tgoes on\r\n\r\nTo: body";

const selections: readonly [names: string[], which: "with" | "without", text: string][] = [
  [["TO"], "with", "To: a,\r\n b\r\n\r\n"],
  [["x-y", "date"], "with", "Date: x\r\nX-Y : z\r\n\tgoes on\r\n\r\n"],
  [["To"], "without", "Date: x\r\nno field\r\nX-Y : z\r\n\tgoes on\r\n\r\n"],
  [["absent"], "with", "\r\n"],
];

Deno.test("a header without a blank line has none in what is taken of it", () => {
  const taken = selectFields(bytesOf(" goes on\r\nTo: a\r\nDate: x\r\n"), ["to"], "without");
  assert.equal(byteString(taken), " goes on\r\nDate: x\r\n");
});

for (const [names, which, text] of selections) {
  Deno.test(`the fields ${which} the names ${names}`, () => {
    assert.equal(byteString(selectFields(bytesOf(fieldsOf), names, which)), text);
  });
}

Deno.test("what is kept of a header does not hold all of it", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  const before = Deno.memoryUsage().heapUsed;
  const kept = Array.from({ length: 100 }, (_, at) => {
    const type =
      `text/plain; charset=a-charset-with-a-long-name-${at}; x="a quoted value of ${at}"`;
    const comment = `(${"x".repeat(200_000)})`;
    return describeFields(
      bytesOf(
        `X: ${comment}\nContent-ID: <the-id-of-part-${at}>\nContent-Type: ${type} ${comment}\n\n`,
      ),
      "text/plain",
    );
  });
  collect();
  const grown = Deno.memoryUsage().heapUsed - before;
  assert.equal(kept.at(-1)!.parameters[1]!.value, "a quoted value of 99");
  assert.ok(grown < 10e6, `${grown} bytes for 100 parts`);
});
