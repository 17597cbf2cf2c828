/** What is composed, and that a body comes back byte for byte. */

import assert from "node:assert/strict";
import { composeMessage, encodedGrowth, type MimeDraft } from "../../../src/mime/compose.ts";
import { byteString } from "../../../src/mime/byte_string.ts";
import { parseMessage } from "../../../src/mime/parse.ts";
import { encodeBinaryParts } from "../../../src/mime/structure/encode_binary.ts";
import { MailError } from "../../../src/model/errors.ts";
import { bytesOf, collect, cut, draftOf, readLeaves } from "../../support/mime.ts";

async function compose(draft: Partial<MimeDraft>): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(
    await collect(composeMessage(draftOf(draft))),
  );
}

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const note = { name: "a.txt", type: "text/plain", content: bytesOf("x\r\ny\n") };

const bodies: [name: string, body: Uint8Array, type: string, encoding: string][] = [
  ["empty", bytesOf(""), "text/plain", "7bit"],
  ["one newline", bytesOf("\n"), "text/plain", "7bit"],
  ["two newlines", bytesOf("\n\n"), "text/plain", "7bit"],
  ["no final newline", bytesOf("one\ntwo"), "text/plain", "7bit"],
  ["final newline", bytesOf("one\ntwo\n"), "text/plain", "7bit"],
  ["trailing blanks", bytesOf("a \t\n \n"), "text/plain", "7bit"],
  ["lone CR", bytesOf("a\rb\n"), "text/plain", "base64"],
  ["CRLF", bytesOf("a\r\nb\r\n"), "text/plain", "base64"],
  ["NUL", bytesOf("a\0b"), "text/plain", "base64"],
  ["every byte", everyByte, "application/octet-stream", "base64"],
  ["invalid UTF-8", Uint8Array.of(0x61, 0xff, 0x62), "application/octet-stream", "base64"],
  ["half a character", Uint8Array.of(0x61, 0xc3), "application/octet-stream", "base64"],
  ["UTF-8", bytesOf("Grüße, 世界 🌍\n"), "text/plain", "8bit"],
  ["byte order mark", bytesOf("\ufeffa\n"), "text/plain", "8bit"],
  ["line of 998 bytes", bytesOf(`${"x".repeat(998)}\n`), "text/plain", "7bit"],
  ["line of 999 bytes", bytesOf(`${"x".repeat(999)}\n`), "text/plain", "base64"],
  ["line of 999 bytes in UTF-8", bytesOf(`${"é".repeat(499)}x`), "text/plain", "base64"],
  ["the boundary itself", bytesOf("a\n--=_b0\nb\n"), "text/plain", "base64"],
  ["the boundary first", bytesOf("--=_b0--\n"), "text/plain", "base64"],
  ["another boundary", bytesOf("--=_b\n--\n--b0\n-- \nme\n"), "text/plain", "7bit"],
  ["the boundary in a line", bytesOf("a --=_b0\n"), "text/plain", "7bit"],
  ["leading dots", bytesOf(".\n..\n.a\n"), "text/plain", "7bit"],
  ["From lines", bytesOf("From me\n>From you\n"), "text/plain", "7bit"],
  ["header-like", bytesOf("Subject: no\n\nContent-Type: x/y\n"), "text/plain", "7bit"],
];

for (const [name, body, type, encoding] of bodies) {
  for (const attachments of [[], [note]]) {
    Deno.test(`a body comes back exactly: ${name}, ${attachments.length} attachments`, async () => {
      for (const given of [body, cut(body, 1), ReadableStream.from(cut(body, 7))]) {
        const message = await collect(composeMessage(draftOf({ body: given, attachments })));
        for (const size of [1, 2, 3, 77, message.length]) {
          const [leaf, attached] = await readLeaves(cut(message, size));
          assert.deepEqual(leaf?.content, body);
          assert.equal(leaf?.part.type, type);
          assert.equal(leaf?.part.encoding, encoding);
          assert.deepEqual(attached?.content, attachments[0]?.content);
        }
      }
    });
  }
}

