/** Flags and keywords in mbox files: ours, taken away again to the byte, and those of other programs. */
import assert from "node:assert/strict";
import {
  findMboxStatus,
  formatMboxStatus,
  type MboxStatus,
  takeMboxStatus,
} from "../../../src/mime/mbox_status.ts";
import { concatBytes, utf8 } from "../../../src/model/bytes.ts";

const none: MboxStatus = { isRead: false, isLeftOut: false, flags: [], keywords: [] };

async function* cut(source: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = utf8(source);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function take(source: string, size = 1_000) {
  const { status, content } = await takeMboxStatus(cut(source, size));
  const pieces = await Array.fromAsync(content);
  return { status, rest: new TextDecoder().decode(concatBytes(pieces)) };
}

const statuses: readonly (readonly [status: MboxStatus, lines: string])[] = [
  [none, "Status: O\r\nX-Status: \r\nX-Keywords: \r\n"],
  [
    { ...none, isRead: true, flags: ["answered", "flagged", "draft", "forwarded"] },
    "Status: RO\r\nX-Status: AFT\r\nX-Keywords: $Forwarded\r\n",
  ],
  [
    { ...none, keywords: ["todo", "$Label1"] },
    "Status: O\r\nX-Status: \r\nX-Keywords: todo $Label1\r\n",
  ],
  [
    { ...none, keywords: Array.from({ length: 64 }, (_, at) => `${"k".repeat(61)}${100 + at}`) },
    `Status: O\r\nX-Status: \r\nX-Keywords: ${
      Array.from({ length: 64 }, (_, at) => `${"k".repeat(61)}${100 + at}`).join(" ")
    }\r\n`,
  ],
];

/** Ours, whatever a sender wrote to look like it. */
const sources: readonly string[] = [
  "Subject: a\r\n\r\ntext\r\n",
  "",
  "\r\nno header\r\n",
  "Status: RO\r\nX-Status: F\r\nX-Keywords: evil\r\nSubject: a\r\n\r\ntext\r\n",
  " folded on\r\n\r\n",
  "x".repeat(100_000),
];

Deno.test("what is written before a message is read, and taken away to the byte", async () => {
  for (const [status, lines] of statuses) {
    assert.equal(new TextDecoder().decode(formatMboxStatus(status)), lines);
    for (const source of sources) {
      for (const size of [1, 7, 100_000]) {
        assert.deepEqual(await take(lines + source, size), { status, rest: source });
      }
    }
  }
});

Deno.test("lines that Dovecot changed and filled up are still ours", async () => {
  const lines = "Status: R   \r\nX-Status: AD \r\nX-Keywords: todo later      \r\n";
  const status = {
    isRead: true,
    isLeftOut: true,
    flags: ["answered"],
    keywords: ["todo", "later"],
  };
  assert.deepEqual(await take(`${lines}Subject: a\r\n\r\n`), {
    status,
    rest: "Subject: a\r\n\r\n",
  });
});

const others: readonly string[] = [
  "Subject: a\r\nStatus: RO\r\nX-Status: F\r\nX-Keywords: b\r\n\r\n",
  "Status: RO\r\nX-Keywords: b\r\nX-Status: F\r\n\r\n",
  "Status: RO\r\nX-Status: F\r\nSubject: a\r\n\r\n",
  "status: RO\r\nX-Status: F\r\nX-Keywords: b\r\n\r\n",
  "Status: RO\r\n\r\nX-Status: F\r\nX-Keywords: b\r\n",
  `Status: RO\r\nX-Status: F\r\nX-Keywords: ${"b ".repeat(9_000)}\r\n\r\n`,
];

for (const [at, source] of others.entries()) {
  Deno.test(`what only looks like ours stays where it is: ${at}`, async () => {
    for (const size of [1, 100_000]) {
      assert.deepEqual(await take(source, size), { status: null, rest: source });
    }
  });
}

const found: readonly (readonly [what: string, header: string, status: Partial<MboxStatus>])[] = [
  ["nothing", "Subject: a", {}],
  ["UW IMAP", "Status: RO\r\nX-Status: AFT\r\nX-Keywords:", {
    isRead: true,
    flags: ["answered", "flagged", "draft"],
  }],
  [
    "Dovecot, with an id and blanks",
    "X-UID: 7\r\nStatus: O\r\nX-Status: F\r\nX-Keywords: $Forwarded a A b(c      ",
    { flags: ["flagged", "forwarded"], keywords: ["a"] },
  ],
  [
    "the last of several: a sender's stand before the program's",
    "Status: RO\r\nX-Keywords: evil\r\nSubject: a\r\nStatus: O\r\nX-Keywords: good",
    { keywords: ["good"] },
  ],
  ["deleted", "X-Status: D", { isLeftOut: true }],
  [
    "what UW IMAP keeps of the file",
    "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\nX-IMAP: 1 2",
    { isLeftOut: true },
  ],
  ["its subject in a letter", "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA", {}],
  ["Thunderbird", "X-Mozilla-Status: 1007\r\nX-Mozilla-Keys: $label1 work     ", {
    isRead: true,
    flags: ["answered", "flagged", "forwarded"],
    keywords: ["$label1", "work"],
  }],
  ["Thunderbird, deleted", "X-Mozilla-Status: 0008", { isLeftOut: true }],
  ["no number", "X-Mozilla-Status: seen", {}],
];

for (const [what, header, status] of found) {
  Deno.test(`the header of a message tells its status: ${what}`, () => {
    const bytes = utf8(`${header}\r\n\r\nStatus: RO\r\nX-Status: AFTD\r\n`);
    assert.deepEqual(findMboxStatus(bytes), { ...none, ...status });
  });
}
