import { deepEqual } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { YieldingQueue } from "../../../../src/gateway/reception/yielding_queue.ts";

Deno.test("pieces of work keep their order, others come in between, and no timer is waited for", async () => {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (() => {
    throw new Error("a timer takes 1 ms and more");
  }) as unknown as typeof setTimeout;
  try {
    const queue = new YieldingQueue();
    const seen: string[] = [];
    const work = (name: string) => () => {
      seen.push(name);
      if (name === "first") setImmediate(() => seen.push("somebody else"));
      return Promise.resolve();
    };
    await Promise.all(["first", "second", "third"].map((name) => queue.run(work(name))));
    deepEqual(seen, ["first", "somebody else", "second", "third"]);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});
