import assert from "node:assert/strict";
import { SerialQueue } from "../../../src/model/serial_queue.ts";

/** Lets everything that can go on without a timer go on. */
function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("pieces of work run one after the other, in the order they came", async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await idle();
    log.push(`${name} ends`);
    return name;
  };
  const done = await Promise.all(["a", "b", "c"].map((name) => queue.run(work(name))));
  assert.deepEqual(done, ["a", "b", "c"]);
  const expected = ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"];
  assert.deepEqual(log, expected);
});

const failures: readonly (readonly [string, () => Promise<void>])[] = [
  ["a rejection", () => Promise.reject(new Error("planted"))],
  ["a throw", () => {
    throw new Error("planted");
  }],
];

for (const [name, fail] of failures) {
  Deno.test(`${name} goes to its caller and does not stop the queue`, async () => {
    const queue = new SerialQueue();
    const failed = queue.run(fail);
    const next = queue.run(() => "done");
    await assert.rejects(failed, /planted/);
    assert.equal(await next, "done");
  });
}

Deno.test("work of an idle queue has begun before its caller goes on", async () => {
  const queue = new SerialQueue();
  let hasBegun = false;
  queue.run(() => hasBegun = true);
  await null;
  assert.ok(hasBegun);
});

Deno.test("a release that is called twice lets only one in", async () => {
  const queue = new SerialQueue();
  const first = await queue.acquire();
  const log: string[] = [];
  const second = queue.acquire();
  second.then(() => log.push("second"));
  const third = queue.acquire();
  third.then(() => log.push("third"));
  await idle();
  assert.deepEqual(log, []);
  first();
  first();
  await idle();
  assert.deepEqual(log, ["second"]);
  (await second)();
  (await third)();
});

Deno.test("work for an idle queue starts when nothing runs or waits, and blocks nobody", async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  const release = await queue.acquire();
  const never = queue.whenIdle(() => {
    log.push("idle");
    return new Promise<void>(() => {});
  });
  const later = await Promise.race([queue.run(() => log.push("turn")), idle()]);
  assert.equal(later, undefined);
  release();
  await idle();
  assert.deepEqual(log, ["turn", "idle"]);
  assert.equal(await queue.run(() => "not held up"), "not held up");
  assert.ok(never instanceof Promise);
});
