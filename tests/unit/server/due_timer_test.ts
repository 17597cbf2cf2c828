/** The timer of what falls due: one at a time, soon after the next delivery, and now and then without one. */
import assert from "node:assert/strict";
import { DueTimer } from "../../../src/server/due_timer.ts";
import { RetentionSweep } from "../../../src/service/retention_sweep.ts";
import { DueWork } from "../../../src/service/due_work.ts";
import { MailError } from "../../../src/model/errors.ts";
import { MemoryStore } from "../../support/memory_store.ts";
import { createAccounts, query, sampleMessage } from "../../support/store_samples.ts";
import { recordingLog } from "../../support/server.ts";

/** A timer whose clock the test sets; `set` are the timers that are set and not cleared. */
async function scene(store = new MemoryStore("mail.test")) {
  const clock = { now: 100_000 };
  const set: { work: () => void; ms: number }[] = [];
  const now = () => clock.now;
  const dueWork = new DueWork(store, now, {
    retentionSweep: new RetentionSweep(store, now, () => null),
  });
  const { log, lines } = recordingLog();
  const timer = new DueTimer(dueWork, log, (work, ms) => {
    const one = { work, ms };
    set.push(one);
    return () => void (set.includes(one) && set.splice(set.indexOf(one), 1));
  });
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
  const hold = async (key: string, deliverAt: number) => {
    const terms = { partial: false, unknown: [], expiresAt: null, deliverAt };
    await store.submit(sampleMessage(alice!.id, { key, to: ["bob"] }), terms);
    timer.look();
    await settled();
  };
  const arrived = async () => (await store.list(query(bob!.id))).total;
  return { clock, set, timer, hold, arrived, lines, dueWork };
}

/** Lets everything that was begun come to its end: nothing here waits for anything else. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** Lets the only timer that is set fire. */
async function fire({ set, clock }: Awaited<ReturnType<typeof scene>>): Promise<void> {
  assert.equal(set.length, 1);
  const [{ work, ms }] = set.splice(0, 1) as [typeof set[0]];
  clock.now += ms;
  work();
  await settled();
}

Deno.test("a start delivers what fell due while nothing ran", async () => {
  const it = await scene();
  await it.hold("k", 99_000);
  assert.deepEqual([it.set.length, await it.arrived()], [0, 0]);
  it.timer.start();
  await settled();
  assert.equal(await it.arrived(), 1);
  it.timer.stop();
});

Deno.test("one timer is set, for the next delivery, and for the one behind it after that", async () => {
  const it = await scene();
  it.timer.start();
  await settled();
  await it.hold("later", 104_000);
  await it.hold("sooner", 101_500);
  assert.deepEqual(it.set.map(({ ms }) => ms), [1_500]);
  await fire(it);
  assert.equal(await it.arrived(), 1);
  assert.deepEqual(it.set.map(({ ms }) => ms), [2_500]);
  await fire(it);
  assert.equal(await it.arrived(), 2);
  it.timer.stop();
  assert.deepEqual(it.set, []);
});

Deno.test("however far away a delivery is, and without any, it looks again in seconds", async () => {
  const it = await scene();
  it.timer.start();
  await settled();
  assert.ok(it.set[0]!.ms <= 5_000);
  await it.hold("far", 100_000 + 200 * 86_400_000);
  assert.ok(it.set[0]!.ms <= 5_000);
  await fire(it);
  assert.equal(it.set.length, 1);
  it.timer.stop();
});

/** A timer that has begun a look, which is answered when the test says so. */
async function looking() {
  const store = new MemoryStore("mail.test");
  const it = await scene(store);
  it.timer.start();
  await settled();
  const answered = Promise.withResolvers<number | null>();
  store.nextDelivery = () => answered.promise;
  it.timer.look();
  return { store, it, answered };
}

Deno.test("a look that is answered behind a later one puts nothing off", async () => {
  const { store, it, answered } = await looking();
  store.nextDelivery = MemoryStore.prototype.nextDelivery;
  await it.hold("k", 101_500);
  answered.resolve(null);
  await settled();
  assert.deepEqual(it.set.map(({ ms }) => ms), [1_500]);
  it.timer.stop();
});

Deno.test("a look that is answered counts, though a later one was begun, and may never be answered", async () => {
  const { store, it, answered } = await looking();
  store.nextDelivery = () => new Promise(() => {});
  it.timer.look();
  answered.resolve(101_500);
  await settled();
  assert.deepEqual(it.set.map(({ ms }) => ms), [1_500]);
  it.timer.stop();
});

class FailingStore extends MemoryStore {
  failure: Error | null;

  constructor(failure: Error) {
    super("mail.test");
    this.failure = failure;
  }

  override deliverDue(now: number): Promise<boolean> {
    return this.failure === null ? super.deliverDue(now) : Promise.reject(this.failure);
  }
}

const failures = {
  "a failure is logged, and tried again": [new Error("no room"), ["cannot carry out due work"]],
  "a store that is away, which tells itself, is tried again without a word": [
    new MailError("unavailable", "Cannot reach the database"),
    [],
  ],
} as const;

for (const [what, [failure, logged]] of Object.entries(failures)) {
  Deno.test(what, async () => {
    const store = new FailingStore(failure);
    const it = await scene(store);
    it.timer.start();
    await settled();
    await it.hold("k", 100_000);
    assert.deepEqual([...new Set(it.lines.map(({ event }) => event))], logged);
    store.failure = null;
    await fire(it);
    assert.equal(await it.arrived(), 1);
    it.timer.stop();
  });
}
