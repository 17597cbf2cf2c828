/** When the server looks at all mailboxes for mail that it keeps no longer, by a clock that stands until it is set. */
import assert from "node:assert/strict";
import { systemName } from "../../../src/model/bounce.ts";
import { type Retention, retentionOf } from "../../../src/model/retention.ts";
import { RetentionSweep } from "../../../src/service/retention_sweep.ts";
import { DueWork } from "../../../src/service/due_work.ts";
import type { Account } from "../../../src/store/account_store.ts";
import { MemoryStore } from "../../support/memory_store.ts";
import { createAccounts, query, sampleMessage } from "../../support/store_samples.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** A store of three accounts, one a step, that remembers how it was asked. */
class AskedStore extends MemoryStore {
  readonly asked: [keepDays: number, after: number][] = [];

  override retain({ keepMs }: Retention, _now: number, after: number): Promise<number | null> {
    this.asked.push([keepMs / day, after]);
    return Promise.resolve(after < 2 ? after + 1 : null);
  }
}

function setUp(keepDays: number | null, store = new AskedStore("mail.test")) {
  const at = { now: 1_000 * day, keepDays };
  const now = () => at.now;
  const keepMs = () => at.keepDays === null ? null : at.keepDays * day;
  const dueWork = new DueWork(store, now, {
    retentionSweep: new RetentionSweep(store, now, keepMs),
  });
  const run = async () => {
    store.asked.length = 0;
    await dueWork.run();
    return store.asked.map(([keep, after]) => `${keep}/${after}`).join(" ");
  };
  return { at, run };
}

/** Once for what was received, once for what was sent. */
const twice = (looks: string) => `${looks} ${looks}`;

Deno.test("keeping: looks at no mailbox where mail is kept for ever", async () => {
  assert.equal(await setUp(null).run(), "");
});

Deno.test("keeping: looks at all mailboxes at once, and again after an hour", async () => {
  const { at, run } = setUp(90);
  assert.equal(await run(), twice("90/0 90/1 90/2"));
  at.now += hour - 1;
  assert.equal(await run(), "");
  at.now += 1;
  assert.equal(await run(), twice("90/0 90/1 90/2"));
});

Deno.test("keeping: looks at once when another time is set, or the clock is set back", async () => {
  const { at, run } = setUp(90);
  await run();
  at.keepDays = 30;
  assert.equal(await run(), twice("30/0 30/1 30/2"));
  at.now -= 5 * hour;
  assert.equal(await run(), twice("30/0 30/1 30/2"));
  assert.equal(await run(), "");
});

Deno.test("keeping: delivers what falls due during a round, before it looks on", async () => {
  const did: string[] = [];
  class BusyStore extends AskedStore {
    override deliverDue(): Promise<boolean> {
      did.push("deliver");
      return Promise.resolve(false);
    }
    override retain(retention: Retention, now: number, after: number): Promise<number | null> {
      did.push("look");
      return super.retain(retention, now, after);
    }
  }
  const { run } = setUp(90, new BusyStore("mail.test"));
  await run();
  assert.equal(did.join(" "), twice("deliver look deliver look deliver look"));
});

Deno.test("retention: what follows from how long mail is kept fits into that time", () => {
  for (const keepMs of [hour, 30 * hour, 2 * day, 10 * day, 69 * day, 70 * day, 36_500 * day]) {
    const { noticeMs, periodMs, roundMs, lapseMs, sentGraceMs } = retentionOf(keepMs);
    assert.ok(noticeMs + periodMs + roundMs < keepMs, "an announcement comes behind its mail");
    assert.ok(lapseMs > periodMs + sentGraceMs + roundMs, "it holds until all of its mail is gone");
    assert.ok(noticeMs >= Math.min(7 * day, keepMs / 10 - 1) && noticeMs <= 7 * day);
    if (keepMs >= 2 * day) assert.equal(periodMs, day);
  }
});

Deno.test("keeping: what comes back unread has its original, also where the server was off when it should have gone", async () => {
  const store = new MemoryStore("mail.test");
  const [alice] = await createAccounts(store, ["alice", "bob"]) as [Account, Account];
  let now = 1_000 * day;
  for (const to of ["bob", "alice"]) {
    await store.send(sampleMessage(alice.id, { key: `to ${to}`, to: [to], storedAt: now }));
  }
  const sweep = new RetentionSweep(store, () => now, () => 30 * day);
  const back = async () =>
    (await store.list(query(alice.id, { box: "inbox" }))).entries
      .filter(({ sealedBytes, from }) => from === systemName && sealedBytes > 0).length;
  for (const days of [27, 34]) { // it is announced, and then the server is off
    now = (1_000 + days) * day;
    while (await sweep.step());
  }
  assert.equal(await back(), 2);
});
