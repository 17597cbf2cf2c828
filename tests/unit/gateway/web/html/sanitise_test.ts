import assert from "node:assert/strict";
import { parseFragment } from "parse5";
import { sanitise } from "../../../../../src/gateway/web/html/sanitise.ts";
import { allowedStyle } from "../../../../../src/gateway/web/html/sanitise_style.ts";
import { FrameImages } from "../../../../../src/gateway/web/html/frame_images.ts";
import { limits } from "../../../../../src/model/limits.ts";
import { utf8 } from "../../../../../src/model/bytes.ts";
import { pngOf } from "../../../../support/image.ts";

const pixel = `data:image/png;base64,${pngOf(1, 1).toBase64()}`;

const cases: Readonly<Record<string, readonly [html: string, shown: string]>> = {
  "text and its marks stay": ["<p>a <b>b</b><br>c</p>", "<p>a <b>b</b><br>c</p>"],
  "a script goes with what is in it": ["a<script>b</script>c", "ac"],
  "an unknown element leaves its content": ["<blink><custom-x>a</custom-x></blink>", "a"],
  "handlers and addresses go": [
    '<p onclick="x" background="y" id="z" title="t">a</p>',
    '<p title="t">a</p>',
  ],
  "a link says where it leads": [
    '<a href="https://evil.test/?a=1&amp;b">bank</a>',
    '<u>bank</u> <code dir="ltr">[https://evil.test/?a=1&#38;b]</code>',
  ],
  "where a link leads is in no other order": [
    '<p dir="rtl"><a href="https://evil.test/&#x202e;/moc.knab//:sptth">a</a></p>',
    '<p dir="rtl"><u>a</u> <code dir="ltr">[https://evil.test/\\u{202e}/moc.knab//:sptth]</code></p>',
  ],
  "a script's link is its text": ['<a href="java&#9;script:alert(1)">a</a>', "a"],
  "a picture from elsewhere is its words": [
    '<img src="http://x/y.png" alt="a <b>">',
    "<i>[image: a &#60;b&#62;]</i>",
  ],
  "a picture that came along is shown": [
    `<img src="${pixel}" alt="x">`,
    `<img src="${pixel}" alt="x">`,
  ],
  "a picture that is a document is not": [
    '<img src="data:image/svg+xml;base64,AA==">',
    "<i>[image]</i>",
  ],
  "a picture that only says it is one is not": [
    `<img src="data:image/png;base64,${utf8("<svg onload=alert(1)>").toBase64()}">`,
    "<i>[image]</i>",
  ],
  "a part that did not come along is its words": ['<img src="cid:a@b" alt=x>', "<i>[image: x]</i>"],
  "quotes cannot end an attribute": [
    `<p title='"><img src=x onerror=y>'>a</p>`,
    '<p title="&#34;&#62;&#60;img src=x onerror=y&#62;">a</p>',
  ],
  "text that looks like tags stays text": ["&lt;script&gt;a", "&#60;script&#62;a"],
  "raw text of old elements goes": ["<xmp><img src=x></xmp><noscript><img src=x></noscript>a", "a"],
  "a form leaves its words, and nothing to fill in": [
    "<form action=x>a<input value=x><select><option>x</select><textarea>x</textarea><button>b</button></form>",
    "ab",
  ],
  "a template's content goes": ["<template><img src=x></template>a", "a"],
  "a comment goes": ["a<!--[if IE]><img src=x><![endif]-->b", "ab"],
};

for (const [name, [html, shown]] of Object.entries(cases)) {
  Deno.test(`sanitising HTML: ${name}`, async () => assert.equal(await sanitise(html), shown));
}

/** What the frame gets of HTML whose message has these parts. */
function withParts(html: string, parts: Readonly<Record<string, Uint8Array>>): Promise<string> {
  return sanitise(html, new FrameImages(new Map(Object.entries(parts))));
}

Deno.test("sanitising HTML: a part that came along is a picture, under whatever spelling of its id", async () => {
  const parts = { "a+b@c": pngOf(2, 3) };
  const shown = `<img src="data:image/png;base64,${pngOf(2, 3).toBase64()}" alt="x" width="9">`;
  for (const id of ["cid:a+b@c", "CID:a%2Bb%40c", " cid:a+b@c\n"]) {
    assert.equal(await withParts(`<img src="${id}" alt=x width=9 onload=y>`, parts), shown);
  }
});

Deno.test("sanitising HTML: only pictures are pictures, and only as a source of one", async () => {
  const svg = utf8('<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>');
  const parts = {
    svg,
    html: utf8("<img src=cid:html>"),
    "__proto__": pngOf(1, 1),
    png: pngOf(1, 1),
  };
  for (const html of ["<img src=cid:svg>", "<img src=cid:html>", "<img src=cid:constructor>"]) {
    assert.equal(await withParts(html, parts), "<i>[image]</i>");
  }
  const others = '<p style="background:url(cid:png)">a<b background=cid:png>b</b></p>' +
    '<a href="cid:png">c</a><input type=image src=cid:png><video poster=cid:png></video>' +
    "<svg><image href=cid:png></svg><object data=cid:png></object><iframe src=cid:png></iframe>" +
    "<link rel=stylesheet href=cid:png><style>b{background:url(cid:png)}</style>";
  assert.equal(await withParts(others, parts), "<p>a<b>b</b></p>c");
});

