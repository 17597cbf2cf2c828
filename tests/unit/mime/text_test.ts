/** The body of a message, for a person and as bytes. */

import assert from "node:assert/strict";
import { parseHtml } from "../../../src/mime/html.ts";
import { BodyReader, readBody, readText } from "../../../src/mime/text.ts";
import { limits } from "../../../src/model/limits.ts";
import { turnsDuring } from "../../support/counted.ts";
import { bytesOf, collect, cut, lines } from "../../support/mime.ts";

const mixed = "Content-Type: multipart/mixed; boundary=b";
const alternative = "Content-Type: multipart/alternative; boundary=b";
const pdf = "Content-Type: application/pdf; name=a.pdf";
const html = "Content-Type: text/html; charset=utf-8";
const attachment = "Content-Disposition: attachment; filename=a.txt";

const passedOn =
  "Content-Type: message/rfc822\nContent-Disposition: attachment; filename=message-1.eml";
/** Its form that is not shown has the number of the form that is shown of another message. */
const original = [
  "From: =?utf-8?q?Zo=C3=AB?= <z@y.test>",
  "Subject: Bills",
  "Content-Type: multipart/mixed; boundary=c",
  "",
  "--c",
  "Content-Type: multipart/alternative; boundary=d",
  "",
  "--d",
  "",
  "plain",
  "--d",
  html,
  "",
  "<p>html</p>",
  "--d--",
  "--c",
  pdf,
  "",
  "%PDF",
  "--c--",
];

