/** A pool whose database refuses connections: how often it is tried, and that all go on once it does not. */
import assert from "node:assert/strict";
import type { DriverClient } from "../../../../src/store/postgres/driver.ts";
import { Pool } from "../../../../src/store/postgres/pool.ts";
import { deadline } from "../../../support/deadline.ts";

const callers = 50;
/** The first ones at once, and five more. */
const refused = 8 + 5;

Deno.test("a pool tries a database that refuses connections ever more seldom, however many call", async () => {
  let attempts = 0;
  let open = 0;
  const client = { on: () => {}, end: () => Promise.resolve() } as unknown as DriverClient;
  const pool = new Pool(() => {
    attempts++;
    if (attempts <= refused) return Promise.reject(new Error("too many connections"));
    open++;
    return Promise.resolve(client);
  });
  let calls = 0;
  const call = async (): Promise<void> => {
    for (;;) {
      calls++;
      try {
        return await pool.use(() => Promise.resolve(), () => false);
      } catch {
        // at once again
      }
    }
  };
  const begunAt = performance.now();
  await Promise.all(Array.from({ length: callers }, call));
  const least = 0.75 * (20 + 40 + 80 + 160 + 320);
  assert.ok(performance.now() - begunAt >= least, `${attempts} attempts`);
  assert.ok(calls > refused * 10, "all hear of each failure");
  assert.ok(open <= 8, `${open} connections`);
  await pool.close();
});

Deno.test("a pool tries again for a caller that waits, though no connection is given back", async () => {
  const client = { on: () => {}, end: () => Promise.resolve() } as unknown as DriverClient;
  let attempts = 0;
  const pool = new Pool(() => {
    attempts++;
    return attempts === 2 || attempts === 3
      ? Promise.reject(new Error("too many connections"))
      : Promise.resolve(client);
  });
  const lent = Promise.withResolvers<void>();
  const first = pool.use(() => lent.promise, () => false);
  const use = () => pool.use(() => Promise.resolve(), () => false);
  await assert.rejects(use);
  const others = Promise.allSettled([use(), use(), use()]);
  try {
    const results = await deadline(others, 5_000, "callers wait for the connection that is lent");
    const states = results.map(({ status }) => status).toSorted(); // whose try it is depends on how long it took
    assert.deepEqual(states, ["fulfilled", "fulfilled", "rejected"]);
  } finally {
    lent.resolve();
  }
  await first;
  await pool.close();
});
