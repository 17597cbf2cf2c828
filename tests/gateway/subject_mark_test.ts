/** The mark stands before the only subject that a program can show, and its length is known before. */
import assert from "node:assert/strict";
import { formatTrustFields, marksBytes } from "../../src/gateway/presentation/trust_fields.ts";
import { markOf, markSubject } from "../../src/gateway/presentation/subject_mark.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import { asAddress } from "../../src/model/address.ts";
import { outcomes } from "../../src/model/message.ts";

const mark = "[unsigned]";

function marked(header: string): string {
  return byteString(markSubject(Uint8Array.from(header, (c) => c.charCodeAt(0)), mark));
}

const cases: readonly (readonly [what: string, header: string, expected: string])[] = [
  ["a subject", "Subject: pay\r\n", "Subject: [unsigned] pay\r\n"],
  ["one that says it is signed", "Subject: [signed] a\r\n", "Subject: [unsigned] [signed] a\r\n"],
  ["no blank behind the colon", "SUBJECT:pay\r\n", "SUBJECT: [unsigned] pay\r\n"],
  ["an empty one", "subject:\r\n", "subject: [unsigned]\r\n"],
  ["a folded one", "Subject:\r\n\tpay\r\n", "Subject: [unsigned]\r\n\tpay\r\n"],
  ["an encoded one", "Subject:=?utf-8?q?x?=\r\n", "Subject: [unsigned] =?utf-8?q?x?=\r\n"],
  ["8 bits", "Subject: \xe4\r\n", "Subject: [unsigned] \xe4\r\n"],
  ["none", "From: a@b.test\r\n\r\n", "Subject: [unsigned]\r\nFrom: a@b.test\r\n\r\n"],
  ["no header", "", "Subject: [unsigned]\r\n"],
  ["a body alone", "\r\n", "Subject: [unsigned]\r\n\r\n"],
  [
    "two",
    "Subject: a\r\nX: y\r\nSubject: bcd\r\n efg\r\nZ: z\r\n",
    "Subject: [unsigned] a\r\nX: y\r\nGone:-------\r\n    \r\nZ: z\r\n",
  ],
  ["a blank before the colon", "Subject : a\r\n", "Subject: [unsigned]\r\nGone:------\r\n"],
  ["a NUL in the name", "Sub\0ject: a\r\n", "Subject: [unsigned]\r\nGone:------\r\n"],
  ["a lone LF before it", "X: y\nSubject: a\r\n", "Subject: [unsigned]\r\nX: y\nGone:-----\r\n"],
  ["a lone CR before it", "X: y\rSubject: a\r\n", "Subject: [unsigned]\r\nX: y\rGone:-----\r\n"],
  [
    "what only continues",
    "X: y\r\n Subject: a\r\n",
    "Subject: [unsigned]\r\nX: y\r\n Subject: a\r\n",
  ],
  [
    "a plain one behind another",
    "Subject : a\r\nSubject: b\r\n",
    "Gone:------\r\nSubject: [unsigned] b\r\n",
  ],
];

for (const [what, header, expected] of cases) {
  Deno.test(`marked: ${what}`, () => assert.equal(marked(header), expected));
}

Deno.test("our fields give as much room as the mark takes, whatever the header and the outcome", () => {
  const sender = asAddress("jürgen@mail.test");
  for (const outcome of outcomes) {
    const mark = markOf(outcome);
    for (const [, header] of cases) {
      const before = Uint8Array.from(header, (c) => c.charCodeAt(0));
      const after = mark === null ? before : markSubject(before, mark);
      const spent = after.length - before.length;
      const fields = formatTrustFields({ sender, fingerprint: null }, spent);
      assert.equal(fields.length + after.length, marksBytes(sender) + before.length);
    }
  }
});

Deno.test("mail bears a mark unless the account in From signed it, the server wrote it, or its owner brought it in", () => {
  const without = outcomes.filter((outcome) => markOf(outcome) === null);
  assert.deepEqual(without, ["verified", "signed", "unknown", "changed", "notice", "imported"]);
});