Deno.test("every line of a message without binary parts ends with CRLF and is short", async () => {
  const draft = draftOf({
    to: Array.from({ length: 50 }, (_, at) => `somebody.${at}@example.org`),
    subject: "Ein sehr langer Betreff über viele Dinge ".repeat(20),
    references: Array.from({ length: 30 }, (_, at) => `${at}.${"r".repeat(40)}@example.org`),
    attachments: [{ ...note, name: "Übersicht ".repeat(12), content: new Uint8Array(1000) }],
  });
  const text = byteString(await collect(encodeBinaryParts(composeMessage(draft))));
  for (const line of text.split("\r\n")) {
    assert.doesNotMatch(line, /[\r\n]/);
    assert.ok(line.length <= 78, line);
  }
});

Deno.test("an encoded word is at most 75 characters and whole in itself", async () => {
  const subject = "🌍ü".repeat(200);
  const text = await compose({ subject });
  const words = [...text.matchAll(/=\?utf-8\?B\?([^?]*)\?=/g)];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decoded = words.map(([, word = ""]) => decoder.decode(Uint8Array.fromBase64(word)));
  assert.ok(words.every(([word]) => word.length <= 75));
  assert.equal(decoded.join(""), subject);
});

const subjects = [
  "Hello",
  "two  blanks",
  " blanks around ",
  "=?utf-8?Q?not_encoded?=",
  "Grüße",
  "no-break\u00a0space",
  "x".repeat(2000),
  "a b ".repeat(400).trim(),
  "日本語の件名".repeat(30),
];

for (const subject of subjects) {
  Deno.test(`a subject comes back: ${subject.slice(0, 30)}`, async () => {
    const { header, leaves } = await parseMessage(composeMessage(draftOf({ subject })));
    await leaves.return();
    assert.equal(header.get("subject"), subject);
  });
}

Deno.test("the fields are those of RFC 5322, and no other", async () => {
  const text = await compose({
    cc: ["carol@example.org", "dörte@example.org"],
    inReplyTo: "0@example.org",
    references: ["00@example.org", "0@example.org"],
  });
  assert.equal(
    text,
    [
      "Date: Fri, 02 Jan 2026 03:04:05 +0000",
      "From: alice@example.org",
      "To: bob@example.org",
      "Cc: carol@example.org, dörte@example.org",
      "Subject: Hello",
      "Message-ID: <1@example.org>",
      "In-Reply-To: <0@example.org>",
      "References: <00@example.org> <0@example.org>",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 7bit",
      "",
      "Hello",
      "",
    ].join("\r\n"),
  );
});

const layouts: Readonly<Record<string, readonly [whole: string, part: string, note: string]>> = {
  "as it is stored": ["binary", "binary", "x\r\ny\n\r\n"],
  "for other programs": ["8bit  ", "base64", "eA0KeQo=\r\n"],
};

for (const [name, [whole, part, content]] of Object.entries(layouts)) {
  Deno.test(`a multipart message is laid out as RFC 2046 shows, ${name}`, async () => {
    const attachments = [note, { ...note, content: bytesOf("") }];
    const stored = composeMessage(draftOf({ attachments }));
    const text = byteString(
      await collect(whole === "binary" ? stored : encodeBinaryParts(stored)),
    );
    assert.equal(
      text.slice(text.indexOf("MIME-Version")),
      [
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed;",
        ' boundary="=_b0"',
        `Content-Transfer-Encoding: ${whole}`,
        "",
        "--=_b0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "",
        "Hello",
        "",
        "--=_b0",
        "Content-Type: text/plain",
        'Content-Disposition: attachment; filename="a.txt"',
        `Content-Transfer-Encoding: ${part}`,
        "",
        `${content}--=_b0`,
        "Content-Type: text/plain",
        'Content-Disposition: attachment; filename="a.txt"',
        `Content-Transfer-Encoding: ${part}`,
        "",
        "",
        "--=_b0--",
        "",
      ].join("\r\n"),
    );
  });
}

for (const bytes of [0, 1, 2, 3, 56, 57, 58, 114, 5_000, 100_000]) {
  Deno.test(`how much longer base64 makes a file of ${bytes} bytes is known before`, async () => {
    const files = [
      { name: "a", type: "image/png", content: everyByteOften().subarray(0, bytes) },
      { name: "b.eml", type: "message/rfc822", content: bytesOf("Subject: x\n\nlone LF\n") },
      { name: "c", type: "message/partial", content: bytesOf("\0") },
    ];
    const stored = await collect(composeMessage(draftOf({ attachments: files })));
    const encoded = await collect(encodeBinaryParts(cut(stored, 1_000)));
    const growth = files.map(({ type, content }) => encodedGrowth(type, content.length));
    assert.equal(encoded.length, stored.length + growth.reduce((sum, each) => sum + each));
    const [before, after] = [await readLeaves(cut(stored, 77)), await readLeaves(cut(encoded, 77))];
    assert.deepEqual(
      after.map(({ content }) => content),
      before.map(({ content }) => content),
    );
    assert.deepEqual(
      after.map(({ part: { encoding } }) => encoding),
      ["7bit", "base64", "8bit", "base64"],
    );
  });
}

