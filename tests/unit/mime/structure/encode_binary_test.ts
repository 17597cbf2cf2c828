/** Binary parts become base64, and everything else stays byte for byte. */
import assert from "node:assert/strict";
import { bytesOfString, byteString } from "../../../../src/mime/byte_string.ts";
import { encodeBinary, encodeBinaryParts } from "../../../../src/mime/structure/encode_binary.ts";
import { collect, cut } from "../../../support/mime.ts";

const part = (header: string, content: string) => `${header}\r\n\r\n${content}`;
const mixed = (encoding: string, ...parts: readonly string[]) =>
  part(
    `Content-Type: multipart/mixed; boundary=b${encoding}`,
    `begin\r\n${parts.map((each) => `--b\r\n${each}\r\n`).join("")}--b--\r\nend\0`,
  );
const binary = "\r\nContent-Transfer-Encoding: binary";

/** What it is -> before, and after; absent: the same. */
const cases: Readonly<Record<string, readonly [before: string, after?: string]>> = {
  "text": [part("Subject: a", "x\r\n\xff\r\n")],
  "a NUL": [
    part("Subject: a", "\0\r\n"),
    "Content-Transfer-Encoding: base64\r\nSubject: a\r\n\r\nAA0K\r\n",
  ],
  "binary, without a NUL": [
    part("Content-transfer-encoding:\r\n Binary\r\nSubject: a", "x"),
    "Content-Transfer-Encoding: base64\r\nSubject: a\r\n\r\neA==\r\n",
  ],
  "base64 with a NUL": [part("Content-Transfer-Encoding: base64", "AA\0==\r\n")],
  "a NUL in the header": [part("Subject: a\0b", "x")],
  "nothing": [""],
  "no content": [part("Content-Transfer-Encoding: binary", "")],
  "one part of two": [
    mixed(binary, part("X: 1", "plain"), part(`X: 2${binary}`, "\0".repeat(60))),
    mixed(
      "",
      part("X: 1", "plain"),
      part("Content-Transfer-Encoding: base64\r\nX: 2", `${"A".repeat(76)}\r\nAAAA`),
    )
      .replace("Content-Type", "Content-Transfer-Encoding: 8bit\r\nContent-Type"),
  ],
  "a part of a message inside": [
    mixed("", part("Content-Type: message/rfc822", part("Subject: in", "\0"))),
    mixed(
      "",
      part(
        "Content-Type: message/rfc822",
        part("Content-Transfer-Encoding: base64\r\nSubject: in", "AA=="),
      ),
    ),
  ],
  "a multipart that cannot be parted": [part("Content-Type: multipart/mixed", "\0")],
};

for (const [name, [before, after = before]] of Object.entries(cases)) {
  Deno.test(`binary parts are encoded: ${name}`, async () => {
    assert.equal(byteString(await encodeBinary(bytesOfString(before))), after);
  });
}

const encoded = (field: string) => `Content-Transfer-Encoding: ${field}`;
/** A multipart with another boundary than the one around it. */
const inside = (field: string, content: string) =>
  mixed("", part(encoded(field), content), part("X: 2", "y"))
    .replace("boundary=b", "boundary=c").replaceAll("--b", "--c");

/** What it is -> before, and after; absent: the same. */
const streamed: Readonly<Record<string, readonly [before: string, after?: string]>> = {
  "text": [part("Subject: a", "x\r\n\xff\r\n")],
  "a NUL in what says that it is no binary": [part("Subject: a", "\0\r\n")],
  "binary": [part(encoded("binary"), "\0"), part(encoded("base64"), "AA==\r\n")],
  "nothing": [""],
  "no content": [part(encoded("binary"), ""), part(encoded("base64"), "\r\n")],
  "a word of its own": [
    part("content-transfer-encoding:BINARY", "\0"),
    part("content-transfer-encoding:base64", "AA==\r\n"),
  ],
  "a field in two lines": [part("Content-Transfer-Encoding:\r\n binary", "\0")],
  "parts of parts": [
    mixed(`\r\n${encoded("binary")}`, inside("binary", "\0"), part(encoded("binary"), "z")),
    mixed(`\r\n${encoded("8bit  ")}`, inside("base64", "AA=="), part(encoded("base64"), "eg==")),
  ],
  "a message inside, which may not be encoded": [
    part(`Content-Type: message/rfc822\r\n${encoded("binary")}`, part(encoded("binary"), "\0")),
    part(`Content-Type: message/rfc822\r\n${encoded("8bit  ")}`, part(encoded("binary"), "\0")),
  ],
  "a multipart that cannot be parted": [
    part(`Content-Type: multipart/mixed\r\n${encoded("binary")}`, "\0"),
    part(`Content-Type: multipart/mixed\r\n${encoded("8bit  ")}`, "\0"),
  ],
};

const deep = Array.from(
  { length: 50_000 },
  (_, at) => `Content-Type: multipart/mixed; boundary=${at}\r\n\r\n--${at}\r\n`,
).join("");
const many = `--b\r\n${encoded("binary")}\r\n\r\n\0\r\n`.repeat(20_000);

/** More than anybody reads: all behind it stays. */
const endless: Readonly<Record<string, string>> = {
  "parts of parts": deep + part(encoded("binary"), "\0"),
  "parts": mixed("").replace("--b", `${many}--b`),
  "a header": part(`X: ${"x".repeat(300_000)}\r\n${encoded("binary")}`, "\0"),
};

for (const [name, before] of Object.entries(endless)) {
  Deno.test(`binary parts are encoded within bounds: ${name}`, async () => {
    const found = byteString(await collect(encodeBinaryParts(cut(bytesOfString(before), 10_000))));
    assert.equal(found.slice(-100_000), before.slice(-100_000));
    assert.ok(found.length < before.length + 10_000);
  });
}

for (const [name, [before, after = before]] of Object.entries(streamed)) {
  for (const size of [1, 7, 1_000]) {
    Deno.test(`binary parts are encoded as they come, by ${size} bytes: ${name}`, async () => {
      const found = await collect(encodeBinaryParts(cut(bytesOfString(before), size)));
      assert.equal(byteString(found), after);
    });
  }
}
