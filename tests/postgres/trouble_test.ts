/** A database that is lost, read-only, full or silent: told once, answered soon, and gone on with when it is over. */
import assert from "node:assert/strict";
import type { AccountId } from "../../src/model/ids.ts";
import { parseAddress } from "../../src/store/postgres/address.ts";
import { Database } from "../../src/store/postgres/database.ts";
import { Availability } from "../../src/store/postgres/process/availability.ts";
import { LateCalls } from "../../src/store/postgres/process/late_calls.ts";
import { Primary } from "../../src/store/postgres/primary.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { testAtOnce } from "../support/at_once.ts";
import { deadline, until } from "../support/person.ts";
import { Cluster, cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { Relay, through } from "../support/relay.ts";
import { startServer, type TlsServer } from "../support/server.ts";
import { createAccounts, query, sampleMessage } from "../support/store_samples.ts";

/** Far less than a call is tried, or waits for its answer. */
const soonMs = 6_000;

/** The lines about the database, without their time. */
function told({ lines }: TlsServer): unknown[] {
  return lines.flatMap(({ time: _, ...line }) =>
    String(line["event"]).startsWith("database") ? [line] : []
  );
}

async function metrics({ ready }: TlsServer): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${ready.metricsPort}/metrics`)).text();
}

async function health({ ready }: TlsServer): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ready.metricsPort}/health`);
  await response.body?.cancel();
  return response.status;
}

Deno.test({
  name: "postgres: a lost database is one line in the log, and one when it is back",
  ignore: withoutPostgres,
  fn: async () => {
    await using own = await Cluster.start();
    await using database = await own.freshDatabase();
    const store = await openStore(database.url, { domain: "mail.test" });
    await using server = await startServer({ store, metrics: { host: "127.0.0.1", port: 0 } });
    assert.match(await metrics(server), /\nmailctl_store_up 1\n/);
    await own.kill9();
    await until(() => told(server).length > 0, "that it is lost");
    const { name } = database;
    const place = `${name} at 127.0.0.1:${own.port}`;
    const [{ reason, ...lost }] = told(server) as [Record<string, unknown>];
    assert.deepEqual(lost, { level: "warning", event: "database lost", database: place });
    assert.match(String(reason), /^(the connection|it does not answer)/);
    assert.match(await metrics(server), /\nmailctl_store_up 0\n/);
    const calls = store.wasAccount("nobody" as never); // tried again and again meanwhile
    await own.restart();
    assert.equal(await calls, false);
    await until(() => told(server).length > 1, "that it is back");
    const [, { seconds, ...back }] = told(server) as [unknown, Record<string, unknown>];
    assert.deepEqual(back, { level: "info", event: "database back" });
    assert.ok(Number(seconds) > 0, String(seconds));
    assert.match(await metrics(server), /\nmailctl_store_up 1\n/);
    assert.deepEqual(server.lines.filter(({ level }) => level === "error"), []);
    assert.equal(told(server).length, 2);
  },
});

