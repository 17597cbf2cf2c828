/** ENVELOPE and BODYSTRUCTURE as IMAP writes them; tests/interop compares them with Dovecot's, where there is one. */
import assert from "node:assert/strict";
import { formatBodyStructure } from "../../../../../src/gateway/imap/items/body_structure.ts";
import { formatEnvelope } from "../../../../../src/gateway/imap/items/envelope.ts";
import { bytesOfString, byteString } from "../../../../../src/mime/byte_string.ts";
import type { ByteRange, MimeStructure } from "../../../../../src/mime/structure.ts";
import { readStructure } from "../../../../../src/mime/structure/read_structure.ts";
import { limits } from "../../../../../src/model/limits.ts";
import { readImapValue } from "../../../../support/dovecot.ts";
import { cut, readLeaves } from "../../../../support/mime.ts";
import { uglyMessages } from "../../../../support/ugly_messages.ts";

const ann = '((NIL NIL "ann" "example.org"))';

const envelopes: readonly [name: string, header: string, envelope: string][] = [
  ["nothing", "", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"],
  [
    "each field",
    "Date: d\r\nSubject: s\r\nFrom: ann@example.org\r\nSender: S <s@x>\r\nReply-To: r@x\r\nTo: t@x\r\n" +
    "Cc: c@x\r\nBcc: b@x\r\nIn-Reply-To: <1@x>\r\nMessage-ID: <2@x>\r\n\r\n",
    `("d" "s" ${ann} (("S" NIL "s" "x")) ((NIL NIL "r" "x")) ((NIL NIL "t" "x")) ((NIL NIL "c" "x")) ` +
    '((NIL NIL "b" "x")) "<1@x>" "<2@x>")',
  ],
  [
    "an empty subject",
    "Subject:\r\n\r\n",
    '(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)',
  ],
  [
    "a subject in quotes",
    'Subject: "a" \\\r\n',
    '(NIL "\\"a\\" \\\\" NIL NIL NIL NIL NIL NIL NIL NIL)',
  ],
  [
    "the author in place of an empty sender",
    "From: ann@example.org\r\nSender:\r\n",
    `(NIL NIL ${ann} ${ann} ${ann} NIL NIL NIL NIL NIL)`,
  ],
  [
    "a group, and what follows it",
    "To: G: a@x, B <b@x>;, c@x\r\n",
    '(NIL NIL NIL NIL NIL ((NIL NIL "G" NIL)(NIL NIL "a" "x")("B" NIL "b" "x")(NIL NIL NIL NIL)(NIL NIL "c" "x")) NIL NIL NIL NIL)',
  ],
  [
    "a route and encoded words",
    "To: =?utf-8?q?=C3=B6?= <@r,@s:a@x>\r\n",
    '(NIL NIL NIL NIL NIL (("=?utf-8?q?=C3=B6?=" "@r,@s" "a" "x")) NIL NIL NIL NIL)',
  ],
  [
    "what is no address",
    "To: Bob, <>, @@, a@x b@x, c@x\r\n",
    '(NIL NIL NIL NIL NIL ((NIL NIL "Bob" "MISSING_DOMAIN")(NIL NIL "MISSING_MAILBOX" "MISSING_DOMAIN")' +
    '("@@" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")(NIL NIL "a" "x")(NIL NIL "c" "x")) NIL NIL NIL NIL)',
  ],
  [
    "brackets that are not closed",
    "To: Bob <b@x, <c@x>\r\n",
    '(NIL NIL NIL NIL NIL (("Bob" NIL "b" "SYNTAX_ERROR")(NIL NIL "c" "x")) NIL NIL NIL NIL)',
  ],
  [
    "bytes beyond ASCII",
    "Subject: \xc3\xb6\r\n",
    "(NIL {2}\r\n\xc3\xb6 NIL NIL NIL NIL NIL NIL NIL NIL)",
  ],
];

for (const [name, header, envelope] of envelopes) {
  Deno.test(`the envelope of ${name}`, () => {
    assert.equal(formatEnvelope(bytesOfString(header), false), envelope);
  });
}

Deno.test("UTF-8 stands in quotes for those who read it there, and other bytes never do", () => {
  const subjectOf = (bytes: string) =>
    formatEnvelope(bytesOfString(`Subject: ${bytes}\r\n`), true).split(" NIL")[0];
  assert.deepEqual([subjectOf("\xc3\xb6"), subjectOf("\xf6")], [
    '(NIL "\xc3\xb6"',
    "(NIL {1}\r\n\xf6",
  ]);
});

const text = '"text" "plain" ("charset" "us-ascii") NIL NIL "7bit"';

const structures: readonly [name: string, message: string, body: string, extended: string][] = [
  ["no header", "\r\na\r\n", `(${text} 3 1)`, `(${text} 3 1 NIL NIL NIL NIL)`],
  [
    "a multipart that cannot be divided",
    "Content-Type: multipart/mixed\r\n\r\na\r\n",
    `((${text} 3 1) "mixed")`,
    `((${text} 3 1 NIL NIL NIL NIL) "mixed" NIL NIL NIL NIL)`,
  ],
  [
    "multiparts that nothing divides",
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\nno\r\n' +
    "--b\r\nContent-Type: multipart/digest; boundary=c\r\n\r\na\r\n" +
    "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\na\r\nb\r\n--c--\r\nno\r\n--b--",
    `(((${text} 1 0) "digest")((${text} 4 1) "mixed") "mixed")`,
    `(((${text} 1 0 NIL NIL NIL NIL) "digest" ("boundary" "c") NIL NIL NIL)` +
    `((${text} 4 1 NIL NIL NIL NIL) "mixed" ("boundary" "c") NIL NIL NIL) ` +
    `"mixed" ("boundary" "b") NIL NIL NIL)`,
  ],
  [
    "a multipart of nothing",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
    `((${text} 0 0) "mixed")`,
    `((${text} 0 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`,
  ],
  [
    "multiparts deeper than they are looked into",
    Array.from(
      { length: 30 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    ).join(""),
    "",
    "",
  ],
  [
    "all fields of a file",
    "Content-Type: image/png; name*0=a; name*1=b\r\nContent-ID: <1>\r\nContent-Description: d\r\n" +
    "Content-Transfer-Encoding: base64\r\nContent-MD5: m\r\nContent-Disposition: attachment; filename=a\r\n" +
    "Content-Language: de, fr\r\nContent-Location: l\r\n\r\nAAAA",
    '("image" "png" ("name" "ab") "<1>" "d" "base64" 4)',
    '("image" "png" ("name" "ab") "<1>" "d" "base64" 4 "m" ("attachment" ("filename" "a")) ("de" "fr") "l")',
  ],
  [
    "a message",
    "Content-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\na\r\n",
    `("message" "rfc822" NIL NIL NIL "7bit" 17 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) (${text} 3 1) 3)`,
    `("message" "rfc822" NIL NIL NIL "7bit" 17 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ` +
    `(${text} 3 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)`,
  ],
  [
    "messages deeper than they are looked into",
    "Content-Type: message/rfc822\r\n\r\n".repeat(30),
    "",
    "",
  ],
];

for (const [name, message, body, extended] of structures) {
  Deno.test(`the structure of ${name}`, async () => {
    const structure = await readStructure(cut(bytesOfString(message), 1000));
    const told = [false, true].map((isExtended) =>
      formatBodyStructure(structure, { isExtended, isUtf8: false })
    );
    if (body !== "") assert.deepEqual(told, [body, extended]);
    else assert.ok(told.every((each) => each.includes('"application" "octet-stream"')));
  });
}

Deno.test("whatever a message is, what is told of it can be read by the grammar", async () => {
  for (const { bytes } of uglyMessages) {
    const structure = await readStructure(cut(bytes, 1000));
    for (const isUtf8 of [false, true]) {
      const told = [
        formatEnvelope(bytes, isUtf8),
        formatBodyStructure(structure, { isExtended: true, isUtf8 }),
      ];
      for (const each of told) readImapValue(each);
    }
  }
});

Deno.test("IMAP tells the texts that a reader sees", async () => {
  const passedOver = (more: number) =>
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n` +
    `${"x".repeat(limits.maxPreambleBytes + more)}\r\n--b\r\n\r\none\r\n--b--\r\n`;
  const messages = [
    ...uglyMessages,
    ...[0, 1].map((more) => ({ name: `preamble ${more}`, bytes: bytesOfString(passedOver(more)) })),
  ];
  for (const { name, bytes } of messages) {
    const read = (await readLeaves(cut(bytes, 1000))).filter(({ part }) => isPlain(part));
    const told = plainPartsOf(await readStructure(cut(bytes, 1000)));
    const texts = told.map(({ from, to }) => bytes.subarray(from, to));
    assert.deepEqual(texts.flatMap(linesOf), read.flatMap(({ content }) => linesOf(content)), name);
  }
});

function linesOf(bytes: Uint8Array): string[] {
  return bytes.length === 0 ? [] : byteString(bytes).split(/\r*\n/);
}

function isPlain({ type, encoding }: { type: string; encoding: string }): boolean {
  return type.toLowerCase() === "text/plain" && !/base64|quoted/i.test(encoding);
}

function plainPartsOf(part: MimeStructure): ByteRange[] {
  if (part.parts.length > 0) return part.parts.flatMap(plainPartsOf);
  const { type, subtype, encoding, content } = part;
  return isPlain({ type: `${type}/${subtype}`, encoding }) ? [content] : [];
}
