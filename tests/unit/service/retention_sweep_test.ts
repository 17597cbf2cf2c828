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

Deno.test("keeping: what comes back unread has its original, however long the server was off when it should have gone", async (t) => {
  for (const days of [31, 33, 35, 35.3, 35.5, 35.8, 35.95, 36.5, 60]) {
    await t.step(`until day ${days} of 30`, async () => {
      const store = new MemoryStore("mail.test");
      const [alice, , carol] = await createAccounts(store, ["alice", "bob", "carol"]) as Account[];
      const start = 1_000 * day;
      const send = ({ id }: Account, to: string, storedAt: number) =>
        store.send(sampleMessage(id, { key: `to ${to}`, to: [to], storedAt }));
      await send(carol!, "bob", start - 0.8 * day); // bob is told earlier than alice
      for (const to of ["bob", "alice"]) await send(alice!, to, start);
      let now = start + 26.1 * day;
      const sweep = new RetentionSweep(store, () => now, () => 30 * day);
      while (await sweep.step());
      for (now = start + days * day; now < start + (days + 8) * day; now += 6 * hour) {
        while (await sweep.step());
      }
      const { entries } = await store.list(query(alice!.id, { box: "inbox" }));
      const returned = entries.filter(({ from, sealedBytes }) =>
        from === systemName && sealedBytes > 0
      );
      assert.equal(returned.length, 2);
    });
  }
});
