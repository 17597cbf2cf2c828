import assert from "node:assert/strict";
import { bestEffort, heardElsewhere } from "../../../src/model/promises.ts";

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
