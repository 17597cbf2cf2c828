/** The one slot between a session and its reader: nothing is lost, nothing piles up, nobody waits for ever. */
import assert from "node:assert/strict";
import { OneSlotStream } from "../../../../src/client/connection/one_slot_stream.ts";

/** Lets everything run that can, and tells whether the promise is kept by then. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return settled;
}

Deno.test("pieces come out in their order, then the end", async () => {
  const channel = new OneSlotStream<number>();
  const writing = (async () => {
    for (let i = 0; i < 50; i++) await channel.put(i);
    channel.end(null);
  })();
  assert.deepEqual(await Array.fromAsync(channel), Array.from({ length: 50 }, (_, i) => i));
  await writing;
});

Deno.test("the writer waits until its piece was taken", async () => {
  const channel = new OneSlotStream<string>();
  const reader = channel[Symbol.asyncIterator]();
  const first = channel.put("a");
  assert.equal(await isSettled(first), false);
  assert.equal((await reader.next()).value, "a");
  assert.equal(await isSettled(first), true);
  const second = channel.put("b");
  assert.equal(await isSettled(second), false);
  assert.equal((await reader.next()).value, "b");
  await second;
});

Deno.test("a reader that came first waits for a piece", async () => {
  const channel = new OneSlotStream<string>();
  const next = channel[Symbol.asyncIterator]().next();
  assert.equal(await isSettled(next), false);
  await channel.put("late");
  assert.deepEqual(await next, { value: "late", done: false });
});

Deno.test("an end reaches a reader that waits, and one that comes later", async () => {
  for (const early of [true, false]) {
    const channel = new OneSlotStream<string>();
    const reader = channel[Symbol.asyncIterator]();
    if (early) channel.end(null);
    const next = reader.next();
    if (!early) channel.end(null);
    assert.deepEqual(await next, { value: undefined, done: true });
  }
});

Deno.test("a failure comes behind the piece that waits, and the first one counts", async () => {
  const channel = new OneSlotStream<string>();
  const put = channel.put("last");
  const failure = new Error("cut");
  channel.end(failure);
  channel.end(new Error("another"));
  await put; // nobody waits on a stream that is over
  const reader = channel[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value, "last");
  await assert.rejects(reader.next(), (error) => error === failure);
});

Deno.test("a failure reaches a reader that waits", async () => {
  const channel = new OneSlotStream<string>();
  const next = channel[Symbol.asyncIterator]().next();
  const failure = new Error("cut");
  channel.end(failure);
  await assert.rejects(next, (error) => error === failure);
});

Deno.test("after the reader left, pieces are dropped and the writer does not wait", async () => {
  const channel = new OneSlotStream<string>();
  const first = channel.put("a");
  for await (const _ of channel) break;
  await first;
  await channel.put("b");
  await channel.put("c");
});

Deno.test("a reader that leaves releases a writer that waits", async () => {
  const channel = new OneSlotStream<string>();
  const reader = channel[Symbol.asyncIterator]();
  const first = channel.put("a");
  await reader.next();
  await first;
  const second = channel.put("b");
  await reader.return(undefined);
  await second;
});
