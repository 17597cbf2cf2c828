/** What a store promises of failed logins. */
import assert from "node:assert/strict";
import { maxFailedLogins } from "../../src/store/failed_login_store.ts";
import type { Promises } from "../support/store_samples.ts";

const failed = (key: string, fullAt: number, rate = "loginByAccount") => ({ rate, key, fullAt });

export const failedLoginPromises: Promises = {
  "keeps failed logins until they are made up for, the one that is first at the front": async (
    store,
  ) => {
    assert.deepEqual(await store.failedLogins(0), []);
    await store.noteFailedLogins([failed("ada", 300), failed("ada", 200, "loginByAddress")], 0);
    await store.noteFailedLogins([failed("bob 192.0.2.1", 100)], 0);
    const all = [failed("bob 192.0.2.1", 100), failed("ada", 200, "loginByAddress")];
    assert.deepEqual(await store.failedLogins(99), [...all, failed("ada", 300)]);
    assert.deepEqual(await store.failedLogins(200), [failed("ada", 300)]);
    await store.noteFailedLogins([failed("ada", 150)], 100);
    assert.deepEqual(await store.failedLogins(0), [
      failed("ada", 150),
      failed("ada", 200, "loginByAddress"),
    ], "the newer word holds, and what was over is gone");
  },

  "keeps a bounded number of failed logins: those that come back last": async (store) => {
    const many = Array.from({ length: maxFailedLogins }, (_, n) => failed(`${n}`, 1_000 + n));
    await store.noteFailedLogins(many, 0);
    await store.noteFailedLogins([failed("late", 1_000_000), failed("early", 1)], 0);
    const kept = await store.failedLogins(0);
    assert.equal(kept.length, maxFailedLogins);
    assert.deepEqual([kept[0], kept.at(-1)], [many[1], failed("late", 1_000_000)]);
  },
};
