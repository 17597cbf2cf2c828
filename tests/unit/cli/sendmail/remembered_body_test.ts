import assert from "node:assert/strict";
import {
  maxRememberedBytes,
  RememberedBody,
} from "../../../../src/cli/sendmail/remembered_body.ts";

async function* counting(count: number, size = 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at++) yield await Promise.resolve(new Uint8Array(size).fill(at));
}

const rest = async (body: RememberedBody) =>
  (await Array.fromAsync(body.replay())).map(([first]) => first);

for (const taken of [0, 1, 3, 4]) {
  Deno.test(`a queue that fails after ${taken} pieces of 4 loses none`, async () => {
    const body = new RememberedBody(counting(4));
    let count = 0;
    if (taken > 0) { for await (const _ of body.first()) if (++count === taken) break; }
    assert.ok(body.canReplay);
    assert.deepEqual(await rest(body), [0, 1, 2, 3]);
  });
}

Deno.test("a body that cannot be read is not sent cut short", async () => {
  const broken = async function* () {
    yield* counting(1);
    throw new Error("cut");
  };
  const body = new RememberedBody(broken());
  await assert.rejects(Array.fromAsync(body.first()), /cut/);
  assert.equal(body.canReplay, false);
});

Deno.test("a body over the bound is not kept in memory", async () => {
  const body = new RememberedBody(counting(3, maxRememberedBytes / 2));
  let size = 0;
  for await (const piece of body.first()) size += piece.length;
  assert.deepEqual([size, body.canReplay], [maxRememberedBytes * 1.5, false]);
});
