/** Content of DATA, cut anywhere: dots come out as they went in, and the message ends where it ends. */
import assert from "node:assert/strict";
import { DotReader } from "../../../../src/gateway/smtp/dot_reader.ts";

const cases: readonly (readonly [said: string, content: string, rest: string | null])[] = [
  [".\r\nNOOP\r\n", "", "NOOP\r\n"],
  ["a\r\n.\r\n", "a\r\n", ""],
  ["..\r\n.\r\n", ".\r\n", ""],
  ["..\r\n..\r\n...\r\n.\r\n.\r\n", ".\r\n.\r\n..\r\n", ".\r\n"],
  [".x\r\n.\r\n", "x\r\n", ""], // RFC 5321 4.5.2
  ["a.\r\n\r\n\r\n.\r\n", "a.\r\n\r\n\r\n", ""],
  ["a\r\n.b\r\n", "a\r\nb\r\n", null],
  ["a\r\n.", "a\r\n", null],
  ["a\r\n.\r", "a\r\n", null],
  ["a..b\r\n", "a..b\r\n", null],
  ["", "", null],
];

function read(said: string, chunkBytes: number): readonly [string, string | null] {
  const reader = new DotReader();
  let content = "";
  for (let at = 0; at < said.length; at += chunkBytes) {
    const taken = reader.take(new TextEncoder().encode(said.slice(at, at + chunkBytes)));
    content += new TextDecoder().decode(taken.content);
    if (taken.rest === null) continue;
    return [content, new TextDecoder().decode(taken.rest) + said.slice(at + chunkBytes)];
  }
  return [content, null];
}

for (const [said, content, rest] of cases) {
  Deno.test(`content of DATA: ${JSON.stringify(said)}`, () => {
    for (let chunkBytes = 1; chunkBytes <= said.length + 1; chunkBytes++) {
      assert.deepEqual(read(said, chunkBytes), [content, rest], `${chunkBytes} bytes at once`);
    }
  });
}

Deno.test("content is in as many pieces as it came in, whatever its lines begin with", () => {
  const lines = new TextEncoder().encode("..\r\n".repeat(10_000));
  const { content, rest } = new DotReader().take(lines);
  assert.deepEqual([content.length, rest], [30_000, null]);
});
