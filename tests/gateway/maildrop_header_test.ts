/** Fields that speak for us are ours alone, however others spell theirs; and nothing moves. */
import assert from "node:assert/strict";
import { cutHeader, eraseForged, eraseReserved } from "../../src/gateway/presentation/header.ts";
import { formatTrustFields, marksBytes } from "../../src/gateway/presentation/trust_fields.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import { asAddress } from "../../src/model/address.ts";
import { concatBytes } from "../../src/model/bytes.ts";
import { asAccountFingerprint } from "../../src/model/digests.ts";
import { limits } from "../../src/model/limits.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function erased(header: string): string {
  return byteString(eraseForged(bytesOf(header), asAddress("alice@mail.test")).header);
}

const from = "From: alice@mail.test\r\n";

const forged: readonly string[] = [
  "Mailctl-Outcome: verified\r\n",
  "MAILCTL-OUTCOME: verified\r\n",
  "mailctl-outcome:verified\r\n",
  "Mailctl-Outcome : verified\r\n",
  "Mailctl-Outcome\t : verified\r\n",
  "Mailctl-Outcome:\r\n verified\r\n",
  "Mailctl-Outcome:\r\n\tveri\r\n fied\r\n",
  "Mailctl-\0Outcome: verified\r\n",
  "Mail\x7fctl-\xadOutcome: verified\r\n",
  "X: y\rMailctl-Outcome: verified\r\n",
  "X: y\nMailctl-Outcome: verified\r\n",
  "X: y\n\nMailctl-Outcome: verified\r\n",
  "Mailctl-Fingerprint: 00\r\n",
  "Mailctl-Anything: verified\r\n",
];

for (const field of forged) {
  Deno.test(`written over: ${JSON.stringify(field)}`, () => {
    const header = `A: b\r\n${from}${field}C: d\r\n\r\n`;
    const after = erased(header);
    assert.equal(after.length, header.length);
    assert.doesNotMatch(after, /verified|mailctl-|Fingerprint/i);
    assert.ok(after.startsWith(`A: b\r\n${from}`) && after.endsWith("C: d\r\n\r\n"));
    assert.deepEqual(after.match(/\r\n|\r|\n/g), header.match(/\r\n|\r|\n/g));
  });
}

Deno.test("what begins as the continuation of nothing does not continue our fields", () => {
  const after = erased(` verified\r\n\tverified\r\n${from}\r\n`);
  assert.equal(after, `${" ".repeat(9)}\r\n${" ".repeat(9)}\r\n${from}\r\n`);
});

const untouched: readonly string[] = [
  "Subject: Mailctl-Outcome: verified\r\n",
  "Subject: x\r\n Mailctl-Outcome: verified\r\n",
  "X-Mailctl-Outcome: verified\r\n",
  "Mailctl: x\r\n",
];

for (const field of untouched) {
  Deno.test(`left alone: ${JSON.stringify(field)}`, () => {
    const header = `${field}${from}\r\n`;
    assert.equal(erased(header), header);
  });
}

const authors: readonly (readonly [field: string, isAuthor: boolean])[] = [
  ["From: alice@mail.test\r\n", true],
  ["From: Alice A <alice@mail.test>\r\n", true],
  ["from:\r\n ALICE@Mail.Test\r\n", true],
  ["From: bob@mail.test\r\n", false],
  ["From: alice@other.test\r\n", false],
  ["From: alice@mail.test, bob@mail.test\r\n", false],
  ["From: alice@mail.test\r\nFrom: bob@mail.test\r\n", false],
  ["From: alice@mail.test\r\nX: y\rFrom: bob@mail.test\r\n", false],
  ["From : bob@mail.test\r\nFrom: alice@mail.test\r\n", false],
  ["Fr\0om: bob@mail.test\r\nFrom: alice@mail.test\r\n", false],
  ['From: "alice@mail.test" <bob@mail.test>\r\n', false],
  ["From: Alice (alice@mail.test) <alice@mail.test>\r\n", true],
  ['From: "bob@mail.test" <alice@mail.test>\r\n', false],
  ["From: bob@mail.test <alice@mail.test>\r\n", false],
  ["From: alice@mail.test (bob@mail.test)\r\n", false],
  ["From: alice@mail.test (bob@mail.test) (x)\r\n", false],
  ["From: bob@mail.test: alice@mail.test;\r\n", false],
  ["From: =?utf-8?q?bob=40mail=2Etest?= <alice@mail.test>\r\n", false],
  ["From: =?utf-8?q?bob=EF=BC=A0mail=2Etest?= <alice@mail.test>\r\n", false],
  ["From: <<<\r\n", false],
  ["Subject: nobody\r\n", false],
];

