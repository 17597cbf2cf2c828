/** What may take so long and no longer: who is late, who is not, and what waiting costs. */
import assert from "node:assert/strict";
import { inTime } from "../../../src/net/deadline.ts";

const never = new Promise<never>(() => {});
const isLate = { name: "TimedOut" };

/** Counts the alarms that are set meanwhile. */
async function countingAlarms(work: () => Promise<void>): Promise<number> {
  const { timeout } = AbortSignal;
  let count = 0;
  AbortSignal.timeout = (milliseconds) => {
    count++;
    return timeout(milliseconds);
  };
  try {
    await work();
  } finally {
    AbortSignal.timeout = timeout;
  }
  return count;
}

Deno.test("a deadline: work is late after its own time, also behind work that began before", async () => {
  const ended: string[] = [];
  const begun = performance.now();
  const waits = ["first", "second"].map(async (name, index) => {
    await new Promise((resolve) => setTimeout(resolve, index * 60));
    const from = performance.now();
    await assert.rejects(inTime(never, 120, () => ended.push(name)), isLate);
    assert.ok(performance.now() - from >= 119, name);
  });
  const quick = inTime(Promise.resolve("done"), 120, () => ended.push("quick"));
  assert.equal(await quick, "done");
  await Promise.all(waits);
  assert.ok(performance.now() - begun >= 179);
  assert.deepEqual(ended, ["first", "second"]);
});

Deno.test("a deadline: a shorter wait ends before a longer one that began earlier", async () => {
  const ended: number[] = [];
  const waits = [90, 30].map((ms) =>
    assert.rejects(inTime(never, ms, () => ended.push(ms)), isLate)
  );
  await Promise.all(waits);
  assert.deepEqual(ended, [30, 90]);
});

Deno.test("a deadline: a thousand waits that are not late leave one alarm in the runtime", async () => {
  const alarms = await countingAlarms(async () => {
    for (let each = 0; each < 1_000; each++) await inTime(Promise.resolve(), 3_600_000);
    const together = Array.from({ length: 100 }, () => inTime(Promise.resolve(), 3_600_000));
    await Promise.all(together);
  });
  assert.equal(alarms, 1);
});

Deno.test("a deadline: what fails in time fails as it does without one", async () => {
  const failure = new Error("broken");
  await assert.rejects(inTime(Promise.reject(failure), 3_600_000), failure);
});

Deno.test("a deadline: what is done in time does not keep the process", async () => {
  const module = new URL("../../../src/net/deadline.ts", import.meta.url);
  const code = `import { inTime } from "${module}"; await inTime(Promise.resolve(), 3_600_000);`;
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", "--no-lock", code] });
  const { code: status } = await inTime(command.output(), 120_000);
  assert.equal(status, 0);
});
