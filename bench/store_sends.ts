/** Sends on a store by one process and by two, beside what the same rows cost, as rates and as processor time. */
import { randomBytes } from "../src/model/bytes.ts";
import { openStore } from "../src/store/open.ts";
import { cluster, freshDatabase } from "../tests/support/postgres.ts";
import { cpuSeconds } from "./process.ts";
import { rate, ratesInTurns } from "./rate.ts";
import { RawGroup } from "./raw_group.ts";
import { RawStore } from "./raw_store.ts";
import { report } from "./report.ts";
import { createFloor, createSenders, sender, sizes } from "./store_load.ts";
import { type Load, StoreProcess } from "./store_process.ts";

const callers = [1, 32, 256];
const rounds = 3;
const roundMs = 2_000;
const floorName = "the same rows by one function";

/** What one kind of load took in all its rounds. */
interface Cost {
  sends: number;
  /** Of the processes that send, and of PostgreSQL. */
  ours: number;
  database: number;
}

/** In PostgreSQL, by one process and by two. */
export async function benchPostgresSends(): Promise<void> {
  await using database = await freshDatabase();
  const store = await openStore(database.url, { domain: null });
  await createSenders(store);
  await store.close();
  await createFloor(database.url);
  const processes = [new StoreProcess(database.url), new StoreProcess(database.url)];
  try {
    for (const count of [1, 2]) await benchProcesses(processes.slice(0, count));
  } finally {
    for (const one of processes) one.close();
  }
}

async function benchProcesses(processes: readonly StoreProcess[]): Promise<void> {
  const loads = callers.flatMap((callers) =>
    (["send", "insert"] as const).map((work): Load => ({ work, callers, milliseconds: roundMs }))
  );
  const costs = loads.map((): Cost => ({ sends: 0, ours: 0, database: 0 }));
  for (const work of ["send", "insert"] as const) { // connects
    await Promise.all(
      processes.map((one) => one.rate({ work, callers: 32, milliseconds: roundMs / 10 })),
    );
  }
  const measures = loads.map((load, at) => () => measured(processes, load, costs[at]!));
  const rates = await ratesInTurns(rounds, measures);
  const who = processes.length === 1 ? "callers" : "callers each";
  report(
    `Sends in PostgreSQL by ${
      processes.length === 1 ? "one process" : "two processes"
    } (a second, and processor time)`,
    callers.flatMap((count, at) => {
      const [own, floor] = [costs[2 * at]!, costs[2 * at + 1]!];
      const target = processes.length === 1 && count === 32 ? " (target 0.60 x)" : "";
      const figure = { name: `${count} ${who}${target}`, value: rates[2 * at]!, unit: "/s" };
      return [
        { ...figure, floor: rates[2 * at + 1]!, floorName },
        costFigure("  of mailctl a send", own, floor, "ours"),
        costFigure("  of PostgreSQL a send", own, floor, "database"),
      ];
    }),
  );
}

function costFigure(name: string, own: Cost, floor: Cost, whose: "ours" | "database") {
  const microseconds = (cost: Cost) => cost[whose] * 1e6 / cost.sends;
  return { name, value: microseconds(own), unit: "us", floor: microseconds(floor), floorName };
}

/** Lets processes work all at once, adds up what it takes, and resolves with the rate of all of them. */
async function measured(
  processes: readonly StoreProcess[],
  load: Load,
  cost: Cost,
): Promise<number> {
  const others = await (await cluster()).ask<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'`, // which may end
  );
  const [ours, database] = [secondsOf(processes), secondsOf(others)];
  const rates = await Promise.all(processes.map((one) => one.rate(load)));
  cost.ours += secondsOf(processes) - ours;
  cost.database += secondsOf(others) - database;
  const all = rates.reduce((sum, each) => sum + each, 0);
  cost.sends += all * load.milliseconds / 1000;
  return all;
}

function secondsOf(processes: readonly { readonly pid: number }[]): number {
  return processes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
}

/** In SQLite, which one process has for itself, beside raw rows in one. */
export async function benchSqliteSends(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bench-" });
  const store = await openStore(`${folder}/store`, { domain: null });
  const single = new RawStore(`${folder}/single.db`);
  const group = await RawGroup.open(`${folder}/grouped.db`);
  try {
    await createSenders(store);
    const send = await sender(store);
    const rates = await ratesInTurns(
      rounds,
      callers.flatMap((count) => [
        () => rate(count, roundMs, send),
        () => rate(count, roundMs, () => count === 1 ? single.commit([raw()]) : group.write(raw())),
      ]),
    );
    report(
      "Sends in SQLite (a second)",
      callers.map((count, at) => ({
        name: `${count} callers`,
        value: rates[2 * at]!,
        unit: "/s",
        floor: rates[2 * at + 1]!,
        floorName: `raw rows, ${count === 1 ? "a commit each" : "group commit in a Worker"}`,
      })),
    );
  } finally {
    group.close();
    single.close();
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The bytes of one send. */
function raw() {
  const [body, ...envelopes] = sizes.map(randomBytes) as [Uint8Array, ...Uint8Array[]];
  return { body, envelopes, idempotencyKey: randomBytes(32), contentTag: randomBytes(32) };
}