const messages: [name: string, message: Uint8Array, text: string | null, body: string | null][] = [
  ["plain", lines("", "hello"), "hello\n", "hello\n"],
  ["html only", lines(html, "", "<p>a<br>b</p>"), "a\nb", "<p>a<br>b</p>\n"],
  [
    "html before plain",
    lines(alternative, "", "--b", html, "", "<b>x</b>", "--b", "", "plain", "--b--"),
    "plain",
    "<b>x</b>",
  ],
  [
    "a blank plain text beside HTML",
    lines(alternative, "", "--b", "", " ", "--b", html, "", "<p>real</p>", "--b--"),
    "real",
    " ",
  ],
  [
    "forms of one text",
    lines(alternative, "", "--b", "", "plain", "--b", html, "", "<p>html</p>", "--b--"),
    "plain",
    "plain",
  ],
  [
    "a form that few programs know",
    lines(
      alternative,
      "",
      "--b",
      "",
      "plain",
      "--b",
      "Content-Type: text/x-amp-html",
      "",
      "<html amp4email>",
      "--b",
      html,
      "",
      "<p>html</p>",
      "--b--",
    ),
    "plain",
    "plain",
  ],
  [
    "such a form and HTML",
    lines(
      alternative,
      "",
      "--b",
      "Content-Type: text/x",
      "",
      "x",
      "--b",
      html,
      "",
      "<p>a",
      "--b--",
    ),
    "a",
    "x",
  ],
  [
    "such forms alone",
    lines(alternative, "", "--b", "", " ", "--b", "Content-Type: text/enriched", "", "x", "--b--"),
    " \nx",
    " ",
  ],
  [
    "a form that is a mixture",
    lines(
      alternative,
      "",
      "--b",
      html,
      "",
      "a",
      "--b",
      "Content-Type: multipart/mixed; boundary=c",
      "",
      "--c",
      html,
      "",
      "b",
      "--c",
      html,
      "",
      "d",
      "--c--",
      "--b--",
    ),
    "a\nb\nd",
    "a",
  ],
  [
    "several texts around a file",
    lines(mixed, "", "--b", "", "first", "--b", pdf, "", "%PDF", "--b", "", "second", "--b--"),
    "first\nsecond",
    "first",
  ],
  [
    "text of a kind that is not known",
    lines("Content-Type: text/markdown", "", "# hello"),
    "# hello\n",
    "# hello\n",
  ],
  [
    "text for a program is a file",
    lines(mixed, "", "--b", "Content-Type: text/csv", "", "1;2", "--b", "", "see", "--b--"),
    "see",
    "see",
  ],
  [
    "text with a name before the note",
    lines(
      mixed,
      "",
      "--b",
      "Content-Type: text/plain; name=job.log",
      "",
      "log",
      "--b",
      "",
      "note",
      "--b--",
    ),
    "note",
    "note",
  ],
  [
    "a report whose text has a name",
    lines(
      "Content-Type: multipart/report; boundary=b",
      "",
      "--b",
      "Content-Type: text/plain; name=problems.txt",
      "",
      "User unknown",
      "--b",
      passedOn,
      "",
      "Subject: lost",
      "",
      "inner",
      "--b",
      attachment,
      "",
      "file",
      "--b--",
    ),
    "User unknown\n\n[message-1.eml]\nSubject: lost\n\ninner",
    "",
  ],
  [
    "a text with a name behind a blank one",
    lines(mixed, "", "--b", "", " ", "--b", "Content-Disposition: quoted", "", "body", "--b--"),
    " \nbody",
    " ",
  ],
  [
    "text with a name that is all of the message",
    lines("Content-Type: text/plain; name=note.txt", "", "note"),
    "note\n",
    "note\n",
  ],
  [
    "HTML that names its charset",
    Uint8Array.of(
      ...bytesOf("Content-Type: text/html\n\n<meta charset=gb2312>"),
      ...[0xbb, 0xe1, 0xd2, 0xe9],
    ),
    "会议",
    null,
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
    "an attached message behind a note",
    lines(mixed, "", "--b", "", "note", "--b", passedOn, "", ...original, "--b--"),
    "note\n\n[message-1.eml]\nFrom: Zoë <z@y.test>\nSubject: Bills\n\nplain\n\n[a.pdf]\n",
    "note",
  ],
  [
    "an attached message alone",
    lines(mixed, "", "--b", "Content-Type: message/rfc822", "", "Subject: x", "", "y", "--b--"),
    "[attachment-1.eml]\nSubject: x\n\ny",
    "",
  ],
  [
    "an attached message of HTML beside HTML",
    lines(
      mixed,
      "",
      "--b",
      html,
      "",
      "<i>a</i>",
      "--b",
      passedOn,
      "",
      html,
      "",
      "<b>b</b>",
      "--b--",
    ),
    "a\n\n[message-1.eml]\n\nb",
    "<i>a</i>",
  ],
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
      if (body !== null) assert.equal(new TextDecoder().decode(bytes), body);
      const reader = new BodyReader();
      assert.deepEqual(await collect(reader.read(cut(message, size))), bytes);
      assert.equal((await reader.text())?.text ?? null, text);
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

Deno.test("messages in messages are shown to a depth, and as far as they can be read", async () => {
  const deep = (depth: number): string =>
    depth === 0
      ? "Subject: inmost\n\nfound"
      : `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n` +
        `Content-Type: message/rfc822\n\n${deep(depth - 1)}\n--b${depth}--`;
  const shown = async (text: string) => (await readText(cut(bytesOf(text), 50)))?.text ?? null;
  assert.match(
    (await shown(deep(4)))!,
    /^(\[attachment-1\.eml\]\n\n?){4}Subject: inmost\n\nfound$/,
  );
  assert.match((await shown(deep(5)))!, /^(\[attachment-1\.eml\]\n\n?){5}$/);
  const long = `X: ${"x".repeat(limits.maxHeaderBytes)}\n\nfound`;
  const unread = `${mixed}\n\n--b\n\nnote\n--b\n${passedOn}\n\n${long}\n--b--`;
  assert.equal(await shown(unread), "note");
});

Deno.test("what is shown of an attached message counts too", async () => {
  const message = `${mixed}\n\n--b\n\nnote\n--b\n${passedOn}\n\nSubject: x\n\n${
    "y".repeat(99)
  }\n--b--`;
  const { text, truncated } = (await readText(cut(bytesOf(message), 50), 54))!;
  assert.deepEqual([text.endsWith(`Subject: x\n\n${"y".repeat(39)}`), truncated], [true, true]);
});

Deno.test("what is shown of files and of attached messages is bounded together", async () => {
  const deep = (depth: number): string =>
    `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n` +
    `Content-Type: text/plain; name=a.txt\n\n${"é".repeat(500)}\n--b${depth}\n` +
    (depth === 0 ? "" : `${passedOn}\n\n${deep(depth - 1)}\n`) + `--b${depth}--`;
  const { text, truncated } = (await readText(cut(bytesOf(deep(3)), 500), 1_500))!;
  const names = text.match(/^\[.*\]$/gm)!.join("\n\n").length;
  assert.deepEqual([new TextEncoder().encode(text).length - names <= 1_500, truncated], [
    true,
    true,
  ]);
});

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
    "<b> &amp; üü &bogus; \ufffd\ufffd\ufffd",
  ],
  [
    "Caf&eacute; &auml;&ouml;&uuml; &szlig; &middot; &rarr; &euro; &pound;5 &times; 3",
    "Café äöü ß · → € £5 × 3",
  ],
  ["&#128; &Auml &AMP; soft&shy;ly", "€ Ä & softly"],
  [
    'Please <a href="https://x.test/c?a=1&amp;b=2">confirm</a>.',
    "Please confirm <https://x.test/c?a=1&b=2>.",
  ],
  [
    "<a href=https://x.test/>https://x.test</a>, <a href='mailto:a@x'>a@x</a>",
    "https://x.test, a@x",
  ],
  ['<a href="#top">up</a> <a href="javascript:x">run</a> <a name=x>here</a>', "up run here"],
  [
    '<a href="https://x.test"><img src=a.png alt="Shop"></a> <a href="https://y.test"></a>',
    "Shop <https://x.test>",
  ],
  [
    '<a href="https://x.test"><img src=a.png></a><a href=https://y.test></a>',
    "https://x.test\nhttps://y.test",
  ],
  ["<table><tr><td>one</td><th>two</th></tr></table>", "one two"],
  ["<pre\nid=x>one\r\ntwo <b\nid=y>three</b></pre> four\nfive", "one\ntwo three\nfour five"],
  ["<img alt=one><img alt=two>", "one two"],
  ["<div style='font-size:0; Display : none'>preview<div>more</div></div>Hello", "Hello"],
  ['br<span style="visibility:hidden!important">x<span>y</span>z</span>eak', "break"],
  ['<p style="display:none">never closed', "never closed"],
  ['<p style="display:none">no<p>Hello</p><p>Pay 5</p>', "Hello\n\nPay 5"],
  ['<table><tr><td><div style="display:none">no</td></tr><tr><td>Body</table>', "Body"],
  ['<table><tr><td style="display:none">no<td>Hello<tr><td>World</table>', "Hello\n\nWorld"],
  ['<ul><li style="display:none">no<li>yes</ul>', "yes"],
  ['<p style="display:none;display:block">yes', "yes"],
  ['<b style="display:none!important;display:block">no</b>yes', "yes"],
  ['<p style="visibility:hidden">no<q style="visibility:visible">yes</q>no</p>', "yes"],
  [`<p style="font-family:';display:none;'">yes</p>`, "yes"],
  ['<p title="> style=display:none">yes</p>', "yes"],
  ['<div><p title="<p style=display:none>">yes</p></div>', "yes"],
  ['<table style="display:none">yes<tr><td>no</table>', "yes"],
  ['<div><form><p style="display:none">no</form>yes</div>', "yes"],
  ['<div><b><q style="display:none"><p>yes</p></b></q></div>', "yes"],
  ['<div><p><a>.<p><q style="display:none"><a>yes</p></div>', ".\n\nyes"],
  ["<!-->yes<!-- no --!> and <template-x>yes</template-x>", "yes and yes"],
  ["<pre>if (a < b)\nc();\nd > e</pre>", "if (a < b)\nc();\nd > e"],
  ['<p style="display:nonesuch">display:none</p>', "display:none"],
  ['<a href="https://x.test">never closed', "never closed <https://x.test>"],
  ["1 < 2 and 3 > 2", "1 < 2 and 3 > 2"],
  ["<noframes><style></noframes>shown<style>p{}</style>", "shown"],
  ["x<script>never closed", "x"],
  ["x<!-- never closed", "x"],
  ["x<a href=", "x"],
  ["<scripted>kept", "kept"],
];

