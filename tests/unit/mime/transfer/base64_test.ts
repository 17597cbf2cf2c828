/** Base64 of any kind, cut anywhere, is decoded as character by character. */
import assert from "node:assert/strict";
import { Base64Decoder } from "../../../../src/mime/transfer/decode.ts";
import { concatBytes } from "../../../../src/model/bytes.ts";
import { bytesOf, seeded } from "../../../support/mime.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What the decoder promises, in the plainest way: four characters are three bytes, padding ends a group. */
function reference(text: string): Uint8Array {
  const out: number[] = [];
  let group: number[] = [];
  const end = () => {
    const bits = group.map((value) => value.toString(2).padStart(6, "0")).join("");
    for (const byte of bits.match(/.{8}/g) ?? []) out.push(parseInt(byte, 2));
    group = [];
  };
  for (const character of text) {
    if (character === "=") end();
    else if (alphabet.includes(character)) group.push(alphabet.indexOf(character));
    if (group.length === 4) end();
  }
  end();
  return Uint8Array.from(out);
}

function decode(text: string, pieceBytes: number): Uint8Array {
  const decoder = new Base64Decoder();
  const bytes = bytesOf(text);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    pieces.push(decoder.decode(bytes.slice(at, at + pieceBytes)).slice());
  }
  return concatBytes([...pieces, decoder.end()]);
}

const texts: readonly string[] = [
  "",
  "Q",
  "QQ",
  "QQ=",
  "QQ==",
  "QR==",
  "QUI=",
  "QUJD",
  "QUJD\r\nREVG\r\n",
  "QUI=\r\nREVG",
  "QQ==QUJD====QUI",
  "Q U*J-D_R~E\tVG",
  "====",
  "QUJDR\r\n\r\nEVG\r\n=",
];

for (const text of texts) {
  Deno.test(`base64 ${JSON.stringify(text)} is decoded the same however it is cut`, () => {
    for (const pieceBytes of [1, 2, 3, 5, 100]) {
      assert.deepEqual(decode(text, pieceBytes), reference(text), `pieces of ${pieceBytes}`);
    }
  });
}

Deno.test("base64 with line ends, padding and noise anywhere is decoded as by the reference", () => {
  const random = seeded(7);
  const odd = ["\r\n", "\n", "=", "==", " ", "*", "-", "\t", "\0", "~"];
  for (let round = 0; round < 300; round++) {
    let text = "";
    const noise = round % 3 === 0 ? 0 : 1 + random() % 40;
    for (let count = random() % 400; count > 0; count--) {
      const isOdd = noise > 0 && random() % noise === 0;
      text += isOdd ? odd[random() % odd.length]! : alphabet[random() % 64]!;
    }
    assert.deepEqual(decode(text, 1 + random() % 90), reference(text), JSON.stringify(text));
  }
});
