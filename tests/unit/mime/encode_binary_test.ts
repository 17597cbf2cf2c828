/** Binary parts become base64, and everything else stays byte for byte. */
import assert from "node:assert/strict";
import { bytesOfString, byteString } from "../../../src/mime/byte_string.ts";
import { encodeBinary } from "../../../src/mime/structure/encode_binary.ts";

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
