/** What the store takes from its callers before it goes to the writer's thread. */
import assert from "node:assert/strict";
import { ownedBytes } from "../../../src/store/owned_bytes.ts";

function viewsOf(bytes: number, lengths: readonly number[]): Uint8Array[] {
  const buffer = new Uint8Array(bytes).map((_, at) => at);
  let at = 0;
  return lengths.map((length) => buffer.subarray(at, at += length));
}

Deno.test("a long buffer is taken whole, however many views it has", () => {
  const [one, two] = viewsOf(8192, [5000, 3000]);
  const { value, bytes, transfers } = ownedBytes({ one, rest: [{ two }] });
  assert.deepEqual(transfers, [one!.buffer]);
  assert.equal(bytes, 8000);
  assert.deepEqual(structuredClone(value, { transfer: transfers }).rest[0]!.two![0], 5000 % 256);
  assert.equal(one!.length, 0);
});

for (
  const [what, buffer, lengths] of [
    ["a short one", 100, [50, 50]],
    ["part of a far longer one", 100_000, [5000]],
  ] as const
) {
  Deno.test(`${what} is copied and stays the caller's`, () => {
    const views = viewsOf(buffer, lengths);
    const before = views.map((view) => view.slice());
    const { value, transfers } = ownedBytes(views);
    assert.ok(!transfers.includes(views[0]!.buffer as ArrayBuffer));
    views[0]!.fill(0);
    assert.deepEqual(structuredClone(value, { transfer: transfers }), before);
  });
}

Deno.test("what is all of a short buffer goes as it is, beside what is copied", () => {
  const whole = new Uint8Array(32).fill(1);
  const [part] = viewsOf(100, [50]);
  assert.deepEqual(ownedBytes([whole]), { value: [whole], bytes: 32, transfers: [] });
  const { value } = ownedBytes([whole, part, whole.subarray(1)]);
  assert.equal(value[0], whole);
  assert.deepEqual(value.slice(1), [part, whole.subarray(1)]);
  assert.equal(value[1]!.buffer, value[2]!.buffer);
});

Deno.test("what is copied travels in one buffer, which is handed over where it is long", () => {
  const pieces = Array.from({ length: 10 }, (_, at) => new Uint8Array(501).fill(at).subarray(1));
  for (const count of [2, 10]) {
    const { value, transfers } = ownedBytes(pieces.slice(0, count));
    const buffers = [...new Set(value.map(({ buffer }) => buffer))];
    assert.equal(buffers.length, 1);
    assert.deepEqual(transfers, count === 10 ? buffers : []);
    assert.deepEqual(structuredClone(value, { transfer: transfers }), pieces.slice(0, count));
  }
});

Deno.test("what was taken cannot be taken again, gone already or still waiting", () => {
  const [waiting] = viewsOf(8192, [8192]);
  ownedBytes(waiting);
  assert.throws(() => ownedBytes(waiting), TypeError);
  const gone = new Uint8Array(10);
  gone.buffer.transfer();
  assert.throws(() => ownedBytes(gone), TypeError);
});
