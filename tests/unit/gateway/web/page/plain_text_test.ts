import assert from "node:assert/strict";
import { partsOf } from "../../../../../src/gateway/web/page/plain_text.tsx";

Deno.test("a text of usual length is one part, whatever is in it", () => {
  for (const text of ["", "\n\n", "a".repeat(8_000)]) assert.deepEqual(partsOf(text), [text]);
});

const long: Readonly<Record<string, string>> = {
  "lines": "Sixty characters or so are on a line of a mail, as they were.\n".repeat(300),
  "paragraphs": `${"word ".repeat(60)}\n\n\n`.repeat(50),
  "line feeds alone": "\n".repeat(10_000),
  "line feeds at the seams": `${"a".repeat(999)}\n\n${"b".repeat(1_000)}\n`.repeat(10),
  "one line of words": "word ".repeat(2_000),
  "one word": "a".repeat(10_000),
  "characters of two halves": `a${"\u{1d49c}".repeat(5_000)}`,
};
for (const [name, text] of Object.entries(long)) {
  Deno.test(`a long text of ${name} is cut, and nothing but ends of lines is gone`, () => {
    const parts = partsOf(text);
    assert.ok(parts.length >= text.length / 1_001);
    let at = 0;
    for (const part of parts) {
      if (!text.startsWith(part, at)) at++; // behind the line feed that the end of the part stands for
      assert.ok(text.startsWith(part, at));
      assert.ok(part.length > 0 && part.length <= 1_000 && part.isWellFormed());
      at += part.length;
    }
    assert.ok(text.length - at <= 1);
  });
}