for (const [page, text] of pages) {
  Deno.test(`HTML is reduced to text: ${page.slice(0, 40)}`, async () => {
    assert.equal(await parseHtml(page), text);
  });
}

Deno.test("of HTML with more elements than are taken apart, the text stays", async () => {
  assert.match(await parseHtml(`${"<b>".repeat(210_000)}end <i>of it</i>`), /end {2}of it $/);
});

Deno.test("hostile HTML costs no more than its length", async () => {
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
      "<a href=https://x>",
      "<a href=https://x>x",
      "</a>",
      "<a ",
      "<b style=display:none>",
      " style",
      "<pre",
      "<pre>",
      "<pre><",
      "<a b='",
      '<a b="',
      "<a style='display:none/* ",
      "<a style='visibility:&#32;",
      "<p style='visibility:hidden'><b>",
    ]
  ) {
    await parseHtml(unit.repeat(Math.ceil(1_000_000 / unit.length)));
  }
});

const broken: readonly (readonly [name: string, message: Uint8Array, text: string])[] = [
  ["without a boundary", lines("Content-Type: multipart/mixed", "", "Hello"), "Hello\n"],
  ["whose boundary never comes", lines(mixed, "", "Hello", "--c", "you"), "Hello\n--c\nyou\n"],
  [
    "of parts deeper than they are read",
    bytesOf(
      Array.from(
        { length: 30 },
        (_, n) =>
          `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n\ntext ${n}\n--b${n}\n`,
      ).join(""),
    ),
    Array.from({ length: limits.maxMimeDepth }, (_, n) => `text ${n}\n`).join("").trimEnd(),
  ],
];

