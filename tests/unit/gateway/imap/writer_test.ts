/** Strings as an IMAP server writes them. */
import assert from "node:assert/strict";
import { literalHead, quote, quoteOrNil } from "../../../../src/gateway/imap/writer.ts";

const umlaut = "\xc3\xa4";

for (
  const [text, isUtf8, written] of [
    ["", false, '""'],
    ["plain", false, '"plain"'],
    ['a "b" \\c', false, '"a \\"b\\" \\\\c"'],
    ["a\tb", false, '"a\tb"'],
    ["a\r\nb", false, "{4}\r\na\r\nb"],
    ["a\nb", true, "{3}\r\na\nb"],
    ["a\0b", false, '"ab"'],
    ["a\0\nb", false, "{3}\r\na\nb"],
    [umlaut, false, `{2}\r\n${umlaut}`],
    [umlaut, true, `"${umlaut}"`],
    ["\xe4", true, "{1}\r\n\xe4"],
    ["\xc0\x80", true, "{2}\r\n\xc0\x80"],
    ["x".repeat(1024), false, `"${"x".repeat(1024)}"`],
    ["x".repeat(1025), false, `{1025}\r\n${"x".repeat(1025)}`],
  ] as const
) {
  Deno.test(`a string of ${JSON.stringify(text.slice(0, 20))} is written, ${isUtf8 ? "UTF-8" : "ASCII"} in quotes`, () => {
    assert.equal(quote(text, isUtf8), written);
    assert.equal(quoteOrNil(text, isUtf8), written);
  });
}

Deno.test("what is missing is NIL, and a literal says its bytes first", () => {
  assert.equal(quoteOrNil(null), "NIL");
  assert.equal(quote(umlaut), `${literalHead(2)}${umlaut}`);
});
