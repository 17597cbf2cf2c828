/** Every codec of src/wire/fields.ts: the bytes it writes, and what it refuses to read. */
import assert from "node:assert/strict";
import {
  bool,
  bytes,
  type Codec,
  decode,
  encode,
  fixed,
  list,
  matching,
  optional,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
  versioned,
  word,
} from "../../../src/wire/fields.ts";
import { Reader, Writer } from "../../../src/wire/buffer.ts";

const pair = struct({ a: u8, b: text(8) });
const most = Number.MAX_SAFE_INTEGER;

const values: readonly [name: string, codec: Codec<unknown>, value: unknown, hex: string][] = [
  ["u8 least", u8, 0, "00"],
  ["u8 most", u8, 255, "ff"],
  ["u16 is big-endian", u16, 0x0102, "0102"],
  ["u16 most", u16, 65535, "ffff"],
  ["u32 is big-endian", u32, 0x01020304, "01020304"],
  ["u32 most", u32, 2 ** 32 - 1, "ffffffff"],
  ["u64 above 32 bits", u64, 2 ** 32 + 1, "0000000100000001"],
  ["u64 most", u64, most, "001fffffffffffff"],
  ["false", bool, false, "00"],
  ["true", bool, true, "01"],
  ["fixed", fixed(3), new Uint8Array([1, 2, 3]), "010203"],
  ["fixed of nothing", fixed(0), new Uint8Array(0), ""],
  ["no bytes", bytes(3), new Uint8Array(0), "00000000"],
  ["bytes up to the limit", bytes(3), new Uint8Array([1, 2, 3]), "00000003010203"],
  ["text", text(8), "aé", "0000000361c3a9"],
  ["text up to the limit, in bytes", text(4), "😀", "00000004f09f9880"],
  ["a byte order mark is kept", text(8), "\ufeffa", "00000004efbbbf61"],
  ["a NUL is kept", text(8), "a\0", "000000026100"],
  ["no items", list(u8, 2), [], "00000000"],
  ["items up to the limit", list(u16, 2), [1, 2], "0000000200010002"],
  ["null", optional(u16), null, "00"],
  ["not null", optional(u16), 7, "010007"],
  ["null within null", optional(optional(u8)), null, "00"],
  ["a word", word(["x", "y"]), "y", "01"],
  ["fields in order", pair, { a: 1, b: "c" }, "010000000163"],
  ["no fields", struct({}), {}, ""],
  ["text of a pattern", matching(text(8), /^[a-z]+$/), "ab", "000000026162"],
  ["a layout behind its version", versioned(3, u16), 7, "030007"],
];

for (const [name, codec, value, hex] of values) {
  Deno.test(`a value is written and read back: ${name}`, () => {
    assert.equal(encode(codec, value).toHex(), hex);
    assert.deepEqual(decode(codec, Uint8Array.fromHex(hex)), value);
  });

  Deno.test(`a value that was cut or goes on is refused: ${name}`, () => {
    const whole = Uint8Array.fromHex(hex);
    for (let end = 0; end < whole.length; end++) {
      const cut = whole.subarray(0, end);
      assert.throws(() => decode(codec, cut), { code: "protocol" }, `${end} bytes`);
    }
    const longer = Uint8Array.fromHex(`${hex}00`);
    assert.throws(() => decode(codec, longer), { code: "protocol", message: /1 bytes after/ });
  });
}

const unreadable: readonly [name: string, codec: Codec<unknown>, hex: string, says: RegExp][] = [
  ["u64 of 2^53", u64, "0020000000000000", /number 9007199254740992$/],
  ["u64 of 2^64 - 1", u64, "ffffffffffffffff", /number 18446744073709551615$/],
  ["truth of 2", bool, "02", /truth value 2/],
  ["truth of 255", bool, "ff", /truth value 255/],
  ["optional of 2", optional(u8), "0201", /truth value 2/],
  ["bytes one over", bytes(3), "0000000401020304", /4 bytes: the limit is 3/],
  ["bytes far over", bytes(3), "ffffffff", /4294967295 bytes: the limit is 3/],
  ["text one over", text(1), "000000026161", /2 bytes: the limit is 1/],
  ["text cut within a character", text(8), "00000001c3", /not UTF-8/],
  ["text with an overlong NUL", text(8), "00000002c080", /not UTF-8/],
  ["text with a surrogate", text(8), "00000003eda080", /not UTF-8/],
  ["text above U+10FFFF", text(8), "00000004f4908080", /not UTF-8/],
  ["text in Latin-1", text(8), "00000001e9", /not UTF-8/],
  ["one item too many", list(u8, 1), "000000020101", /2 items: the limit is 1/],
  ["items far over", list(u8, 1), "ffffffff", /4294967295 items: the limit is 1/],
  ["a word behind the last", word(["x", "y"]), "02", /word number 2/],
  ["text of another pattern", matching(text(8), /^[a-z]+$/), "000000024142", /text that is not/],
  ["no text where the pattern wants some", matching(text(8), /^[a-z]+$/), "00000000", /not/],
  ["an older version", versioned(3, u16), "020007", /version 2 of a layout: 3 is known/],
  ["a newer version", versioned(3, u16), "040007", /version 4 of a layout: 3 is known/],
  ["the word 255", word(["x", "y"]), "ff", /word number 255/],
];

for (const [name, codec, hex, says] of unreadable) {
  Deno.test(`bytes that no value has are refused: ${name}`, () => {
    const bytes = Uint8Array.fromHex(hex);
    assert.throws(() => decode(codec, bytes), {
      name: "MailError",
      code: "protocol",
      message: says,
    });
  });
}

Deno.test("a length is compared with what is there before anything is allocated for it", () => {
  const claim = new Uint8Array([0xff, 0xff, 0xff, 0xff, 1, 2]);
  const endless = 2 ** 32 - 1;
  for (const codec of [bytes(endless), text(endless), list(bytes(9), endless), list(u8, endless)]) {
    assert.throws(() => decode(codec as Codec<unknown>, claim), { code: "protocol" });
  }
});

const unwritable: readonly [name: string, codec: Codec<unknown>, value: unknown][] = [
  ["fixed too short", fixed(2), new Uint8Array(1)],
  ["fixed too long", fixed(2), new Uint8Array(3)],
  ["bytes over the limit", bytes(2), new Uint8Array(3)],
  ["text over the limit in bytes, not in characters", text(2), "éé"],
  ["items over the limit", list(u8, 1), [1, 2]],
];

for (const [name, codec, value] of unwritable) {
  Deno.test(`a value over its limit is not written: ${name}`, () => {
    assert.throws(() => encode(codec, value), {
      name: "MailError",
      code: /^fixed/.test(name) ? "malformed" : "too_large",
    });
  });
}

Deno.test("a writer keeps what it has while it grows", () => {
  const writer = new Writer();
  const expected: number[] = [];
  for (let i = 0; i < 300; i++) {
    writer.u8(i % 256);
    writer.raw(new Uint8Array(i).fill(i));
    expected.push(i % 256, ...new Array(i).fill(i % 256));
  }
  assert.deepEqual([...writer.done()], expected);
});

Deno.test("a reader of part of a buffer sees nothing outside of it", () => {
  const reader = new Reader(new Uint8Array([9, 9, 1, 2, 9]).subarray(2, 4));
  assert.equal(reader.u16(), 0x0102);
  reader.end();
  assert.throws(() => reader.u8(), { code: "protocol", message: /1 bytes: 0 are left/ });
});
