/** How often somebody may try to log in: many at once who may are all let in, and many guesses at once are few. */
import assert from "node:assert/strict";
import { asAccountName } from "../../../src/model/address.ts";
import { utf8 } from "../../../src/model/bytes.ts";
import { MailError } from "../../../src/model/errors.ts";
import { LoginTries } from "../../../src/service/login_tries.ts";
import { RateLimiter } from "../../../src/service/rate_limit.ts";
import { MemoryStore } from "../../support/memory_store.ts";

const right = "right";
const secret = new Uint8Array(32);

/** Logs in with each of the secrets, all at once: "in", "wrong" or why not, and how many were checked. */
async function logInAtOnce(secrets: readonly string[]) {
  const store = new MemoryStore("mail.test");
  const limiter = new RateLimiter(() => 0);
  const tries = new LoginTries({ store, secret, limiter, now: () => 0 });
  let checked = 0;
  const outcomes = await Promise.all(secrets.map(async (secret) => {
    const one = { name: asAccountName("alice"), address: "192.0.2.1", secret: utf8(secret) };
    const check = async () => {
      checked++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      return secret === right ? true : null;
    };
    return await tries.run(one, check).then((found) => found ? "in" : "wrong", ({ code }) => code);
  }));
  await store.close();
  return { outcomes, checked };
}

const times = (count: number, secret: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => secret(at));
const count = (outcomes: readonly string[], wanted: string) =>
  outcomes.filter((outcome) => outcome === wanted).length;

Deno.test("an account that logs in forty times at once is let in each time", async () => {
  const { outcomes } = await logInAtOnce(times(40, () => right));
  assert.equal(count(outcomes, "in"), 40);
});

Deno.test("of forty guesses at once five are checked", async () => {
  const { outcomes, checked } = await logInAtOnce(times(40, (at) => `wrong ${at}`));
  assert.deepEqual([count(outcomes, "wrong"), count(outcomes, "try_later"), checked], [5, 35, 5]);
});

Deno.test("guesses between logins that are right are counted all the same", async () => {
  const { outcomes } = await logInAtOnce(times(40, (at) => at % 2 === 0 ? right : `wrong ${at}`));
  assert.equal(count(outcomes, "wrong"), 5);
});

Deno.test("guesses at several processes of one store are counted together, but for each one's first", async () => {
  const store = new MemoryStore("mail.test");
  const processes = times(3, () => "").map(() =>
    new LoginTries({ store, secret, limiter: new RateLimiter(() => 0), now: () => 0 })
  );
  const outcomes: string[] = [];
  for (const at of Array.from({ length: 30 }, (_, at) => at)) {
    const one = { name: asAccountName("alice"), address: "192.0.2.1", secret: utf8(`wrong ${at}`) };
    const tried = processes[at % processes.length]!.run(one, () => Promise.resolve(null));
    outcomes.push(await tried.then(() => "wrong", ({ code }) => code));
  }
  assert.ok(count(outcomes, "wrong") <= 5 + processes.length - 1, outcomes.join());
  await store.close();
});

Deno.test("what is kept of a failed login does not tell the name, which may be a mistyped password", async () => {
  const store = new MemoryStore("mail.test");
  const tries = new LoginTries({ store, secret, limiter: new RateLimiter(() => 0), now: () => 0 });
  const name = asAccountName("correct-horse");
  const one = { name, address: "192.0.2.1", secret: utf8("wrong") };
  assert.equal(await tries.run(one, () => Promise.resolve(null)), null);
  const kept = await store.failedLogins(0);
  assert.equal(kept.length, 3);
  for (const { key } of kept) assert.doesNotMatch(key, /correct|horse/);
  await store.close();
});

Deno.test("checks that fail, as while the store is away, are no guesses: who is right is let in after them", async () => {
  const store = new MemoryStore("mail.test");
  const tries = new LoginTries({ store, secret, limiter: new RateLimiter(() => 0), now: () => 0 });
  const one = { name: asAccountName("alice"), address: "192.0.2.1", secret: utf8(right) };
  const away = new MailError("unavailable", "Cannot reach the database");
  for (let tried = 0; tried < 60; tried++) {
    await assert.rejects(tries.run(one, () => Promise.reject(away)), away);
  }
  assert.equal(await tries.run(one, () => Promise.resolve(true)), true);
  await store.close();
});
