/** Headers on the way in: RFC 2047 section 8, RFC 2231, and what is sent in their name. */

import assert from "node:assert/strict";
import { parseHeader } from "../../../../src/mime/header/header.ts";
import { parseParameters } from "../../../../src/mime/header/parameter.ts";
import { decodeWords } from "../../../../src/mime/header/word.ts";
import { decodersDuring } from "../../../support/counted.ts";
import { bytesOf } from "../../../support/mime.ts";

const words: [encoded: string, decoded: string][] = [
  ["(=?ISO-8859-1?Q?a?=)", "(a)"],
  ["(=?ISO-8859-1?Q?a?= b)", "(a b)"],
  ["(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"],
  ["(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"],
  ["(=?ISO-8859-1?Q?a_b?=)", "(a b)"],
  ["(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"],
  ["=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"],
  ["=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"],
  [
    "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
    "If you can read this you understand the example.",
  ],
  ["=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"], // RFC 2231 5
  ["=?utf-8?Q?=C3?= =?UTF-8?Q?=BC?=", "ü"], // a character split by a careless sender
  ["=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"],
  ["=?gb2312?B?1tC5+g==?=", "中国"],
  ["=?koi8-r?B?8NLJ18XU?=", "Привет"],
  ["=?x-unknown?Q?caf=E9?=", "café"],
  ["=?us-ascii?Q?caf=C3=A9?=", "café"], // cron under LANG=C
  // Words that each end in ASCII, as ISO-2022-JP demands.
  ["=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?= =?ISO-2022-JP?B?GyRCJE43bxsoQg==?=", "会議の件"],
  [
    "=?ISO-2022-JP?B?GyRCMnEbKEI=?= =?ISO-2022-JP?B?GyRCNUQbKEI=?= =?ISO-2022-JP?B?GyRCJE4bKEI=?=",
    "会議の",
  ],
  ["=?iso-8859-1?Q?Gr\u00f6=DFe?= =?iso-8859-1?Q?=FC?=", "Größeü"], // raw bytes, read before
  ["=?utf-8?X?abc?=", "=?utf-8?X?abc?="],
  ["=?utf-8?Q?open", "=?utf-8?Q?open"],
  ["=?utf-8?Q??=", ""],
  ["=?utf-8?Q?=ZZ?=", "=ZZ"],
  ["a =?utf-8?q?b?= c =?utf-8?q?d?=e", "a b c de"],
  ["=?=?=?utf-8?q?x?=", "=?=?x"],
];

for (const [encoded, decoded] of words) {
  Deno.test(`words are decoded: ${encoded.slice(0, 60)}`, () => {
    assert.equal(decodeWords(encoded), decoded);
  });
}

const fields: [field: string, value: string, parameters: Record<string, string>][] = [
  ["text/plain", "text/plain", {}],
  ["TEXT/Plain ; Charset = utf-8", "text/plain", { charset: "utf-8" }],
  ["text/plain (a comment); a=b", "text/plain", { a: "b" }],
  ['a/b; x="1;2"; y="say \\"hi\\""', "a/b", { x: "1;2", y: 'say "hi"' }],
  // Words that were cut over the sections of RFC 2231: RFC 2047 5 forbids them, and programs write them.
  ['a/b; name*0="=?UTF-8?Q?Gr=C3=B6?="; name*1="=?UTF-8?Q?=C3=9Fe?="', "a/b", {
    name: "=?UTF-8?Q?Gr=C3=B6?==?UTF-8?Q?=C3=9Fe?=",
  }],
  // RFC 2231 3, 4 and 4.1
  [
    'message/external-body; access-type=URL; URL*0="ftp://"; URL*1="cs.utk.edu/pub/"',
    "message/external-body",
    { "access-type": "URL", url: "ftp://cs.utk.edu/pub/" },
  ],
  [
    "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
    "application/x-stuff",
    { title: "This is ***fun***" },
  ],
  [
    "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; " +
    'title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2="isn\'t it!"',
    "application/x-stuff",
    { title: "This is even more ***fun*** isn't it!" },
  ],
  ["a/b; n*1*=%C3%BC; n*0*=utf-8''%C3%A4", "a/b", { n: "äü" }],
  ["a/b; n*0*=utf-8''%C3; n*1*=%BC", "a/b", { n: "ü" }],
  ["a/b; n*=iso-8859-1''%FC", "a/b", { n: "ü" }],
  ["a/b; n*=bogus''%FC", "a/b", { n: "ü" }],
  ["a/b; n*=no-quotes%20here", "a/b", { n: "no-quotes here" }],
  ["a/b; n=1; n=2", "a/b", { n: "1" }],
  ["a/b; n=1; n*=''2", "a/b", { n: "2" }],
  ["a/b; ; =; x", "a/b", { "": "" }],
  ["; charset=x", "", { charset: "x" }],
];

