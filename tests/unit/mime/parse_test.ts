/** Any message as its leaves, cut in any way, within the limits. */

import assert from "node:assert/strict";
import { parseMessage, parseParts } from "../../../src/mime/parse.ts";
import type { PartHeader } from "../../../src/mime/part.ts";
import { bytesOfString } from "../../../src/mime/byte_string.ts";
import { isFailure, MailError } from "../../../src/model/errors.ts";
import { limits } from "../../../src/model/limits.ts";
import { bytesOf, collect, cut, cutOnce, lines, readLeaves } from "../../support/mime.ts";

const mixed = 'Content-Type: multipart/mixed; boundary="b"';
const binary = "Content-Type: application/x-raw";

const inner = "Content-Type: multipart/alternative; boundary=c";

const messages: [name: string, message: Uint8Array, contents: string[]][] = [
  ["nothing at all", bytesOf(""), [""]],
  ["a header only", bytesOf("Subject: x"), [""]],
  ["a blank line only", bytesOf("\r\n"), [""]],
  ["no header", bytesOf("\nbody\n"), ["body\n"]],
  ["one part", lines("Subject: x", "", "a", "b"), ["a\nb\n"]],
  ["bare LF", bytesOf(`${mixed}\n\n--b\n\none\n--b\n\ntwo\n\n--b--\n`), ["one", "two\n"]],
  ["two parts", lines(mixed, "", "--b", "", "one", "--b", "", "two", "--b--"), ["one", "two"]],
  [
    "preamble and epilogue",
    lines(mixed, "", "pre", "--b", "", "one", "--b--", "post", "--b", "", "no"),
    ["one"],
  ],
  ["no final boundary", lines(mixed, "", "--b", "", "one"), ["one\n"]],
  ["ends within a boundary", bytesOf(`${mixed}\n\n--b\n\none\n--`), ["one\n--"]],
  ["ends with a boundary", bytesOf(`${mixed}\n\n--b\n\none\n--b--`), ["one"]],
  ["ends with an open boundary", bytesOf(`${mixed}\n\n--b\n\none\n--b`), ["one", ""]],
  ["an empty part", lines(mixed, "", "--b", "", "--b", "", "", "--b--"), ["", ""]],
  ["a part without blank line", lines(mixed, "", "--b", "X: y", "--b", "", "two", "--b--"), [
    "",
    "two",
  ]],
  ["boundary padded", lines(mixed, "", "--b \t", "", "one", "--b-- "), ["one"]],
  ["boundary with more behind it", lines(mixed, "", "--b", "", "--bc", "--b-", "--b--"), [
    "--bc\n--b-",
  ]],
  ["boundary within a line", lines(mixed, "", "--b", "", " --b", "x--b", "--b--"), [" --b\nx--b"]],
  ["boundary at once in the body", lines(mixed, "", "--b--", "x"), []],
  ["a boundary with more behind it", lines(`${mixed} x; y=z`, "", "--b", "", "one", "--b--"), [
    "one",
  ]],
  [
    "a boundary of bytes that are no UTF-8",
    bytesOfString("Content-Type: multipart/mixed; boundary=\xf6\n\n--\xf6\n\none\n--\xf6--\n"),
    ["one"],
  ],
  [
    "a boundary in the form of RFC 2231",
    lines(
      "Content-Type: multipart/mixed; boundary*0*=us-ascii''%3D;",
      " boundary*1*=b",
      "",
      "--=b",
      "",
      "one",
      "--=b--",
    ),
    ["one"],
  ],
  [
    "a type with blanks and comments",
    lines(
      "Content-Type: multipart (of) / (all) mixed (parts); boundary=b",
      "",
      "--b",
      "",
      "one",
      "--b--",
    ),
    ["one"],
  ],
  ["a multipart without boundary", lines("Content-Type: multipart/mixed", "", "--b", "x"), [
    "--b\nx\n",
  ]],
  ["a multipart whose boundary never comes", lines(mixed, "", "a", "--c", "x"), ["a\n--c\nx\n"]],
  ["a multipart of a last boundary only", lines(mixed, "", "a", "", "--b--", "x"), ["a\n"]],
  ["a multipart of nothing", lines(mixed, ""), []],
  [
    "multiparts that nothing divides among others",
    lines(
      mixed,
      "",
      "no",
      "--b",
      inner,
      "",
      "one",
      "--b",
      inner,
      "",
      "--c--",
      "--b",
      "",
      "two",
      "--b--",
    ),
    ["one", "two"],
  ],
  [
    "the CRLF before a boundary is not content",
    lines(mixed, "", "--b", binary, "", "a", "", "--b", binary, "", "--b--"),
    ["a\r\n", ""],
  ],
  ["CR CR LF", bytesOf(`${mixed}\n\n--b\n${binary}\n\na\r\r\n--b--\n`), ["a\r"]],
  [
    "nested, boundaries prefixes of each other",
    lines(
      'Content-Type: multipart/mixed; boundary="a"',
      "",
      "--a",
      'Content-Type: multipart/alternative; boundary="ab"',
      "",
      "--ab",
      "",
      "one",
      "--ab",
      "",
      "two",
      "--ab--",
      "--a",
      "",
      "three",
      "--a--",
    ),
    ["one", "two", "three"],
  ],
  [
    "nested, inner never closed",
    lines(
      mixed,
      "",
      "--b",
      mixed.replace('"b"', '"in"'),
      "",
      "--in",
      "",
      "1",
      "--b",
      "",
      "2",
      "--b--",
    ),
    ["1", "2"],
  ],
  [
    "message/rfc822 is one leaf",
    lines(mixed, "", "--b", "Content-Type: message/rfc822", "", mixed, "", "x", "--b--"),
    [`${mixed}\r\n\r\nx`],
  ],
  [
    "base64, dirty",
    lines("Content-Transfer-Encoding: BASE64", "", "aGVs", "bG8*h", "=", "!", "d29y", "bGQ=", "IQ"),
    ["hello!world!"],
  ],
  [
    "base64 with a footer in clear behind it",
    lines("Content-Transfer-Encoding: base64", "", "aGVsbG8=", "", "______", "Leave: x@y"),
    ["hello______\r\nLeave: x@y\r\n"],
  ],
  [
    "what is only called base64",
    lines("Content-Transfer-Encoding: base64", "", "", "in clear", "YQ==", "<b>"),
    ["in clear\r\nYQ==\r\n<b>\r\n"],
  ],
  ...[
    "Dear Mary",
    "Hello Bob!",
    "HELLO BOB",
    "PO 123456",
    "IT 42",
    "USD 5 each",
    "John,",
    "it is 12 o'clock",
  ].map((
    line,
  ): [string, Uint8Array, string[]] => [
    `what is only called base64: ${line}`,
    lines("Content-Transfer-Encoding: base64", "", line, "YQ=="),
    [`${line}\r\nYQ==\r\n`],
  ]),
  ...["SGVsbG8g d29ybGQ=", "SGVs bG8g d29y bGQ=", "\ufeffSGVsbG8gd29ybGQ=", "SGVs\0bG8gd29ybGQ="]
    .map((
      line,
    ): [string, Uint8Array, string[]] => [
      `base64 with something between: ${JSON.stringify(line)}`,
      lines("Content-Transfer-Encoding: base64", "", line),
      ["Hello world"],
    ]),
  [
    "base64 of one long line with a blank",
    lines("Content-Transfer-Encoding: base64", "", `YWFh YWFh${"YWFh".repeat(400)}`),
    ["a".repeat(1206)],
  ],
  [
    "base64 that goes on behind its padding",
    lines("Content-Transfer-Encoding: base64", "", "aGVsbG8=", "aGVsbG8=", "IQ"),
    ["hellohello!"],
  ],
  [
    "uuencode, with blanks cut off",
    lines(
      "Content-Type: application/x\nContent-Transfer-Encoding: x-uuencode",
      "",
      "",
      "begin 644 all 61.bin",
      String.raw`M  $" P0%!@<("0H+# T.#Q 1$A,4%187&!D:&QP='A\@(2(C)"4F)R@I*BLL`,
      "0+2XO,#$R,S0U-C<X.3H[",
      "`",
      "end",
      "",
      "footer",
    ),
    [String.fromCharCode(...Array(60).keys(), 0) + "footer\r\n"],
  ],
  [
    "a file that is only called uuencode, with control characters",
    lines(
      "Content-Type: application/x\nContent-Transfer-Encoding: x-uuencode",
      "",
      "PK\x03\x04",
      "\0\0\0",
      "\x01\x02",
      "A",
    ),
    ["PK\x03\x04\r\n\0\0\0\r\n\x01\x02\r\nA\r\n"],
  ],
  [
    "what is only called uuencode",
    lines("Content-Transfer-Encoding: uuencode", "", "begin with", "", "end"),
    ["begin with\r\n\r\nend\r\n"],
  ],
  [
    "quoted-printable",
    lines(
      "Content-Type: text/plain",
      "Content-Transfer-Encoding: quoted-printable (really)",
      "",
      "caf=C3=A9 =3d =ZZ = x",
      "soft= \t",
      " break=",
      "  ",
      "crlf=0D=0A.  \t",
      "end=",
    ),
    ["café = =ZZ = x\nsoft break\ncrlf\r\n.\nend"],
  ],
  [
    "quoted-printable that is no text",
    lines(binary, "Content-Transfer-Encoding: quoted-printable", "", "a=00b ", "c"),
    ["a\0b\r\nc\r\n"],
  ],
  [
    "an unknown encoding is raw",
    lines("Content-Type: text/plain", "Content-Transfer-Encoding: x-rot13", "", "a"),
    ["a\r\n"],
  ],
  ["text with lone CR", bytesOf("\na\rb\r\r\nc\r"), ["a\rb\r\nc\r"]],
  [
    "long lines that begin with hyphens",
    lines(mixed, "", "--b", "", `--b${" ".repeat(2000)}`, `--${"b".repeat(5000)}`, "--b--"),
    [`--b${" ".repeat(2000)}\n--${"b".repeat(5000)}`],
  ],
  [
    "long runs of blanks",
    lines("Content-Transfer-Encoding: quoted-printable", "", `a${" ".repeat(2500)}b`, "c"),
    [`a${" ".repeat(2500)}b\nc\n`],
  ],
];

