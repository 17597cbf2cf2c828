/** What is told a service manager, counted by what cannot be sent. */
import assert from "node:assert/strict";
import { type Host, processHost, withHost } from "../../../../src/cli/host.ts";
import { findServiceManager } from "../../../../src/cli/waiting/service_manager.ts";

Deno.test("of a program that is ended before it is ready, only the end is told", async () => {
  for (const [endsEarly, expected] of [[true, 1], [false, 2]] as const) {
    const env: Host["env"] = { ...Deno.env, get: () => "/nowhere/notify", delete: () => {} };
    const { signal, abort } = abortable();
    let count = 0;
    await withHost({ ...processHost, env }, async () => {
      const manager = findServiceManager(signal, () => count++);
      if (endsEarly) abort();
      manager.ready();
      abort();
      await manager.told();
    });
    assert.equal(count, expected);
  }
});

Deno.test("of two reloads the second begins when the first is over", async () => {
  const manager = findServiceManager(new AbortController().signal);
  const first = Promise.withResolvers<void>();
  const done: string[] = [];
  const reloads = [
    manager.reload(() => first.promise.then(() => done.push("first"))),
    manager.reload(() => Promise.resolve(done.push("second"))),
  ];
  await new Promise((resolve) => setTimeout(resolve)); // the second would be done by now
  first.resolve();
  await Promise.all(reloads);
  assert.deepEqual(done, ["first", "second"]);
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
