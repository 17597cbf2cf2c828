/** Messages that others made, described as they stream by: never an error, never a changed byte, whatever they are. */
import assert from "node:assert/strict";
import { readUnsigned } from "../../../src/mime/unsigned.ts";
import { concatBytes, utf8 } from "../../../src/model/bytes.ts";
import { limits } from "../../../src/model/limits.ts";
import { bareHeaders } from "../../support/envelope.ts";
import { decodersDuring } from "../../support/counted.ts";
import { collect, cut } from "../../support/mime.ts";

async function described(bytes: Uint8Array, size = 1_000) {
  const message = readUnsigned(cut(bytes, size), 77);
  assert.deepEqual(await collect(message.source), concatBytes([bytes]));
  return await message.headers();
}

const bare = { ...bareHeaders, messageId: null, date: 77 };

const whole = [
  "Received: from x by y; Sat, 21 Nov 2026 09:00:00 +0000",
  "Date: Fri, 2 Jan 2026 03:04:05 +0000",
  '"From": no field',
  'From: "Smith, Alice" <alice@x.example>, <second@x.example>',
  "To: bob@y.example, Carol <carol@z.example>",
  "Cc: team: dave@y.example;",
  "Bcc: erin@y.example",
  "Resent-To: frank@y.example",
  "Message-ID: <1@x.example>",
  "In-Reply-To: <0@x.example>",
  "References: <-1@x.example> (words) <0@x.example>",
  "Subject: =?iso-8859-1?Q?Gr=FC=DFe?=",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "",
  "text",
  "--b",
  'Content-Disposition: attachment; filename="../a.bin"',
  "Content-Transfer-Encoding: base64",
  "",
  "AAECAw==",
  "--b--",
  "",
];
const found = {
  messageId: "1@x.example",
  date: 1_767_323_045_000,
  from: "alice@x.example",
  to: ["bob@y.example", "carol@z.example"],
  cc: ["dave@y.example"],
  bcc: ["erin@y.example"],
  subject: "Grüße",
  inReplyTo: "0@x.example",
  references: ["-1@x.example", "0@x.example"],
  attachments: [{ name: "a.bin", type: "text/plain", size: 4 }],
};

for (const [name, newline] of [["CRLF", "\r\n"], ["LF", "\n"]] as const) {
  for (const size of [1, 7, 4_096]) {
    Deno.test(`a message with ${name} in chunks of ${size} says all of this of itself`, async () => {
      assert.deepEqual(await described(utf8(whole.join(newline)), size), found);
    });
  }
}

const odd: readonly [name: string, bytes: Uint8Array, expected: object][] = [
  ["nothing at all", utf8(""), bare],
  ["no header", utf8("\r\nhello\r\n"), bare],
  ["no field, only text", utf8("hello\nworld\n"), bare],
  ["no body", utf8("Subject: x"), { ...bare, subject: "x" }],
  ["NULs", utf8("Subject: a\0b\r\n\r\n\0"), { ...bare, subject: "a b" }],
  ["no address as the author", utf8("From: Mia Lee, (x\n\n"), {
    ...bare,
    from: "Mia Lee, (x",
  }],
  ["a comma in the name of its author", utf8("From: Smith, Alice <alice@x>\n\n"), {
    ...bare,
    from: "alice@x",
  }],
  ["an author without a domain", utf8("From: root (Cron), alice\n\n"), { ...bare, from: "root" }],
  [
    "ids and dates that cannot be used",
    utf8("Message-ID: x\nDate: never\nReferences: a b\n\n"),
    bare,
  ],
  ["a byte order mark before it", utf8("\ufeffSubject: bom\n\n"), { ...bare, subject: "bom" }],
  ["ids without brackets", utf8("Message-ID: 1@x\nIn-Reply-To: 0@x\nReferences: -1@x, 0@x\n\n"), {
    ...bare,
    messageId: "1@x",
    inReplyTo: "0@x",
    references: ["-1@x", "0@x"],
  }],
  ["one bad element among others", utf8("To: bob@x, Bob Smith, carol@y\nFrom: m@x <m@x>\n\n"), {
    ...bare,
    from: "m@x",
    to: ["bob@x", "carol@y"],
  }],
  [
    "raw bytes in the charset of its text",
    concatBytes([
      utf8("Subject: "),
      Uint8Array.fromHex("bbe1d2e9"),
      utf8("\nContent-Type: text/plain; charset=gb2312\n\nx\n"),
    ]),
    { ...bare, subject: "会议" },
  ],
  [
    "raw bytes in the charset of its first text",
    concatBytes([
      utf8("Subject: "),
      Uint8Array.fromHex("bbe1d2e9"),
      utf8("\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"),
      utf8("Content-Type: text/plain; charset=gbk\n\nx\n--b--\n"),
    ]),
    { ...bare, subject: "会议" },
  ],
  ["bytes that are no UTF-8", Uint8Array.of(83, 117, 98, 106, 101, 99, 116, 58, 32, 0xe9, 10, 10), {
    ...bare,
    subject: "é",
  }],
];

for (const [name, bytes, expected] of odd) {
  Deno.test(`a message may have ${name}`, async () => {
    assert.deepEqual(await described(bytes), expected);
  });
}

Deno.test("a header longer than any bound is described by its beginning, and passes whole", async () => {
  const bytes = utf8(
    `Subject: first\nX: ${"x".repeat(2 * limits.maxHeaderBytes)}\nTo: a@b\n\nbody\n`,
  );
  assert.deepEqual(await described(bytes, 60_000), { ...bare, subject: "first" });
});

Deno.test("more parts than any bound: those until then are found, and the message passes whole", async () => {
  const part = '--b\nContent-Disposition: attachment; filename="a"\n\nx\n';
  const inline = "--b\n\nx\n".repeat(limits.maxMimeParts);
  const bytes = utf8(`Content-Type: multipart/mixed; boundary=b\n\n${part}${inline}${part}`);
  const rest = inline.slice(-2 * "--b\n\nx\n".length) + part;
  assert.deepEqual((await described(bytes)).attachments, [
    { name: "a", type: "text/plain", size: 1 },
    { name: "attachment-2", type: "application/octet-stream", size: `x\n${rest}`.length },
  ]);
});

Deno.test("a source that fails is a failure of its reader, and nobody else's", async () => {
  const broken = async function* () {
    yield utf8("Subject: x\n");
    await Promise.resolve();
    throw new Error("the disk is gone");
  };
  await assert.rejects(collect(readUnsigned(broken(), 0).source), /the disk is gone/);
});

Deno.test("names of recipients, which nobody asks for, are not decoded", async () => {
  const people = Array.from({ length: 999 }, (_, at) => `=?x-_${at}?q?=41?= <a${at}@b>`).join(
    ",\n ",
  );
  const message = utf8(`To: ${people}\nCc: ${people}\n\n`);
  const asked = await decodersDuring(async () =>
    assert.equal((await described(message)).to?.length, 999)
  );
  assert.ok(asked < 500, `${asked} decoders`);
});