Deno.test("sanitising HTML: a picture named again and again is shown until there is too much of it", async () => {
  const big = new Uint8Array([...pngOf(10, 10), ...new Uint8Array(60_000)]);
  const shown = await withParts("<img src=cid:a>".repeat(1_000), { a: big });
  assert.ok(shown.length < limits.maxFrameImageCharacters + 100_000, `${shown.length} characters`);
  assert.ok(shown.startsWith("<img src=") && shown.endsWith("<i>[image]</i>"));
  const small = await withParts("<img src=cid:a>".repeat(1_000), { a: pngOf(100, 100) });
  assert.ok(!small.includes("[image]"));
});

Deno.test("sanitising HTML: pictures that are small until they are drawn are not shown", async () => {
  assert.equal(await withParts("<img src=cid:a>", { a: pngOf(30_000, 30_000) }), "<i>[image]</i>");
  const parts = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [at, pngOf(5_000, 4_000)]));
  const shown = await withParts(
    Object.keys(parts).map((id) => `<img src=cid:${id}>`).join(""),
    parts,
  );
  assert.equal(shown.match(/<img/g)!.length, 5);
});

Deno.test("sanitising HTML: what is written is read as the same again", async () => {
  for (const [html] of Object.values(cases)) {
    const once = await sanitise(html);
    assert.equal(await sanitise(once), once);
  }
});

Deno.test("sanitising HTML: nests no deeper than its reader can follow, and ends", async () => {
  assert.ok((await sanitise("<div>".repeat(15_000) + "x")).length < 10_000);
  assert.match(await sanitise("<div>".repeat(490) + "x"), /x/); // answers to answers
  const open = Array.from({ length: 5_000 }, (_, at) => `<b a${at}>`).join("");
  await assert.rejects(sanitise(`<p>${open}${"<p>x".repeat(5_000)}`), { code: "too_large" });
  await assert.rejects(sanitise("<p>".repeat(20_001)), { code: "too_large" });
});

Deno.test("styles keep letters and boxes, and nothing that loads, moves or runs", () => {
  const styles: Record<string, string> = {
    "color: red; FONT-SIZE: 12px": "color:red;font-size:12px",
    "color: rgb(1, 2, 3); width: 50%": "color:rgb(1, 2, 3);width:50%",
    "font-family: 'A B', serif": "font-family:'A B', serif",
    "background: url(http://x)": "",
    "background-color: url(http://x)": "",
    "color: u\\72l(http://x)": "",
    "width: expression(alert(1))": "",
    "width: calc(1px + var(--x))": "",
    "position: fixed; top: 0; color: red": "color:red",
    "color: red /* } */; --x: y": "",
    "list-style-type: image-set('x' 1x)": "",
    "visibility: hidden; opacity: 0": "visibility:hidden",
  };
  for (const [style, kept] of Object.entries(styles)) {
    assert.equal(allowedStyle(style), kept, style);
  }
  assert.equal(allowedStyle(`color: ${"rgb ".repeat(50_000)}(`), "");
});

const scraps = [
  ..."<>/='\"& \n;`-!".split(""),
  "<svg>",
  "</svg>",
  "<math>",
  "<mtext>",
  "<style>",
  "</style>",
  "<table>",
  "<td>",
  "</table>",
  "<form>",
  "<p title=",
  "<a href=javascript:x>",
  "<img src=x onerror=y>",
  "<noscript>",
  "</noscript>",
  "<template>",
  "<select>",
  "<textarea>",
  "</textarea>",
  "<!--",
  "-->",
  "<![CDATA[",
  "]]>",
  "<mglyph>",
  "<annotation-xml encoding=text/html>",
  "<foreignObject>",
  "<b>",
  "</b>",
  "</p>",
  "<br",
  "&lt;",
  "&#x3c;script&#x3e;",
  "\0",
  "text",
];

/** Names every element and attribute of what a browser would make of this. */
function namesIn(html: string): string[] {
  const names: string[] = [];
  const walk = (node: { childNodes?: unknown[]; tagName?: string; attrs?: { name: string }[] }) => {
    if (node.tagName !== undefined) names.push(node.tagName);
    names.push(...(node.attrs ?? []).map(({ name }) => name));
    for (const child of node.childNodes ?? []) walk(child as typeof node);
  };
  walk(parseFragment(html) as Parameters<typeof walk>[0]);
  return names;
}

Deno.test("sanitising HTML: of scraps in any order, only what is allowed comes out", async () => {
  const harmless =
    /^(b|p|i|u|br|img|table|tbody|tr|td|code|title|alt|src|style|colgroup|caption|thead|tfoot)$/;
  let seed = 1;
  const next = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
  for (let round = 0; round < 2_000; round++) {
    const html = Array.from({ length: 1 + next(12) }, () => scraps[next(scraps.length)]).join("");
    const shown = await sanitise(html);
    const strange = namesIn(shown).filter((name) => !harmless.test(name));
    assert.deepEqual(strange, [], `${JSON.stringify(html)} -> ${shown}`);
  }
});
