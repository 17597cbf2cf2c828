/** What is asked for together is asked in one request, and each asker hears of its own. */
import assert from "node:assert/strict";
import { FindAppended } from "../../../../src/client/importing/find_appended.ts";
import { asIdempotencyKey, type IdempotencyKey } from "../../../../src/model/digests.ts";
import { entryId } from "../../../../src/model/ids.ts";

const keyOf = (at: number) => asIdempotencyKey(new Uint8Array(32).fill(at));

Deno.test("keys that are asked for at once go in one request, in their order", async () => {
  const asked: number[][] = [];
  const appended = new FindAppended((keys: readonly IdempotencyKey[]) => {
    asked.push(keys.map(([first]) => first!));
    return Promise.resolve(keys.map(([first]) => first! % 2 === 0 ? null : entryId(first!)));
  });
  const found = await Promise.all([1, 2, 3].map((at) => appended.find(keyOf(at))));
  assert.deepEqual(found, [1, null, 3]);
  assert.equal(await appended.find(keyOf(5)), 5);
  assert.deepEqual(asked, [[1, 2, 3], [5]]);
});

Deno.test("a request that fails fails for each who asked, and the next is made all the same", async () => {
  const failure = new Error("the connection was cut");
  let fails = true;
  const appended = new FindAppended((keys) =>
    fails ? Promise.reject(failure) : Promise.resolve(keys.map(() => null))
  );
  const found = await Promise.allSettled([1, 2].map((at) => appended.find(keyOf(at))));
  assert.deepEqual(found.map(({ status }) => status), ["rejected", "rejected"]);
  fails = false;
  assert.equal(await appended.find(keyOf(3)), null);
});
