/** Damaged messages: no error but a MailError, and the same result however they are cut. */

import assert from "node:assert/strict";
import { composeMessage, encodedGrowth } from "../../../src/mime/compose.ts";
import { parseHeader } from "../../../src/mime/header/header.ts";
import { encodeBinaryParts } from "../../../src/mime/structure/encode_binary.ts";
import { readText } from "../../../src/mime/text.ts";
import { MailError } from "../../../src/model/errors.ts";
import {
  bytesOf,
  collect,
  cut,
  cutOnce,
  draftOf,
  lines,
  readLeaves,
  seeded,
} from "../../support/mime.ts";

const tokens = [
  "--b",
  "--b--",
  "--bb",
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
  "Content-Type: multipart/mixed; boundary=bb\n\n",
  "Content-Type: text/html; charset=",
  "Content-Transfer-Encoding: quoted-printable\r\n",
  "Content-Transfer-Encoding: base64\r\n",
  "Content-Transfer-Encoding: binary\r\n",
  'Content-Disposition: attachment; filename="',
  "filename*0*=utf-8''%C3",
  "=?utf-8?Q?=C3?=",
  "=",
  "=3D",
  "= \t\r\n",
  "QUJD",
  '"',
  ";",
  "\0",
  "é",
  "<script",
  "&#x41;",
  " ",
  "x".repeat(1000),
];

function randomMessage(random: () => number): Uint8Array {
  const count = random() % 60;
  return bytesOf(Array.from({ length: count }, () => tokens[random() % tokens.length]).join(""));
}

async function damagedMessage(random: () => number): Promise<Uint8Array> {
  const bytes = await collect(composeMessage(draftOf({
    subject: "Grüße",
    attachments: [{ name: "ü.bin", type: "image/png", content: new Uint8Array(300) }],
  })));
  for (let count = random() % 8; count >= 0; count--) bytes[random() % bytes.length] = random();
  return bytes.slice(0, random() % 4 === 0 ? random() % bytes.length : bytes.length);
}

async function outcome(source: AsyncIterable<Uint8Array>): Promise<unknown> {
  try {
    return (await readLeaves(source)).map(({ part, content }) => ({
      ...part,
      headers: part.headers.slice(-100),
      content,
    }));
  } catch (error) {
    assert.ok(error instanceof MailError, String(error));
    return error.message;
  }
}

for (const [name, make] of Object.entries({ randomMessage, damagedMessage })) {
  Deno.test(`a message never breaks the parser, and cuts do not matter: ${name}`, async () => {
    const random = seeded(2026);
    for (let round = 0; round < 150; round++) {
      const message = await make(random);
      const whole = await outcome(cutOnce(message, message.length));
      for (let count = 0; count < 5; count++) {
        assert.deepEqual(await outcome(cutOnce(message, random() % (message.length + 1))), whole);
      }
      const unpadded = await outcome(cut(message, message.length + 1));
      assert.deepEqual(await outcome(cut(message, 1 + random() % 50)), unpadded);
      await readText(cut(message, 100));
      const encoded = await collect(encodeBinaryParts(cut(message, message.length + 1)));
      const again = encodeBinaryParts(cut(message, 1 + random() % 50));
      assert.deepEqual(await collect(again), encoded);
      assert.ok(encoded.length <= 2 * message.length + tokens.length);
      parseHeader(message).get("subject");
    }
  });
}

Deno.test("random bytes come back through quoted-printable and its damage is bounded", async () => {
  const random = seeded(7);
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from({ length: random() % 200 }, random);
    const escaped = [...bytes].map((byte) => `=${byte.toString(16).padStart(2, "0")}`);
    const soft = escaped.map((text, at) => at % 20 === 19 ? `${text}=\r\n` : text).join("");
    const message = lines("Content-Transfer-Encoding: quoted-printable", "", `${soft}=`);
    const [leaf] = await readLeaves(cut(message, 1 + random() % 40));
    assert.deepEqual(leaf?.content, bytes);
  }
});

Deno.test("random attachments come back, however both sides are cut", async () => {
  const random = seeded(11);
  for (let round = 0; round < 100; round++) {
    const contents = Array.from(
      { length: random() % 4 },
      () => Uint8Array.from({ length: random() % 5000 }, random),
    );
    const attachments = contents.map((bytes, at) => ({
      name: `${at}`,
      type: "image/png",
      content: random() % 2 === 0 ? bytes : cut(bytes, 1 + random() % 999),
    }));
    const message = await collect(composeMessage(draftOf({ attachments })));
    const encoded = await collect(encodeBinaryParts(cut(message, 1 + random() % 999)));
    const growth = contents.map(({ length }) => encodedGrowth("image/png", length));
    assert.equal(encoded.length, growth.reduce((sum, each) => sum + each, message.length));
    for (const form of [message, encoded]) {
      const leaves = await readLeaves(cut(form, 1 + random() % 999));
      assert.deepEqual(leaves.slice(1).map(({ content }) => content), contents);
    }
  }
});
