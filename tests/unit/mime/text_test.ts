/** The body of a message, for a person and as bytes. */

import assert from "node:assert/strict";
import { parseHtml } from "../../../src/mime/html.ts";
import { readBody, readText } from "../../../src/mime/text.ts";
import { bytesOf, collect, cut, lines } from "../../support/mime.ts";

const mixed = "Content-Type: multipart/mixed; boundary=b";
const html = "Content-Type: text/html; charset=utf-8";
const attachment = "Content-Disposition: attachment; filename=a.txt";

const messages: [name: string, message: Uint8Array, text: string | null, body: string][] = [
  ["plain", lines("", "hello"), "hello\n", "hello\n"],
  ["html only", lines(html, "", "<p>a<br>b</p>"), "a\nb", "<p>a<br>b</p>\n"],
  [
    "html before plain",
    lines(mixed, "", "--b", html, "", "<b>x</b>", "--b", "", "plain", "--b--"),
    "plain",
    "<b>x</b>",
  ],
  [
    "an attached text is not the body",
    lines(mixed, "", "--b", attachment, "", "file", "--b", "", "body", "--b--"),
    "body",
    "body",
  ],
  ["attachments only", lines(mixed, "", "--b", attachment, "", "file", "--b--"), null, ""],
  ["an image", lines("Content-Type: image/png", "", "x"), null, "x\r\n"],
  [
    "base64 with CRLF",
    lines("Content-Transfer-Encoding: base64", "", bytesOf("a\r\nb").toBase64()),
    "a\nb",
    "a\r\nb",
  ],
];

for (const [name, message, text, body] of messages) {
  Deno.test(`a body is found: ${name}`, async () => {
    for (const size of [1, 7, message.length]) {
      assert.equal((await readText(cut(message, size)))?.text ?? null, text);
      const bytes = await collect(readBody(cut(message, size)));
      assert.equal(new TextDecoder().decode(bytes), body);
    }
  });
}

const charsets: [charset: string, bytes: number[], text: string][] = [
  ["; charset=iso-8859-1", [0xfc], "ü"],
  ["; charset=KOI8-R", [0xf0], "П"],
  ["; charset=nonsense", [0xfc], "ü"],
  ["; charset=utf-8", [0x61, 0xfc], "a\ufffd"],
  ["", [0xfc], "ü"],
  ["", [0xc3, 0xbc], "ü"],
];

for (const [charset, bytes, text] of charsets) {
  Deno.test(`a charset is decoded: ${charset} ${bytes}`, async () => {
    const message = Uint8Array.of(...bytesOf(`Content-Type: text/plain${charset}\n\n`), ...bytes);
    assert.deepEqual(await readText(cut(message, 3)), { text, truncated: false });
  });
}

Deno.test("a long text is cut between characters, and says so", async () => {
  const message = bytesOf(`\n${"é".repeat(100)}`);
  const cases: [maxBytes: number, characters: number, truncated: boolean][] = [
    [200, 100, false],
    [199, 99, true],
    [7, 3, true],
    [0, 0, true],
  ];
  for (const [maxBytes, characters, truncated] of cases) {
    for (const size of [1, 50, 1000]) {
      assert.deepEqual(await readText(cut(message, size), maxBytes), {
        text: "é".repeat(characters),
        truncated,
      });
    }
  }
});

const pages: [html: string, text: string][] = [
  ["<p>one</p><p>two</p>", "one\n\ntwo"],
  ["a<br/>b<BR>c", "a\nb\nc"],
  ["  many \n\t blanks ", "many blanks"],
  ["<style>p{}</style><script>if(a<b)</script >x<!-- <p>no -->y", "xy"],
  [
    "&lt;b&gt; &amp;amp; &#252;&#xFC; &nbsp;&bogus; &#0;&#xD800;&#99999999;",
    "<b> &amp; üü &bogus; \ufffd\ufffd&#99999999;",
  ],
  ["1 < 2 and 3 > 2", "1 < 2 and 3 > 2"],
  ["x<script>never closed", "x"],
  ["x<!-- never closed", "x"],
  ["x<a href=", "x"],
  ["<scripted>kept", "kept"],
];

for (const [page, text] of pages) {
  Deno.test(`HTML is reduced to text: ${page.slice(0, 40)}`, () => {
    assert.equal(parseHtml(page), text);
  });
}

Deno.test("hostile HTML costs no more than its length", () => {
  for (
    const unit of [
      "<",
      "<a",
      "<!--",
      "<script",
      "<script>",
      "</script",
      "&",
      "&#1",
      "\n",
      " ",
      "<br",
    ]
  ) {
    parseHtml(unit.repeat(Math.ceil(1_000_000 / unit.length)));
  }
});