/** What an administrator, or a disk, may do to a database -> how calls that change something fail, and the log's line. */
const refusals = {
  "read-only": {
    begin: (name: string) =>
      `ALTER DATABASE ${name} SET default_transaction_read_only = on;
       SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    end: (name: string) => `BEGIN READ WRITE; ALTER DATABASE ${name} RESET ALL; COMMIT`,
    refused: {
      code: "unavailable",
      message: "Cannot write to the database: it is read-only",
    },
    reason: "default_transaction_read_only is on",
    health: 503,
    isBackAtOnce: true,
  },
  full: {
    begin: () =>
      `SET ROLE mailctl;
       CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION refuse()`,
    end: () => "DROP FUNCTION refuse CASCADE",
    refused: { code: "storage_full", message: "Cannot store: the storage is full" },
    reason: "no space is left on its disk",
    health: 200, // a row of health has room yet
    isBackAtOnce: false,
  },
} as const;

for (const [what, { begin, end, refused, reason, ...seen }] of Object.entries(refusals)) {
  Deno.test({
    name: `postgres: a database that is ${what} is read, and refuses the rest soon`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await freshDatabase();
      const own = await cluster();
      const store = await openStore(database.url, { domain: "mail.test" });
      await using server = await startServer({ store, metrics: { host: "127.0.0.1", port: 0 } });
      const [alice] = await createAccounts(store, ["alice"]);
      const message = (key: string) => sampleMessage(alice!.id, { key, to: ["alice"] });
      await store.send(message("before"));
      const { name } = database;
      await own.ask(begin(name), name);
      const refusing = assert.rejects(store.send(message("after")), refused);
      await deadline(refusing, soonMs, "it is tried on");
      const place = `${name} at 127.0.0.1:${own.port}`;
      const line = { level: "warning", event: `database ${what}`, database: place, reason };
      assert.deepEqual(told(server), [line]);
      const [warning] = await store.warnings();
      assert.equal(warning, `The database ${place} is ${what}: ${reason}`);
      assert.equal(await health(server), seen.health);
      assert.equal((await store.list(query(alice!.id))).entries.length, 1);
      const shown = (await store.shownKey())!;
      assert.equal(await store.nextKey({ shown, ready: null }), null);
      await assert.rejects(store.send(message("after")), refused);
      assert.equal(told(server).length, 1);
      const atOnce = Array.from({ length: 8 }, (_, at) => String(at)); // a connection each
      await Promise.all(atOnce.map(() => store.list(query(alice!.id))));
      await own.ask(end(name), name);
      const isSent = () => store.send(message("at last")).then(() => true, () => false);
      await until(isSent, "that it takes writes");
      await Promise.all(atOnce.map((key) => store.send(message(key))));
      const since = told(server).slice(1).map((line) => (line as { event: string }).event);
      assert.deepEqual(since, seen.isBackAtOnce ? ["database back"] : []);
    },
  });
}

/** What somebody does in a transaction that goes on -> what calls for it wait for, as the log names it. */
const locks: Readonly<Record<string, readonly [sql: string, tables: RegExp]>> = {
  "a table that is locked": ["LOCK TABLE mailbox IN ACCESS EXCLUSIVE MODE", /mailbox/],
  "an index that is made": ["LOCK TABLE message IN SHARE MODE", /message/],
  "a mailbox that is locked": ["SELECT FROM mailbox FOR UPDATE", /mailbox/],
};

/** A server whose calls begin to wait for somebody's transaction, in which `sql` was done. */
async function onBlocked(
  sql: (alice: AccountId) => string,
  act: (scene: {
    readonly server: TlsServer;
    readonly store: Store;
    readonly bob: AccountId;
    /** Ends the transaction, and waits for the call that waited. */
    readonly letGo: () => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  await using database = await freshDatabase();
  const store = await openStore(database.url, { domain: "mail.test" });
  await using server = await startServer({ store, metrics: { host: "127.0.0.1", port: 0 } });
  const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
  await using holder = await (await cluster()).session(database.name);
  await holder.ask(`SET application_name = 'psql'; BEGIN; ${sql(alice!.id)}`);
  const waiting = store.send(sampleMessage(alice!.id, { key: "late", to: ["alice"] }));
  await until(() => told(server).length > 0, "that calls wait");
  const letGo = async () => {
    await holder.ask("COMMIT");
    await waiting;
  };
  await act({ server, store, bob: bob!.id, letGo });
}

/** They are told after seconds, of which nothing is to be done. */
const blocked = new Map(
  Object.entries(locks).map(([what, [sql, tables]]) => [
    `postgres: calls that wait for ${what} are told once, with who keeps them, and their end`,
    () =>
      onBlocked(() => sql, async ({ server, store, letGo }) => {
        const [line] = told(server) as [{ event: string; reason: string }];
        assert.equal(line.event, "database blocked");
        assert.match(line.reason, /^psql of the user postgres \(process \d+\) holds a lock on /);
        assert.match(line.reason, tables);
        assert.match((await store.warnings()).join(), /is blocked: psql/);
        assert.match(await metrics(server), /\nmailctl_store_up 0\n/);
        assert.equal(await health(server), 503);
        await letGo();
        await until(() => told(server).length > 1, "that they go on");
        assert.match(await metrics(server), /\nmailctl_store_up 1\n/);
        assert.equal(await health(server), 200);
        const events = told(server).map((line) => (line as { event: string }).event);
        assert.deepEqual(events, ["database blocked", "database back"]);
      }),
  ]),
);

const oneMailbox = (id: AccountId) => `SELECT FROM mailbox WHERE account_id = ${id} FOR UPDATE`;

blocked.set(
  "postgres: /health is 200 while one mailbox is locked and mail for others goes on",
  () =>
    onBlocked(oneMailbox, async ({ server, store, bob, letGo }) => {
      assert.equal(await health(server), 503); // nothing shows yet that others do not wait
      await store.send(sampleMessage(bob, { key: "other", to: ["bob"] }));
      assert.equal(await health(server), 200);
      assert.match(await metrics(server), /\nmailctl_store_up 0\n/);
      await letGo();
    }),
);

testAtOnce(blocked, { ignore: withoutPostgres });

Deno.test("postgres: the end of a lock for which nobody waits any more is told", async () => {
  let holders: object[] = [{ program: "", user: "x", pid: 1, tables: null }];
  let looks = 0;
  const look = () => {
    looks++;
    return Promise.resolve(holders as never);
  };
  const seen = new Availability(parseAddress("postgres://a/mail"));
  const told: (string | null)[] = [];
  seen.watch((trouble) => told.push(trouble && trouble.reason));
  const calls = new LateCalls(seen, look, { lookMs: 1, calmMs: 5 });
  calls.noteLate(0);
  await until(() => looks > 10, "it goes on being looked at");
  assert.deepEqual(told, ["a program of the user x (process 1) holds a lock"]);
  holders = [];
  await until(() => told.length === 2, "its end is told");
  assert.equal(told[1], null);
});

Deno.test({
  name: "postgres: when the network dies without a word, all connections are made again",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await using relay = new Relay(Number(new URL(database.url).port));
    const primary = new Primary(parseAddress(through(database.url, relay)));
    const listening = { tryMs: 100, triedMs: 100 };
    const shared = new Database(primary, listening);
    await shared.hints.start();
    const ask = () => shared.ask((to) => to.one<{ n: number }>("SELECT 1 AS n FROM pg_sleep(0.1)"));
    const askAll = () => Promise.all(Array.from({ length: 8 }, ask));
    await askAll();
    relay.freeze();
    await deadline(askAll(), soonMs, "calls wait on connections that are dead");
    relay.freeze();
    await deadline(shared.close(), soonMs, "it does not close");
  },
});
