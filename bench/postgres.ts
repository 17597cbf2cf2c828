/**
 * What PostgreSQL costs: sends beside the same rows that a function inserts and checks nothing, a list and a long body
 * beside bare statements, and how soon a process hears of what another stored.
 */
import pg from "pg";
import { inTurns, report, timed } from "./report.ts";
import { createSenders, sender } from "./store_load.ts";
import { benchPostgresSends, benchSqliteSends } from "./store_sends.ts";
import { openStore } from "../src/store/open.ts";
import type { Store } from "../src/store/store.ts";
import { randomBytes } from "../src/model/bytes.ts";
import { accountId } from "../src/model/ids.ts";
import { limits } from "../src/model/limits.ts";
import { freshDatabase, withoutPostgres } from "../tests/support/postgres.ts";
import { fill } from "../tests/support/postgres_fill.ts";
import { createAccounts, query, readBody, sampleMessage } from "../tests/support/store_samples.ts";

/** How long wake-ups are looked at, beside so many sends of others. */
const wakeUpMs = 6_000;
const sendsASecond = 500;

const listRounds = 200;
const longBytes = 25 * 1024 * 1024;
const longRounds = 5;

/** Measures the store without the protocol in front of it; nothing where PostgreSQL is not installed. */
export async function benchPostgres(): Promise<void> {
  if (withoutPostgres) return;
  await benchPostgresSends();
  await benchSqliteSends();
  await benchWakeUps();
  await benchReads();
}

/** From the moment at which a message is stored by one process to when another, which watches its recipient, is told. */
async function benchWakeUps(): Promise<void> {
  await using database = await freshDatabase();
  const [here, there] = [
    await openStore(database.url, { domain: null }),
    await openStore(database.url, { domain: null }),
  ];
  try {
    const [alice, bob] = await createAccounts(here, ["alice", "bob"]);
    await createSenders(here);
    const others = await sender(here);
    const waits: number[] = [];
    const end = performance.now() + wakeUpMs;
    const load = atRate(sendsASecond, end, others);
    for (let n = 0; performance.now() < end; n++) {
      const told = Promise.withResolvers<void>();
      const stop = there.watch(bob!.id, told.resolve);
      await here.send(sampleMessage(alice!.id, { key: `wake ${n}`, to: ["bob"] }));
      waits.push(await timed(() => told.promise));
      stop();
    }
    const sent = await load;
    waits.sort((a, b) => a - b);
    const at = (part: number) => waits[Math.floor(waits.length * part)]!;
    report(
      `A wake-up in another process, at ${Math.round(sent * 1000 / wakeUpMs)} sends a second`,
      [
        { name: "half are sooner", value: at(0.5), unit: "ms", floor: null, floorName: "" },
        { name: "99 of 100 (target 50)", value: at(0.99), unit: "ms", floor: null, floorName: "" },
      ],
    );
  } finally {
    await Promise.all([here.close(), there.close()]);
  }
}

/** Does something so many times a second, however long each takes; resolves with how often. */
async function atRate(
  aSecond: number,
  end: number,
  act: () => Promise<unknown>,
): Promise<number> {
  const begun = performance.now();
  const acts: Promise<unknown>[] = [];
  for (let now = begun; now < end; now = performance.now()) {
    while (acts.length < (now - begun) * aSecond / 1000) acts.push(act());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(acts);
  return acts.length;
}

/** A list of 50 of 100,000, and 25 MiB, beside the least that a statement costs, and the same bytes in bare rows. */
async function benchReads(): Promise<void> {
  await using database = await freshDatabase();
  await (await openStore(database.url, { domain: null })).close(); // makes the tables
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await fill(client as never);
  const store = await openStore(database.url, { domain: null });
  try {
    const page = query(accountId(1), { limit: 50 });
    const [list, ask] = await inTurns(listRounds, [
      () => store.list(page),
      () => client.query({ name: "ask", text: "SELECT 1" }),
    ]);
    await client.query("CREATE TABLE bare (n int, at int, data bytea, PRIMARY KEY (n, at))");
    await client.query("ALTER TABLE bare ALTER data SET STORAGE EXTERNAL");
    const chunks = longBytes / limits.chunkBytes;
    let round = 0;
    const [write, bareWrite] = await inTurns(longRounds, [
      () => sendLong(store, ++round),
      () => insertBare(client, round, chunks),
    ]);
    const [own] = (await store.list(query(accountId(2), { box: "sent", limit: 1 }))).entries;
    const [read, bareRead] = await inTurns(longRounds, [
      () => readBody(store, accountId(2), own!.id),
      () => readBare(client, round, chunks),
    ]);
    const bare = "the same bytes in bare rows";
    report("A mailbox of 100,000, and 25 MiB, in PostgreSQL", [
      { name: "list 50", value: list!, unit: "ms", floor: ask!, floorName: "SELECT 1" },
      { name: "store 25 MiB", value: write!, unit: "ms", floor: bareWrite!, floorName: bare },
      { name: "read 25 MiB", value: read!, unit: "ms", floor: bareRead!, floorName: bare },
    ]);
  } finally {
    await store.close();
    await client.end();
  }
}

async function sendLong(store: Store, round: number): Promise<void> {
  const upload = await store.beginUpload(accountId(2));
  for (let at = 0; at < longBytes / limits.chunkBytes; at++) {
    await store.appendUpload(upload, at, longChunk());
  }
  const message = sampleMessage(accountId(2), { key: `long ${round}`, to: [] });
  await store.send({ ...message, body: { upload } });
}

/** Random bytes come 64 KiB at once. */
function longChunk(): Uint8Array {
  const chunk = new Uint8Array(limits.chunkBytes);
  for (let at = 0; at < chunk.length; at += 65_536) chunk.set(randomBytes(65_536), at);
  return chunk;
}

async function insertBare(client: pg.Client, n: number, chunks: number): Promise<void> {
  for (let at = 0; at < chunks; at++) {
    const text = "INSERT INTO bare VALUES ($1, $2, $3)";
    await client.query({ name: "bare", text, values: [n, at, longChunk()] });
  }
}

async function readBare(client: pg.Client, n: number, chunks: number): Promise<void> {
  for (let at = 0; at < chunks; at++) {
    const text = "SELECT data FROM bare WHERE n = $1 AND at = $2";
    await client.query({ name: "read", text, values: [n, at] });
  }
}