for (const [name, message, contents] of messages) {
  Deno.test(`a message reads the same however it is cut: ${name}`, async () => {
    for (const size of [1, 2, 3, 5, 64, 1000, Math.max(1, message.length)]) {
      const leaves = await readLeaves(cut(message, size));
      const texts = leaves.map(({ content }) => new TextDecoder().decode(content));
      assert.deepEqual(texts, contents, `cut to ${size}`);
      assert.deepEqual(leaves.map(({ part }) => part.index), leaves.map((_, at) => at + 1));
    }
  });
}

for (const [name, message, contents] of messages) {
  Deno.test(`a message reads the same wherever its blocks meet: ${name}`, async () => {
    const step = Math.max(1, Math.ceil(message.length / 250));
    for (let at = 0; at <= message.length; at += step) {
      const leaves = await readLeaves(cutOnce(message, at));
      const texts = leaves.map(({ content }) => new TextDecoder().decode(content));
      assert.deepEqual(texts, contents, `cut at ${at}`);
    }
  });
}

Deno.test("a boundary is found wherever the blocks are cut", async () => {
  for (let padding = 65_400; padding < 65_560; padding++) {
    const message = bytesOf(`${mixed}\n\n--b\n${binary}\n\n${"x".repeat(padding)}\r\n--b--\r\n`);
    const [leaf] = await readLeaves(cut(message, message.length));
    assert.equal(leaf?.content.length, padding);
  }
});

