/** Text made to be read slowly: what begins again at each character holds up everybody whose turn is next. */
import assert from "node:assert/strict";
import { readMessageTexts } from "../../src/client/searching/message_texts.ts";
import { eraseForged } from "../../src/gateway/presentation/header.ts";
import { writeMessage } from "../../src/gateway/pop3/codec.ts";
import { decodeText } from "../../src/mime/charset/charset.ts";
import { describeFields } from "../../src/mime/structure/mime_fields.ts";
import { decoderFor } from "../../src/mime/transfer/decode.ts";
import { asAddress } from "../../src/model/address.ts";
import { streamOf, utf8 } from "../../src/model/bytes.ts";
import { ImapSessionStage } from "../support/imap_session_stage.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

/** What takes milliseconds takes a minute by the square of this. */
const length = 200_000;
const mostMs = 4_000;

async function inTime(work: () => unknown): Promise<void> {
  const begun = performance.now();
  await work();
  assert.ok(performance.now() - begun < mostMs);
}

const label = `x${"'".repeat(length)}x`;
const fields = {
  "a subject": `Subject: =?${label}?q?a?=`,
  "a file name": `Content-Disposition: attachment; filename*="${label.replaceAll("'", ";")}''a"`,
};

for (const [what, field] of Object.entries(fields)) {
  Deno.test(`mail whose name for the charset of ${what} is long keeps nobody waiting`, async () => {
    await using stage = await ReceptionStage.start();
    await stage.join("bob");
    const program = await stage.connect();
    await program.talk([
      ["MAIL FROM:<c@world.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
    ]);
    await inTime(() => program.talk([[`${field}\r\n\r\nx\r\n.`, "250"]]));
  });
}

Deno.test("a program is told at once of a field that is all blanks but for its ends", () =>
  inTime(() => {
    const { id } = describeFields(utf8(`Content-ID: a${" ".repeat(length)}b\r\n`), "text/plain");
    assert.equal(id?.length, length + 2);
  }));

Deno.test("whether a long word is the author's address is known at once", () =>
  inTime(() => {
    const header = utf8(`From: ${"a".repeat(length)}\r\n\r\n`);
    assert.equal(eraseForged(header, asAddress("alice@mail.test")).isAuthor, false);
  }));

/** Of two kinds that Unicode sorts, the second of which is a mark in NFKC alone. */
const marks = ["\u0301\u0323", "\u0301\uff9e"];

for (const [at, two] of marks.entries()) {
  const run = two.repeat(length / 2);
  Deno.test(`a search is not held up by a letter with many marks: ${at}`, () =>
    inTime(() => readMessageTexts(streamOf(utf8(`Subject: x\r\n\r\na${run}\r\n`)))));

  Deno.test(`nor is a mail program by an author with them: ${at}`, () =>
    inTime(() => {
      const header = utf8(`From: =?utf-8?q?a?= ${run} <alice@mail.test>\r\n\r\n`);
      eraseForged(header, asAddress("alice@mail.test"));
    }));
}

Deno.test("a long pattern is compared with thousands of long names at once", async () => {
  const stage = new ImapSessionStage();
  for (let at = 0; at < 30; at++) await stage.folders.create(`${at}${"/a".repeat(100)}`);
  const program = await stage.login();
  const pattern = `${"*a".repeat(250)}z`;
  await inTime(() => program.ok(`LIST "" (${pattern} INBOX)`));
  await inTime(() => program.ok(`LSUB "" ${pattern}`));
  const three = Array(3).fill(pattern).join(" ");
  assert.match((await program.ask(`LIST "" (${three})`)).at(-1)!, /^x NO \[LIMIT\]/);
  program.close();
  await stage.over();
});

const mebi = 1024 * 1024;

/** What takes a second by a few steps a line took many times that by objects for each. */
const encoded: readonly (readonly [encoding: string, line: string, bytes: number])[] = [
  ["base64", "\r\n", 8 * mebi],
  ["base64", "A\r\n", 8 * mebi],
  ["base64", "QQ=\r\n", 8 * mebi],
  ["x-uuencode", "\n", mebi],
  ["x-uuencode", "_\n", mebi],
];

for (const [encoding, line, bytes] of encoded) {
  Deno.test(`a part of ${encoding} in lines of ${JSON.stringify(line)} is decoded at once`, () => {
    const decoder = decoderFor(encoding, true);
    const lines = utf8(`begin 644 a\n${line.repeat(bytes / line.length)}`);
    return inTime(() => {
      for (let at = 0; at < bytes; at += 65_536) decoder.decode(lines.subarray(at, at + 65_536));
    });
  });
}

Deno.test("text of ISO 2022 whose every character is a run of its own is decoded at once", () =>
  inTime(() => decodeText(utf8("\x0e1\x0f".repeat(2 * mebi)), "iso-2022-jp")));

Deno.test("a message of LF alone is at once in the lines of POP3", () =>
  inTime(() => Array.fromAsync(writeMessage(streamOf(utf8("\n.\n".repeat(mebi)))))));