const fileNames = [
  "report.pdf",
  "two words.txt",
  'a "quoted" \\ name',
  "Übersicht.pdf",
  "=?utf-8?Q?x?=.txt",
  "100%.txt",
  "it's; a=b.txt",
  "日本語".repeat(20) + ".txt",
  "x".repeat(255),
];

for (const name of fileNames) {
  Deno.test(`a file name comes back: ${name.slice(0, 30)}`, async () => {
    const message = composeMessage(draftOf({ attachments: [{ ...note, name }] }));
    const leaf = (await readLeaves(message))[1];
    // A backslash parts a path for whoever wrote the name on Windows.
    assert.equal(leaf?.part.fileName, name.split("\\").at(-1)?.trim());
    assert.equal(leaf?.part.disposition, "attachment");
  });
}

const injections: [what: string, code: "malformed" | "too_large", draft: Partial<MimeDraft>][] = [
  ...["\r", "\n", "\r\nBcc: eve@example.org", "\0"].flatMap((
    bad,
  ): [string, "malformed", Partial<MimeDraft>][] => [
    ["subject", "malformed", { subject: `a${bad}` }],
    ["from", "malformed", { from: `alice@example.org${bad}` }],
    ["to", "malformed", { to: [`bob@example.org${bad}`] }],
    ["cc", "malformed", { cc: [`bob@example.org${bad}`] }],
    ["message id", "malformed", { messageId: `1@x${bad}` }],
    ["in reply to", "malformed", { inReplyTo: `1@x${bad}` }],
    ["references", "malformed", { references: [`1@x${bad}`] }],
    ["boundary", "malformed", { boundary: `b${bad}` }],
    ["file name", "malformed", { attachments: [{ ...note, name: `a${bad}` }] }],
    ["file type", "malformed", { attachments: [{ ...note, type: `text/plain${bad}` }] }],
  ]),
  ["two addresses in one", "malformed", { to: ["a@example.org, eve@example.org"] }],
  ["an address with a name", "malformed", { to: ["Bob <bob@example.org>"] }],
  ["two ids in one", "malformed", { inReplyTo: "1@x> <2@x" }],
  ["empty address", "malformed", { to: [""] }],
  ["empty boundary", "malformed", { boundary: "" }],
  ["empty file name", "malformed", { attachments: [{ ...note, name: "" }] }],
  ["a date that is none", "malformed", { date: new Date(NaN) }],
  ["long address", "too_large", { to: [`${"a".repeat(1000)}@example.org`] }],
  ["long subject", "too_large", { subject: "a".repeat(3000) }],
  ["long file name", "too_large", { attachments: [{ ...note, name: "a".repeat(256) }] }],
  ["many attachments", "too_large", { attachments: Array(101).fill(note) }],
];

for (const [what, code, draft] of injections) {
  Deno.test(`a draft is refused before its first byte: ${what} ${JSON.stringify(draft).slice(0, 60)}`, async () => {
    await assert.rejects(
      composeMessage(draftOf(draft)).next(),
      (error) => error instanceof MailError && error.code === code,
    );
  });
}

Deno.test("multipart and odd message attachments travel as bytes", async () => {
  for (const type of ["message/partial", "Multipart/Mixed"]) {
    const leaves = await readLeaves(
      composeMessage(draftOf({ attachments: [{ ...note, type }] })),
    );
    assert.equal(leaves[1]?.part.type, "application/octet-stream");
  }
});

