/** Streams cut to blocks: the same bytes, however they came. */
import assert from "node:assert/strict";
import { reblock } from "../../../src/mime/block.ts";
import { concatBytes } from "../../../src/model/bytes.ts";

const [least, most] = [16 * 1024, 64 * 1024];

const cases: Readonly<Record<string, readonly number[]>> = {
  nothing: [],
  "one short chunk": [2100],
  "one-byte chunks": Array(1000).fill(1),
  "empty chunks": [0, 5, 0],
  "chunks that just fill a block": [least - 1, 1, 3],
  "short ones before a long one": [100, 3000, 3 * most],
  "chunks that grow": [10, 100, 1000, 10_000, 60_000, 7],
};

for (const [name, lengths] of Object.entries(cases)) {
  Deno.test(`blocks of ${name} are of their size and hold the same bytes`, async () => {
    const chunks = lengths.map((length) => new Uint8Array(length).map((_, at) => at % 251));
    const blocks = await Array.fromAsync(reblock(async function* () {
      for (const chunk of chunks) yield await Promise.resolve(chunk.slice());
    }()));
    assert.deepEqual(concatBytes(blocks), concatBytes(chunks));
    for (const { length } of blocks) assert.ok(length <= most && length > 0);
    const bytes = lengths.reduce((sum, length) => sum + length, 0);
    assert.ok(blocks.length <= 1 + 2 * bytes / least, `${blocks.length} blocks`);
  });
}
