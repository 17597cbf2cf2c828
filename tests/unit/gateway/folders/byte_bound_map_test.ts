/** What was used last stays, as much as has room. */
import assert from "node:assert/strict";
import { ByteBoundMap } from "../../../../src/gateway/folders/byte_bound_map.ts";

Deno.test("what was not used for longest goes first, and what has no room is not kept", () => {
  const map = new ByteBoundMap<number, string>(10);
  for (const key of [1, 2, 3]) map.set(key, `${key}`, 3);
  assert.equal(map.get(1), "1");
  map.set(4, "4", 4);
  assert.deepEqual([1, 2, 3, 4].map((key) => map.get(key)), ["1", undefined, "3", "4"]);
  map.set(5, "5", 11);
  assert.deepEqual([1, 3, 4, 5].map((key) => map.get(key)), ["1", "3", "4", undefined]);
  map.set(1, "one", 10);
  assert.deepEqual([1, 3, 4].map((key) => map.get(key)), ["one", undefined, undefined]);
  map.set(1, "too large now", 11);
  assert.equal(map.get(1), undefined);
});