const inner = "Subject: x\r\n\r\n";
const messages: [name: string, message: Uint8Array, encoding: string][] = [
  ["lines", bytesOf(`${inner}one\r\n`), "7bit"],
  ["no final line break", bytesOf(`${inner}one`), "7bit"],
  ["blank lines at the end", bytesOf(`${inner}\r\n\r\n`), "7bit"],
  ["nothing", bytesOf(""), "7bit"],
  ["UTF-8", bytesOf(`${inner}Grüße\r\n`), "8bit"],
  ["a line of 998 bytes", bytesOf(`${inner}${"x".repeat(998)}\r\n`), "7bit"],
  ["a line of 999 bytes", bytesOf(`${inner}${"x".repeat(999)}\r\n`), "binary"],
  ["a last line of 999 bytes", bytesOf(`${inner}${"x".repeat(999)}`), "binary"],
  ["lone LF", bytesOf("Subject: x\n\none\n"), "binary"],
  ["lone CR", bytesOf(`${inner}a\rb\r\n`), "binary"],
  ["NUL", bytesOf(`${inner}a\0b\r\n`), "binary"],
  ["every byte", everyByte, "binary"],
  ["long, in a stream", bytesOf(`${inner}${"a line\r\n".repeat(30_000)}`), "binary"],
  ["delimiters", bytesOf(`${inner}--=_b\r\n--\r\n\r\n--=_b0x--\r\n`), "7bit"],
];

for (const [name, message, encoding] of messages) {
  Deno.test(`a message within a message comes back exactly: ${name}`, async () => {
    const type = "message/rfc822";
    const whole = message.length < 64 * 1024 ? [message] : []; // one that is at hand is looked at wholly
    for (const content of [...whole, cut(message, 7_001)]) {
      const attachments = [{ name: "a.eml", type, content }, note];
      const composed = await collect(composeMessage(draftOf({ attachments })));
      for (const size of [997, 1_000_000]) {
        const [body, leaf, last] = await readLeaves(cut(composed, size));
        assert.deepEqual(leaf?.content, message);
        assert.deepEqual([leaf.part.type, leaf.part.encoding], [type, encoding]);
        assert.deepEqual([body?.content, last?.content], [bytesOf("Hello\n"), note.content]);
      }
      const { header, leaves } = await parseMessage(cut(composed, 1_000));
      await leaves.return();
      const outer = header.getStructured("content-transfer-encoding");
      assert.equal(outer, "binary"); // RFC 2045 6.4: as the widest of its parts, the file
    }
  });
}

Deno.test("a long streamed body is base64, text if it begins as text", async () => {
  const text = bytesOf("ä".repeat(100_000)); // 64 KiB fall inside a character of some chunk
  for (
    const [body, type] of [[text, "text/plain"], [everyByteOften(), "application/octet-stream"]]
  ) {
    const [leaf] = await readLeaves(
      composeMessage(draftOf({ body: cut(body as Uint8Array, 997) })),
    );
    assert.deepEqual(leaf?.content, body);
    assert.equal(leaf?.part.type, type);
    assert.equal(leaf?.part.encoding, "base64");
  }
});

function everyByteOften(): Uint8Array {
  return Uint8Array.from({ length: 100_000 }, (_, at) => at);
}

Deno.test("streams are closed when the reader stops early", async () => {
  for (const stop of [1, 2, 3]) {
    let closed = 0;
    const endless = async function* () {
      try {
        for (;;) yield await Promise.resolve(new Uint8Array(50_000));
      } finally {
        closed++;
      }
    };
    const message = composeMessage(draftOf({ body: endless(), attachments: [note] }));
    for (let read = 0; read < stop; read++) await message.next();
    await message.return(undefined);
    assert.equal(closed, 1);
  }
});

Deno.test("25 MiB pass through in bounded memory, and exactly", async () => {
  const pieces = 400;
  const piece = Uint8Array.from({ length: 64 * 1024 }, (_, at) => at * 31 + (at >> 8));
  const content = async function* () {
    for (let at = 0; at < pieces; at++) yield await Promise.resolve(piece);
  };
  const message = composeMessage(
    draftOf({ attachments: [{ name: "big", type: "image/x-big", content: content() }] }),
  );
  const { leaves } = await parseMessage(message);
  let [length, wrong, mostBuffered] = [0, 0, 0];
  for await (const leaf of leaves) {
    if (leaf.part.fileName !== "big") continue;
    for await (const decoded of leaf.content) {
      for (const byte of decoded) if (byte !== piece[length++ % piece.length]) wrong++;
      mostBuffered = Math.max(mostBuffered, decoded.buffer.byteLength);
    }
  }
  assert.deepEqual({ length, wrong }, { length: pieces * piece.length, wrong: 0 });
  assert.ok(mostBuffered < 256 * 1024);
});