Deno.test("contents may be left unread, or read in part", async () => {
  const message = lines(mixed, "", "--b", "", "one", "--b", "", "two", "--b", "", "3", "--b--");
  const seen: string[] = [];
  const kept: AsyncIterable<Uint8Array>[] = [];
  for await (const { part, content } of parseParts(cut(message, 4))) {
    kept.push(content);
    if (part.index === 2) seen.push(new TextDecoder().decode(await collect(content)));
  }
  assert.deepEqual(seen, ["two"]);
  for (const content of kept) assert.equal((await collect(content)).length, 0);
});

Deno.test("the content of a leaf is over when the next is there", async () => {
  const leaves = parseParts(cut(lines(mixed, "", "--b", "", "one", "--b", "", "two", "--b--"), 4));
  const first = (await leaves.next()).value ?? assert.fail();
  const second = (await leaves.next()).value ?? assert.fail();
  assert.equal((await collect(first.content)).length, 0);
  assert.deepEqual(await collect(second.content), bytesOf("two"));
});

Deno.test("the source is closed when the reader stops", async () => {
  let closed = false;
  const endless = async function* () {
    try {
      yield bytesOf("Subject: x\n\n");
      for (;;) yield await Promise.resolve(new Uint8Array(50_000));
    } finally {
      closed = true;
    }
  };
  for await (const { content } of parseParts(endless())) {
    for await (const _ of content) break;
    break;
  }
  assert.ok(closed);
});

