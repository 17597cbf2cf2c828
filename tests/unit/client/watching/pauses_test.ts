/** Pauses between attempts: how long they are, and what ends them. */
import assert from "node:assert/strict";
import { backOffMs, Pauses } from "../../../../src/client/watching/pauses.ts";

const hourMs = 3_600_000;

Deno.test("a pause ends when its time is over", async () => {
  const pauses = new Pauses();
  const order: string[] = [];
  const waits = pauses.wait(1).then(() => order.push("over"));
  await pauses.wait(0);
  order.push("no pause");
  await waits;
  assert.deepEqual(order, ["no pause", "over"]);
});

Deno.test("whoever ends a pause waits no longer, and has none after it", async () => {
  const pauses = new Pauses();
  const long = pauses.wait(hourMs);
  pauses.end();
  await long;
  await pauses.wait(hourMs);
});

for (
  const [failures, most] of [[0, 200], [1, 400], [7, 25_600], [8, 30_000], [5_000, 30_000]] as const
) {
  Deno.test(`after ${failures} failures a pause is ${most / 2} to ${most} ms`, () => {
    for (let round = 0; round < 100; round++) {
      const ms = backOffMs(failures, 200, 30_000);
      assert.ok(ms >= most / 2 && ms <= most, `${ms}`);
    }
  });
}