for (const [field, value, parameters] of fields) {
  Deno.test(`parameters are parsed: ${field.slice(0, 60)}`, () => {
    const parsed = parseParameters(field);
    assert.equal(parsed.value, value);
    assert.deepEqual(Object.fromEntries(parsed.parameters), parameters);
  });
}

Deno.test("fields are found by name, unfolded, in their order", () => {
  const header = parseHeader(bytesOf(
    "From someone Thu Jan  1 00:00:00 1970\r\n ignored: yes\r\nSubject: one\r\n  two\r\n\tthree\r\n" +
      "received : a\r\nRECEIVED: b\r\nno colon\r\nX:\r\nTo: =?utf-8?Q?a=2C_b?= <c@d>\r\n\r\nLate: x\r\n",
  ));
  assert.equal(header.get("SUBJECT"), "one  two three");
  assert.deepEqual(header.getAll("Received"), ["a", "b"]);
  assert.equal(header.get("x"), "");
  assert.equal(header.get("late"), null);
  assert.equal(header.get("ignored"), null);
  assert.equal(header.get("to"), "a, b <c@d>");
  assert.equal(header.getStructured("to"), "=?utf-8?Q?a=2C_b?= <c@d>");
});

Deno.test("8-bit fields are UTF-8 if they can be, else Latin-1, each for itself", () => {
  const latin = Uint8Array.of(...bytesOf("A: ü\nB: "), 0xfc, 0x0a);
  assert.equal(parseHeader(latin).get("a"), "ü");
  assert.equal(parseHeader(latin).get("b"), "ü");
});

Deno.test("of tens of thousands of fields of a name, the first thousand are read", () => {
  const header = parseHeader(bytesOf("To: a@b\n".repeat(30_000) + "Subject: x\n"));
  assert.equal(header.getAllStructured("to").length, 1_000);
  assert.equal(header.getAllBytes("to").length, 1_000);
  assert.equal(header.get("subject"), "x");
});

Deno.test("no control character comes out of a header", () => {
  const header = parseHeader(bytesOf("A: x\0\x1b[2J\ty\nB: =?utf-8?Q?a=0D=0ABcc:_b=00=1B?=\n"));
  assert.equal(header.get("a"), "x  [2J y");
  assert.equal(header.get("b"), "a  Bcc: b  ");
});

// Were it a step for each pair of bytes, it would take minutes.
Deno.test("hostile headers cost no more than their length", () => {
  const units = ["=?a", "=?a?b?", "=?", "a;", '"', "\\", "x*1*=''a;", "\r\n ", "=?u?q??= ", "a=b("];
  for (const unit of [...units, 'b; x="' + "a".repeat(255_000)]) {
    const text = `A: ${unit.repeat(Math.ceil(256_000 / unit.length))}`;
    const header = parseHeader(bytesOf(text));
    header.get("a");
    parseParameters(header.getStructured("a") ?? "");
  }
});

Deno.test("of thousands of words, a bounded number is decoded, and the rest stays as it was written", async () => {
  let decoded = "";
  const decoders = (text: string) => decodersDuring(() => decoded = decodeWords(text));
  const strange = Array.from({ length: 5_000 }, (_, at) => `=?x-_${at}?q?=41?= y `).join("");
  const inMany = await decoders(strange);
  assert.ok(decoded.startsWith("A y A y "), decoded.slice(0, 20));
  assert.ok(decoded.endsWith("=?x-_4999?q?=41?= y "), decoded.slice(-20));
  assert.ok(inMany < 200, `${inMany} decoders`);
  const inOne = await decoders("=?x-_one?q?=41?= y ".repeat(5_000));
  assert.equal(decoded, "A y ".repeat(5_000));
  assert.ok(inOne < 15_000, `${inOne} decoders`);
  const raw = await decoders(`=?utf-8?q?${"a\xe4".repeat(40_000)}?=`);
  assert.ok(raw < 100, `${raw} decoders`);
});