Deno.test("the header of a part says what it is", async () => {
  const message = lines(
    'content-type: Text/HTML; Charset="UTF-8" (comment); name=n.html',
    "CONTENT-DISPOSITION: Inline",
    "Content-Transfer-Encoding: 8BIT",
    "",
    "x",
  );
  const [leaf] = await readLeaves(cut(message, 9));
  const { headers, ...part } = leaf?.part ?? assert.fail();
  assert.deepEqual(part, {
    index: 1,
    alternative: null,
    isWhole: true,
    type: "text/html",
    charset: "utf-8",
    disposition: "inline",
    fileName: "n.html",
    encoding: "8bit",
  });
  assert.deepEqual(headers, message.slice(0, -3));
});

Deno.test("defaults are those of RFC 2045 and 2046", async () => {
  const digest = lines(
    "Content-Type: multipart/digest; boundary=b",
    ...["", "--b", "", "a", "--b", "Content-Type: nonsense", "", "b", "--b--"],
  );
  const types = async (message: Uint8Array) =>
    (await readLeaves(cut(message, 5))).map(({ part }) => [part.type, part.encoding, part.charset]);
  assert.deepEqual(await types(lines("", "x")), [["text/plain", "7bit", null]]);
  assert.deepEqual(await types(digest), Array(2).fill(["message/rfc822", "7bit", null]));
});

const dispositions: [field: string, fileName: string | null][] = [
  ['filename="../../etc/passwd"', "passwd"],
  ['filename="C:\\Windows\\evil.exe"', "evil.exe"],
  ['filename="\\\\\\\\host\\\\share\\\\x"', "x"],
  ['filename=".."', null],
  ['filename="."', null],
  ['filename="a/.."', null],
  ['filename=""', null],
  ['filename="/"', null],
  ['filename=" .. "', null],
  ["filename*=utf-8''%2e%2e%2fa%0d%0ab%00c%1b[2J", "abc[2J"],
  ["filename*=utf-8''gpj%E2%80%AEexe.", "gpjexe."],
  ['filename="=?utf-8?Q?..=2F..=2F=C3=BC?="', "ü"],
  ['filename="=?utf-8?B?YQ==?= =?utf-8?B?Yg==?="', "ab"],
  ["filename=plain name.txt; x=y", "plain name.txt"],
  ['filename="semi;colon \\"q\\".txt"', 'semi;colon "q".txt'],
  ["filename*0=a; filename*1=b; filename*3=d", "ab"],
  ["filename*1=b; filename=plain", "plain"],
  ["filename*=utf-8''%3D%3Fu%3FQ%3Fx%3F%3D", "=?u?Q?x?="],
  ["filename=plain; filename*=utf-8''%C3%BC", "ü"],
  ['filename*="=?utf-8?Q?=C3=BC?="', "ü"],
  [`filename="${"é".repeat(200)}.tar"`, `${"é".repeat(125)}.tar`],
  ['filename="unterminated', "unterminated"],
];

