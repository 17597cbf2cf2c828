/** The connection by which processes tell and hear: what becomes of one that does not get as far as to listen. */
import assert from "node:assert/strict";
import type { DriverClient } from "../../../../../src/store/postgres/driver.ts";
import { Hints } from "../../../../../src/store/postgres/process/hints.ts";
import { Watchers } from "../../../../../src/store/watchers.ts";

/** A connection on which every statement waits until it is cut, or fails. */
function brokenClient(failing?: Error) {
  const asked = Promise.withResolvers<never>();
  asked.promise.catch(() => {}); // by whoever asks
  const seen = { cuts: 0 };
  const client: Partial<DriverClient> = {
    on: () => {},
    query: () => failing === undefined ? asked.promise : Promise.reject(failing) as never,
    cut: () => {
      seen.cuts++;
      asked.reject(new Error("Connection terminated"));
    },
  };
  return { client: client as DriverClient, seen };
}

function hintsOver(client: DriverClient): Hints {
  return new Hints(() => Promise.resolve(client), {
    mail: new Watchers(),
    changes: new Watchers(),
  });
}

Deno.test("a connection that cannot listen is let go of: the next try makes another", async () => {
  const { client, seen } = brokenClient(new Error("Query read timeout"));
  await assert.rejects(hintsOver(client).start(), /timeout/);
  assert.equal(seen.cuts, 1);
});

Deno.test("a connection is cut with the others before it listens: it may be to a primary of before", async () => {
  const { client, seen } = brokenClient();
  const hints = hintsOver(client);
  const starting = hints.start();
  await Promise.resolve();
  hints.cut();
  await assert.rejects(starting, /terminated/);
  assert.ok(seen.cuts > 0);
});
