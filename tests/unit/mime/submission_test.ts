/** What a ready message says of itself, and what its header says when it goes out. */
import assert from "node:assert/strict";
import { byteString } from "../../../src/mime/byte_string.ts";
import { readSubmission, rewriteHeader, withoutNotes } from "../../../src/mime/submission.ts";
import { bytesOf, lines } from "../../support/mime.ts";

function rewritten(header: Uint8Array, name: string | null = null, missing = true): string {
  const stamp = missing ? { messageId: "9@x.test", date: 0 } : { messageId: null, date: null };
  return new TextDecoder().decode(rewriteHeader(header, { from: "alice@x.test", name, ...stamp }));
}

Deno.test("the envelope's values are read, decoded and on one line", () => {
  const read = readSubmission(lines(
    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
    "  from =?utf-8?Q?a=0D=0Ab?=",
    "From: root (Cron Daemon)",
    "Message-ID: <1@y>",
    "Date: Sat, 21 Nov 2026 12:34:56 +0100 (CET)",
    "In-Reply-To: your message <0@y> of today",
    "References: <a@y>",
    " <b@y>",
    "To: bob, x: carol;",
    "To: dave",
    "Cc: eve",
    "Bcc: frank",
  ));
  assert.equal(read.subject, "Grüße  from a  b");
  assert.equal(read.fromName, "Cron Daemon");
  assert.deepEqual([read.messageId, read.inReplyTo, read.references], ["1@y", "0@y", [
    "a@y",
    "b@y",
  ]]);
  assert.equal(read.date, Date.UTC(2026, 10, 21, 11, 34, 56));
  const names = [read.to, read.cc, read.bcc].map((list) => list.map(({ address }) => address));
  assert.deepEqual(names, [["bob", "carol", "dave"], ["eve"], ["frank"]]);
  assert.equal(read.unread, null);
});

Deno.test("what was sent again goes to whom it is sent again", () => {
  const read = readSubmission(lines("To: bob", "Resent-Bcc: carol", "Bcc: dave"));
  assert.deepEqual([read.to, read.bcc.map(({ address }) => address)], [[], ["carol"]]);
});

Deno.test("what is no list names nobody, and is told of", () => {
  const read = readSubmission(lines("To: bob carol", "Cc: dave"));
  assert.deepEqual([read.to, read.cc[0]?.address, read.unread?.code], [[], "dave", "malformed"]);
});

for (
  const [field, values] of [
    ["Message-ID", ["", "<>", "1@x", "<a b@x>", "<ü@x>", "<1@x> <2@x>", `<${"x".repeat(1000)}>`]],
    ["Date", [
      "",
      "yesterday",
      "Sat, 21 Nov 12026 00:00:00 +0000",
      "Thu, 01 Jan 1903 00:00:00 +0000",
    ]],
  ] as const
) {
  for (const value of values) {
    Deno.test(`an unusable ${field} is as good as none: ${value.slice(0, 40)}`, () => {
      const { messageId, date } = readSubmission(lines(`${field}: ${value}`));
      assert.deepEqual([messageId, date], [null, null]);
    });
  }
}

Deno.test("two dates are none", () => {
  const date = "Date: Sat, 21 Nov 2026 12:34:56 +0100";
  assert.equal(readSubmission(lines(date, date)).date, null);
});

Deno.test("hidden recipients and false senders are left out, all else stays as it was", () => {
  const kept = [
    "X-A:  1",
    "\t 2 ",
    "To: bob <bob@x.test>",
    "Received: x",
    "received: y",
    "Subject: ä",
  ];
  const header = rewritten(lines(
    "Return-Path: <eve@x>",
    "From: Eve <eve@y>",
    "Bcc: carol,",
    " dave",
    "BCC : frank",
    "Resent-Bcc: grace",
    "Sender: eve",
    "Date: never",
    ...kept,
  ));
  assert.equal(
    header,
    [
      "Date: Thu, 01 Jan 1970 00:00:00 +0000",
      "From: alice@x.test",
      "Message-ID: <9@x.test>",
      "Original-From: Eve <eve@y>",
      ...kept,
      "",
    ].join("\r\n"),
  );
});

