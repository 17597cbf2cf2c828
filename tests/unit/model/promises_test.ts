import assert from "node:assert/strict";
import {
  bestEffort,
  heardElsewhere,
  inOrder,
  Lazy,
  letOthersIn,
} from "../../../src/model/promises.ts";

/** Counts the rejections that nobody handled while work runs. */
async function unhandledIn(work: () => unknown): Promise<number> {
  let count = 0;
  const listener = (event: PromiseRejectionEvent) => {
    count++;
    event.preventDefault();
  };
  globalThis.addEventListener("unhandledrejection", listener);
  try {
    work();
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    globalThis.removeEventListener("unhandledrejection", listener);
  }
  return count;
}

const failed = () => Promise.reject(new Error("planted"));

const cases: readonly (readonly [string, () => unknown, number])[] = [
  ["a promise that nobody awaits ends the program when it fails", failed, 1],
  ["a promise that is heard elsewhere does not", () => heardElsewhere(failed()), 0],
  ["a best effort does not", () => bestEffort(failed()), 0],
];

for (const [name, work, expected] of cases) {
  Deno.test(name, async () => assert.equal(await unhandledIn(work), expected));
}

Deno.test("the caller still hears of a failure that is heard elsewhere", async () => {
  await assert.rejects(heardElsewhere(failed()), /planted/);
  assert.equal(await heardElsewhere(Promise.resolve(7)), 7);
});

Deno.test("a best effort waits for its work", async () => {
  let isDone = false;
  const work = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    isDone = true;
  };
  await bestEffort(work());
  assert.ok(isDone);
});

for (const most of [1, 3, 10]) {
  Deno.test(`of ten pieces of work, ${most} at once are under way, and their results in order`, async () => {
    let [underWay, highest] = [0, 0];
    const work = async (item: number) => {
      highest = Math.max(highest, ++underWay);
      for (let turn = item % 4; turn >= 0; turn--) await letOthersIn();
      underWay--;
      return -item;
    };
    const items = Array.from({ length: 10 }, (_, at) => at);
    const results = await Array.fromAsync(inOrder(items, most, work));
    assert.deepEqual(results, items.map((item) => -item));
    assert.equal(highest, most);
  });
}

Deno.test("of several pieces of work, the one that fails is told of", async () => {
  await assert.rejects(
    Array.fromAsync(inOrder([1, 2, 3], 2, (item) => item === 2 ? failed() : Promise.resolve())),
    /planted/,
  );
  assert.deepEqual(await Array.fromAsync(inOrder([], 2, failed)), []);
});

Deno.test("a lazy value is made once for all who ask, and anew where that failed, or it was forgotten", async () => {
  const lazy = new Lazy<number>();
  let made = 0;
  const make = () => Promise.resolve(++made);
  assert.equal(lazy.made, null);
  await assert.rejects(lazy.get(failed), /planted/);
  assert.equal(lazy.made, null);
  assert.deepEqual(await Promise.all([lazy.get(make), lazy.get(make)]), [1, 1]);
  lazy.forget();
  assert.equal(await lazy.get(make), 2);
  lazy.set(9);
  assert.equal(await lazy.get(make), 9);
});

Deno.test("a lazy value that failed late does not take the place of what was made since", async () => {
  const lazy = new Lazy<number>();
  const late = Promise.withResolvers<number>();
  const first = lazy.get(() => late.promise);
  lazy.forget();
  const second = lazy.get(() => Promise.resolve(2));
  late.reject(new Error("planted"));
  await assert.rejects(first, /planted/);
  assert.equal(lazy.made, second);
});
