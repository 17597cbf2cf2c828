/** Names of folders in modified UTF-7: the samples of others, and that each name has one spelling. */
import assert from "node:assert/strict";
import { decodeModifiedUtf7, encodeModifiedUtf7 } from "../../../src/mime/modified_utf7.ts";

const spellings: readonly (readonly [name: string, written: string, escaped?: string])[] = [
  ["", ""],
  ["Bills", "Bills"],
  ["R&D", "R&-D"],
  ["&&", "&-&-"],
  ["~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"], // RFC 3501 5.1.3
  ["Entwürfe", "Entw&APw-rfe"],
  ["Черновики", "&BCcENQRABD0EPgQyBDgEOgQ4-"],
  ["😀", "&2D3eAA-"],
  ["\t", "&AAk-"],
  ["é&é", "&AOk-&-&AOk-"],
  ["a.b", "a.b"],
  ["a.b", "a&AC4-b", "."],
  ["é.é", "&AOkALgDp-", "."],
  ["a:b", "a&ADo-b", "./:~"],
];

Deno.test("a name is written and read as others do", () => {
  for (const [name, written, escaped] of spellings) {
    assert.equal(encodeModifiedUtf7(name, escaped), written);
    assert.equal(decodeModifiedUtf7(written, escaped), name);
  }
});

const refused: readonly (readonly [what: string, written: string])[] = [
  ["a run without end", "&AOk"],
  ["an & by itself", "a&b"],
  ["ASCII in base 64", "&AGE-"],
  ["an & in base 64", "&ACY-"],
  ["two runs side by side", "&AOk-&AOk-"],
  ["half a code unit", "&AA-"],
  ["no base 64", "&!!!-"],
  ["a slash of base 64", "&U/BTFw-"],
  ["padding", "&AOk=-"],
  ["bits behind the end", "&AOl-"],
  ["half a surrogate pair", "&2D0-"],
  ["a byte that is not ASCII", "é"],
  ["an escape that is none here", "a&AC4-b"],
];

for (const [what, written] of refused) {
  Deno.test(`modified UTF-7 does not have ${what}`, () => {
    assert.equal(decodeModifiedUtf7(written), null);
  });
}

Deno.test("every name comes back, and every text that can be read is the spelling of its name", () => {
  const letters = ["a", "&", "-", ".", "/", "é", "日", "😀", "\0", " ", ",", "+", "A", "~"];
  const some = () => letters[Math.floor(Math.random() * letters.length)]!;
  const textOf = (length: number) => Array.from({ length }, some).join("");
  for (let round = 0; round < 20_000; round++) {
    const [text, escaped] = [textOf(round % 9), round % 2 === 0 ? "" : "."];
    const written = encodeModifiedUtf7(text, escaped);
    assert.match(written, /^[ -~]*$/);
    assert.equal(decodeModifiedUtf7(written, escaped), text);
    const read = decodeModifiedUtf7(text, escaped);
    if (read !== null) assert.equal(encodeModifiedUtf7(read, escaped), text);
  }
});
