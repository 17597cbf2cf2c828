import assert from "node:assert/strict";
import { ByteCounter } from "../../../src/model/byte_counter.ts";

async function* chunks(...lengths: number[]): AsyncGenerator<Uint8Array> {
  for (const length of lengths) yield new Uint8Array(length);
}

Deno.test("a counter tells the bytes of all its streams before it hands each chunk on", async () => {
  const log: string[] = [];
  const counter = new ByteCounter((bytes) => log.push(`counted ${bytes}`));
  for (const source of [chunks(2, 0), chunks(3)]) {
    for await (const chunk of counter.pass(source)) log.push(`chunk of ${chunk.length}`);
  }
  const expected = [
    "counted 2",
    "chunk of 2",
    "counted 2",
    "chunk of 0",
    "counted 5",
    "chunk of 3",
  ];
  assert.deepEqual(log, expected);
  assert.equal(counter.bytes, 5);
});

Deno.test("a counter that is told to stop hands nothing more on and lets go of its source", async () => {
  const counter = new ByteCounter((bytes) => {
    if (bytes > 3) throw new Error("too much");
  });
  const source = chunks(3, 1, 1);
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const chunk of counter.pass(source)) seen.push(chunk.length);
  }, /too much/);
  assert.deepEqual(seen, [3]);
  assert.deepEqual(await source.next(), { value: undefined, done: true });
});