/** Each as the program writes it. */
const notes: Readonly<Record<string, readonly string[]>> = {
  alpine: [
    "Fcc: {imap.x.test/user=bob}Sent",
    "Lcc: eve@x.test",
    "X-Our-Headers: From",
    "X-Cursor-Pos: : 11",
  ],
  claws: [
    "X-Claws-Account-Id:1",
    "S:bob@x.test",
    "SCF:#imap/bob@x.test/Sent",
    "RMID:#imap/x\t1\t<0@y>",
  ],
  evolution: ["X-Evolution-Fcc: folder://bob/Sent", "X-Evolution-Transport: bob"],
  gnus: ['X-Draft-From: ("INBOX" 2)', "Gcc: Sent"],
  thunderbird: [
    "X-Mozilla-Draft-Info: internal/draft;",
    " vcard=0",
    "X-Identity-Key: id1",
    "FCC: imap://x/Sent",
  ],
};

for (const [program, fields] of Object.entries(notes)) {
  Deno.test(`what ${program} notes in a draft for itself is no reader's`, () => {
    const kept = ["To: bob@x.test", "Subject: s", "References: <1@y>", " <2@y>", "X-Priority: 1"];
    const ends = [
      "Content-Type: text/plain",
      "List-Id: <l.x.test>",
      "Expires: now",
      "OpenPGP: id=1",
    ];
    const left = withoutNotes(lines(...kept, ...fields, ...ends));
    assert.equal(byteString(left), [...kept, ...ends, ""].join("\r\n"));
  });
}

Deno.test("a date and an id that can be used are kept as they were written", () => {
  const fields = ["Date: Sat, 21 Nov 2026 12:34:56 +0100", "Message-Id: <1@y>"];
  assert.equal(
    rewritten(lines(...fields), null, false),
    `From: alice@x.test\r\n${fields.join("\r\n")}\r\n`,
  );
});

const names: readonly (readonly [string, string])[] = [
  ["Alice", "From: Alice <alice@x.test>"],
  ["Cron  Daemon", "From: Cron Daemon <alice@x.test>"],
  ['A "B" <eve@x>, c', 'From: "A \\"B\\" <eve@x>, c" <alice@x.test>'],
  ["Grüße", "From: =?utf-8?B?R3LDvMOfZQ==?= <alice@x.test>"],
  ["=?utf-8?Q?x?=", "From: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <alice@x.test>"],
  ["a\r\nBcc: eve\u202e", "From: =?...?= <alice@x.test>"],
  ["  ", "From: alice@x.test"],
];

for (const [name, from] of names) {
  Deno.test(`the name of the author is written so that it is one: ${JSON.stringify(name)}`, () => {
    const header = rewritten(bytesOf(""), name);
    const [, line = "", ...rest] = header.split("\r\n");
    if (!from.includes("...")) assert.equal(line, from);
    assert.equal(rest.length, 2, header);
    assert.equal(readSubmission(bytesOf(`${line}\r\n`)).to.length, 0);
  });
}

Deno.test("a long name is folded, and comes back", () => {
  const name = "Grüße ".repeat(30).trim();
  const header = rewritten(bytesOf(""), name);
  assert.ok(header.split("\r\n").every((line) => line.length <= 78), header);
  assert.equal(readSubmission(bytesOf(header)).fromName, name);
});

// Were it looked at from each of its characters, it would take minutes.
Deno.test("a line of a header that has no end costs no more than its length", () => {
  const header = bytesOf(`Subject: x\r\nTo: ${"a".repeat(256_000)}`);
  assert.equal(byteString(withoutNotes(header)), "Subject: x\r\n");
});