for (const [field, fileName] of dispositions) {
  Deno.test(`a file name is made safe: ${field.slice(0, 50)}`, async () => {
    const message = lines(`Content-Disposition: attachment; ${field}`, "", "x");
    assert.equal((await readLeaves(cut(message, 11)))[0]?.part.fileName, fileName);
  });
}

function nested(depth: number): Uint8Array {
  const open = Array.from(
    { length: depth },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`,
  );
  return bytesOf(`${open.join("")}\ndeep`);
}

function many(parts: number): Uint8Array {
  return bytesOf(`${mixed}\n\n${"--b\n\nx\n".repeat(parts)}--b--\n`);
}

function longHeader(length: number): Uint8Array {
  return bytesOf(`X: ${"x".repeat(length - 5)}\n\n`);
}

function toldOf({ part, content }: { part: PartHeader; content: Uint8Array }): string {
  return `${part.disposition} ${new TextDecoder().decode(content)}`;
}

Deno.test("limits hold, and all up to them is read", async () => {
  const { maxMimeDepth, maxMimeParts, maxHeaderBytes } = limits;
  assert.equal((await readLeaves(cut(nested(maxMimeDepth), 100))).length, 1);
  assert.equal((await readLeaves(cut(many(maxMimeParts - 1), 100))).length, maxMimeParts - 1);
  assert.equal((await readLeaves(cut(longHeader(maxHeaderBytes), 1000))).length, 1);
  for (const size of [100, 1 << 20]) {
    const deep = await readLeaves(cut(nested(maxMimeDepth + 1), size));
    assert.deepEqual(deep.map(toldOf), [`attachment --b${maxMimeDepth}\n\ndeep`]);
    const wide = await readLeaves(cut(many(maxMimeParts + 3), size));
    assert.equal(wide.length, maxMimeParts - 1);
    assert.deepEqual(wide.slice(-2).map(toldOf), [
      "null x",
      `attachment x\n${"--b\n\nx\n".repeat(4)}--b--\n`,
    ]);
    const long = readLeaves(cut(longHeader(maxHeaderBytes + 1), size));
    await assert.rejects(long, (error) => isFailure(error, "too_large"));
  }
});

Deno.test("what stands before the first part is passed over, and no text of any length", async () => {
  for (const more of [0, 1]) {
    const before = "x".repeat(limits.maxPreambleBytes + more);
    const leaves = await readLeaves(cut(bytesOf(`${mixed}\n\n${before}\n--b\n\none\n--b--`), 1000));
    const texts = leaves.map(({ content }) => new TextDecoder().decode(content));
    assert.deepEqual(texts, more === 0 ? ["one"] : [before, "one"]);
  }
});

Deno.test("a header without end is refused before it is all read", async () => {
  let [read, closed] = [0, false];
  const endless = async function* () {
    try {
      for (;; read += 1000) yield await Promise.resolve(bytesOf("x".repeat(1000)));
    } finally {
      closed = true;
    }
  };
  await assert.rejects(parseMessage(endless()), MailError);
  assert.ok(closed && read < limits.maxHeaderBytes + 64 * 1024);
});

// Were it a step for each pair of bytes, it would take minutes.
Deno.test("hostile messages cost no more than their length", async () => {
  const head = `${mixed}\nContent-Transfer-Encoding: quoted-printable\n\n--b\n`;
  const qp = "Content-Transfer-Encoding: quoted-printable\n";
  for (const unit of ["-", "--", "\n-", "\n--", "\r", "=", " ", "= ", "\n--b"]) {
    for (const header of ["\n", `${qp}\n`]) {
      const message = bytesOf(head + header + unit.repeat(Math.ceil(500_000 / unit.length)));
      await readLeaves(cut(message, 1 << 16)).catch((error) =>
        assert.ok(error instanceof MailError)
      );
    }
  }
});
