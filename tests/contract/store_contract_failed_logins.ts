/** What a store promises of failed logins. */
import assert from "node:assert/strict";
import { maxFailedLogins } from "../../src/store/failed_login_store.ts";
import type { Promises } from "../support/store_samples.ts";

const failed = (key: string, fullAt: number, rate = "loginByAccount") => ({ rate, key, fullAt });
const one = (key: string, ms: number, rate = "loginByAccount") => ({ rate, key, ms });

export const failedLoginPromises: Promises = {
  "keeps failed logins until they are made up for, the one that is first at the front": async (
    store,
  ) => {
    assert.deepEqual(await store.failedLogins(0), []);
    await store.noteFailedLogins([one("ada", 300), one("ada", 200, "loginByAddress")], 0);
    await store.noteFailedLogins([one("bob 192.0.2.1", 100)], 0);
    const all = [failed("bob 192.0.2.1", 100), failed("ada", 200, "loginByAddress")];
    assert.deepEqual(await store.failedLogins(99), [...all, failed("ada", 300)]);
    assert.deepEqual(await store.failedLogins(200), [failed("ada", 300)]);
    const noted = [failed("ada", 450), failed("new", 150)];
    const told = await store.noteFailedLogins([one("ada", 150), one("new", 50)], 100);
    assert.deepEqual(told.toSorted((a, b) => b.fullAt - a.fullAt), noted);
    assert.deepEqual(await store.failedLogins(0), [
      failed("new", 150),
      failed("ada", 200, "loginByAddress"),
      failed("ada", 450),
    ], "what was over is gone");
    await store.noteFailedLogins([one("ada", 10)], 1_000);
    assert.deepEqual(await store.failedLogins(0), [failed("ada", 1_010)]);
  },

  "forgets failed logins of while the clock was ahead, once it is right": async (store) => {
    const year = 365 * 86_400_000;
    await store.noteFailedLogins([one("ada", 300), one("bob", 300)], year);
    assert.deepEqual(await store.failedLogins(0), []);
    assert.deepEqual(await store.noteFailedLogins([one("ada", 200)], 0), [failed("ada", 200)]);
    assert.deepEqual(await store.failedLogins(0), [failed("ada", 200)]);
    assert.deepEqual(await store.failedLogins(year), [], "what is of then is gone");
  },

  "adds up failed logins that come at once": async (store) => {
    const all = Array.from({ length: 20 }, () => store.noteFailedLogins([one("ada", 10)], 5));
    const told = (await Promise.all(all)).flat().map(({ fullAt }) => fullAt);
    assert.deepEqual(told.toSorted((a, b) => a - b), told.map((_, at) => 15 + 10 * at));
  },

  "keeps a bounded number of failed logins: those that come back last": async (store) => {
    const many = Array.from({ length: maxFailedLogins }, (_, n) => failed(`${n}`, 1_000 + n));
    await store.noteFailedLogins(many.map(({ key, fullAt }) => one(key, fullAt)), 0);
    await store.noteFailedLogins([one("late", 1_000_000), one("early", 1)], 0);
    const kept = await store.failedLogins(0);
    assert.equal(kept.length, maxFailedLogins);
    assert.deepEqual([kept[0], kept.at(-1)], [many[1], failed("late", 1_000_000)]);
  },
};