for (const [name, message, text] of broken) {
  Deno.test(`a multipart ${name} has the text that is there`, async () => {
    assert.equal((await readText(cut(message, 50)))?.text, text);
  });
}

const longHtml: Readonly<Record<string, string>> = {
  "tags": "<b></b>",
  "attributes": "<p a=b c=d>",
  "entities": "&amp",
  "what is never closed": "<!-- a",
};

for (const [what, unit] of Object.entries(longHtml)) {
  Deno.test(`long HTML holds nobody up: ${what}`, async () => {
    const source = unit.repeat(Math.ceil(2 ** 20 / unit.length));
    const turns = await turnsDuring(parseHtml(source));
    assert.ok(turns >= 60, `${turns} turns`);
  });
}

Deno.test("HTML in pieces is what it is as a whole", async () => {
  const scraps = [
    "<p title='a b'>",
    "&amp;",
    "x\u{1f600}",
    "<!-- c -->",
    "<table><td>",
    "\r\n",
    "</td>",
  ];
  for (let shift = 0; shift < 40; shift++) {
    const filler = "y".repeat(16 * 1024 - 20 - shift);
    const short = await parseHtml(`${scraps.join("")}end`);
    const long = await parseHtml(`<i hidden=${filler}></i>${scraps.join("")}end`);
    assert.equal(long, short);
  }
});

Deno.test("a thousand pages of HTML in one message hold nobody up", async () => {
  const part = "--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n";
  const message = bytesOf(`${mixed}\r\n\r\n${part.repeat(900)}`);
  const turns = await turnsDuring(readText(ReadableStream.from([message])));
  assert.ok(turns >= 900, `${turns} turns`);
});

Deno.test("of a thousand forms of one text, each is looked at a few times", async () => {
  const blank = `--b\r\n\r\n${" ".repeat(100)}\r\n`;
  const attached = `--b\r\nContent-Type: message/rfc822\r\n\r\n${" ".repeat(100)}\r\n`;
  for (const [kind, part] of [["alternative", blank], ["mixed", blank + attached]] as const) {
    const head = `Content-Type: multipart/${kind}; boundary=b\r\n\r\n`;
    const message = bytesOf(`${head}${part.repeat(900 / (part.length / blank.length))}`);
    const { trim } = String.prototype;
    let looked = 0;
    String.prototype.trim = function () {
      looked++;
      return trim.call(this);
    };
    try {
      await readText(ReadableStream.from([message]));
    } finally {
      String.prototype.trim = trim;
    }
    assert.ok(looked < 30_000, `${looked} looks`);
  }
});
