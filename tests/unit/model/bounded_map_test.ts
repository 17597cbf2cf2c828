import assert from "node:assert/strict";
import { BoundedMap } from "../../../src/model/bounded_map.ts";

type Change = (map: BoundedMap<string | undefined, number>) => void;

const cases: readonly (readonly [string, Change, number[]])[] = [
  ["holds as many entries as it has room for", () => {}, [1, 2, 3]],
  ["forgets the entry that was set longest ago", (map) => map.set("d", 4), [2, 3, 4]],
  ["makes an entry that is set again the newest", (map) => {
    map.set("a", 10);
    map.set("d", 4);
  }, [3, 10, 4]],
  ["does not count reading as use", (map) => {
    assert.equal(map.get("a"), 1);
    assert.ok(map.has("a"));
    map.set("d", 4);
    assert.ok(!map.has("a"));
  }, [2, 3, 4]],
  ["has room again where an entry was deleted", (map) => {
    map.delete("b");
    map.set("d", 4);
  }, [1, 3, 4]],
  ["forgets a key that is undefined as any other", (map) => {
    map.clear();
    map.set(undefined, 0);
    for (const [index, key] of ["a", "b", "c"].entries()) map.set(key, index + 1);
  }, [1, 2, 3]],
  ["is empty after it was cleared", (map) => map.clear(), []],
];

for (const [name, change, expected] of cases) {
  Deno.test(`a bounded map ${name}`, () => {
    const map = new BoundedMap<string | undefined, number>(3);
    for (const [index, key] of ["a", "b", "c"].entries()) map.set(key, index + 1);
    change(map);
    assert.deepEqual([...map.values()], expected);
    assert.equal(map.size, expected.length);
  });
}