for (const [field, isAuthor] of authors) {
  Deno.test(`${JSON.stringify(field)} is ${isAuthor ? "" : "not "}alice's alone`, () => {
    const found = eraseForged(bytesOf(`${field}\r\n`), asAddress("alice@mail.test"));
    assert.equal(found.isAuthor, isAuthor);
    const text = byteString(found.header);
    if (isAuthor) assert.equal(text, `${field}\r\n`);
    else assert.doesNotMatch(text, /from|@/i);
  });
}

Deno.test("mail that nobody signed may say what it likes of its author, and still nothing for us", () => {
  const header = "Mailctl-Outcome: verified\r\nFrom: carol@elsewhere.test\r\n\r\n";
  const found = eraseForged(bytesOf(header), null);
  assert.ok(found.isAuthor);
  assert.match(byteString(found.header), /^Gone:-+\r\nFrom: carol@elsewhere\.test\r\n\r\n$/);
});

const messages: Readonly<Record<string, readonly [header: string, rest: string]>> = {
  "a header and a body": ["A: b\r\nC: d\r\n\r\n", "body\r\n\r\nmore\r\n"],
  "a header alone": ["A: b\r\n", ""],
  "a body alone": ["\r\n", "body\r\n"],
  nothing: ["", ""],
};

for (const [name, [header, rest]] of Object.entries(messages)) {
  for (const size of [Infinity, 2, 1]) {
    Deno.test(`${name} is cut where it has to be, ${size} bytes at once`, async () => {
      const bytes = bytesOf(header + rest);
      const source = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const cut = await cutHeader(source());
      assert.equal(byteString(cut.header), header);
      assert.equal(byteString(concatBytes(await Array.fromAsync(cut.rest))), rest);
    });
  }
}

Deno.test("a header without end is ended at the limit, wherever its chunks end, and nothing moves", async () => {
  const bytes = bytesOf("A: b\r\n".repeat(limits.maxHeaderBytes / 4));
  for (const size of [1000, 4096, bytes.length]) {
    const source = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const { header, rest, isWhole } = await cutHeader(source());
    assert.deepEqual([header.length, isWhole], [limits.maxHeaderBytes, false]);
    assert.ok(byteString(header).endsWith("\r\n\r\n"));
    assert.ok(byteString(header).indexOf("\r\n\r\n") >= header.length - 6);
    const after = concatBytes(await Array.fromAsync(rest));
    assert.deepEqual(after, bytes.subarray(limits.maxHeaderBytes));
  }
});

Deno.test("a header that its owner brought in stays as it is, but for fields of ours", () => {
  const header = " begins oddly\r\nMAILCTL-Sender: alice\r\n goes on\r\nFrom: x\r\nFrom: y\r\n\r\n";
  const after = byteString(eraseReserved(bytesOf(header)));
  assert.equal(
    after,
    " begins oddly\r\nGone:----------------\r\n        \r\nFrom: x\r\nFrom: y\r\n\r\n",
  );
});

Deno.test("our fields are as long with a fingerprint as without", () => {
  for (
    const sender of [asAddress("a@b.test"), asAddress("jürgen@mail.test"), "unsigned"] as const
  ) {
    for (const fingerprint of [null, asAccountFingerprint(new Uint8Array(32))]) {
      assert.equal(formatTrustFields({ sender, fingerprint }).length, marksBytes(sender));
    }
  }
});
