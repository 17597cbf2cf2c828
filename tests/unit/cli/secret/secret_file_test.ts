/** Secrets from what is open: bounded, whole or the first line, however the bytes come. */
import assert from "node:assert/strict";
import { readSecretFrom } from "../../../../src/cli/secret/secret_file.ts";

/** Gives a text in pieces of at most so many bytes. */
function source(text: string, most: number) {
  let rest: Uint8Array = new TextEncoder().encode(text);
  return {
    read(buffer: Uint8Array): Promise<number | null> {
      if (rest.length === 0) return Promise.resolve(null);
      const count = Math.min(rest.length, most, buffer.length);
      buffer.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return Promise.resolve(count);
    },
  };
}

const large = "x".repeat(200_000);
const cases: readonly [
  text: string,
  maxBytes: number,
  whole: string | null,
  line: string | null,
][] = [
  ["", 4, "", ""],
  ["word", 4, "word", "word"],
  ["word\n", 8, "word\n", "word"],
  ["word\r\n", 8, "word\r\n", "word"],
  ["word\r\n", 4, null, "word"],
  ["words", 4, null, null],
  ["word\nnotes that are longer", 4, null, "word"],
  ["words\nnotes", 4, null, null],
  ["\nnotes", 8, "\nnotes", ""],
  ["wörd\n", 5, null, "wörd"],
  [large, 200_000, large, large],
  [`${large}\n`, 200_000, null, large],
  [large, 199_999, null, null],
];

for (const [text, maxBytes, whole, line] of cases) {
  for (const most of [1, 7, 1_000_000]) {
    if (text.length / most > 1_000) continue;
    const shown = JSON.stringify(text.slice(0, 30));
    Deno.test(`${shown}, ${text.length} long, at most ${maxBytes}, ${most} at once`, async () => {
      for (const [firstLine, expected] of [[false, whole], [true, line]] as const) {
        const read = readSecretFrom(source(text, most), { what: "the word", maxBytes, firstLine });
        const empty = text === "" ? /: it is empty$/ : /: its first line is empty$/;
        if (firstLine && expected === "") await assert.rejects(read, { message: empty });
        else if (expected === null) await assert.rejects(read, { code: "too_large" });
        else assert.equal(await read, expected);
      }
    });
  }
}

Deno.test("what is not UTF-8 is refused", async () => {
  const read = (buffer: Uint8Array) => {
    buffer[0] = 0xff;
    return Promise.resolve(done ? null : (done = true, 1));
  };
  let done = false;
  await assert.rejects(readSecretFrom({ read }, { what: "the word", maxBytes: 9 }), {
    code: "malformed",
    message: "Cannot use the word: it is not UTF-8",
  });
});
