/** Images by their first bytes: real headers of each kind, and what only looks like one. */
import assert from "node:assert/strict";
import { readImageHeader } from "../../../src/mime/image_header.ts";
import { utf8 } from "../../../src/model/bytes.ts";
import { drawnPng } from "../../support/image.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));
const riff = "52494646 00000000 57454250";

const images: Readonly<Record<string, readonly [Uint8Array, string]>> = {
  png: [await drawnPng(3), "image/png 3x3"],
  gif: [hex("474946383961 0500 0400 00"), "image/gif 5x4"],
  "an older gif": [hex("474946383761 0500 0400 00"), "image/gif 5x4"],
  "a baseline jpeg": [
    hex("ffd8 ffe0 0004 0000 ffdb 0003 00 ffc4 0002 ffc0 000b 08 0007 0009 01"),
    "image/jpeg 9x7",
  ],
  "a progressive jpeg behind fill bytes": [
    hex("ffd8 ffe1 0002 ffff ffc2 000b 08 0007 0009 01"),
    "image/jpeg 9x7",
  ],
  "a lossy webp": [hex(`${riff} 56503820 00000000 000000 9d012a 0b00 0a00`), "image/webp 11x10"],
  "a lossless webp": [hex(`${riff} 5650384c 00000000 2f 0a400200`), "image/webp 11x10"],
  "an extended webp": [
    hex(`${riff} 56503858 0a000000 00000000 0a0000 090000 00`),
    "image/webp 11x10",
  ],
};

for (const [name, [bytes, expected]] of Object.entries(images)) {
  Deno.test(`an image's header: ${name}`, () => {
    const { type, width, height } = readImageHeader(bytes)!;
    assert.equal(`${type} ${width}x${height}`, expected);
  });
}

Deno.test("an image's header: cut short it is none, and never a failure", () => {
  for (const [bytes] of Object.values(images)) {
    assert.equal(readImageHeader(bytes.subarray(0, 9)), null);
    for (let length = 0; length < Math.min(bytes.length, 40); length++) {
      assert.doesNotThrow(() => readImageHeader(bytes.subarray(0, length)));
    }
  }
});

const others: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(),
  svg: utf8("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
  html: utf8("<!doctype html><script>alert(1)</script>"),
  "a gif of no width": hex("474946383961 0000 0400 00"),
  "a jpeg without a frame": hex("ffd8 ffd9 0002 ffd9"),
  "a jpeg whose segments go nowhere": hex("ffd8 ffe0 0000 ffe0 0000 ffe0 0000"),
  "another file of RIFF": hex("52494646 00000000 57415645 666d7420 00000000 00000000"),
};

for (const [name, bytes] of Object.entries(others)) {
  Deno.test(`an image's header: ${name} has none`, () => {
    assert.equal(readImageHeader(bytes), null);
  });
}
