/** A database that is lost, read-only, full or silent: told once, answered soon, and gone on with when it is over. */
import assert from "node:assert/strict";
import { parseAddress } from "../../src/store/postgres/address.ts";
import { Database } from "../../src/store/postgres/database.ts";
import { Primary } from "../../src/store/postgres/primary.ts";
import { openStore } from "../../src/store/open.ts";
import { deadline, until } from "../support/person.ts";
import { Cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { Relay } from "../support/relay.ts";
import { startServer, type TlsServer } from "../support/server.ts";

/** The lines about the database, without their time. */
function told({ lines }: TlsServer): unknown[] {
  return lines.flatMap(({ time: _, ...line }) =>
    String(line["event"]).startsWith("database") ? [line] : []
  );
}

async function metrics({ ready }: TlsServer): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${ready.metricsPort}/metrics`)).text();
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
    const name = new URL(database.url).pathname.slice(1);
    const reason = "the connection was refused";
    const place = `${name} at 127.0.0.1:${own.port}`;
    const lost = { level: "warning", event: "database lost", database: place, reason };
    assert.deepEqual(told(server), [lost]);
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

/** Far less than a call waits for its answer. */
const soonMs = 6_000;

Deno.test({
  name: "postgres: when the network dies without a word, all connections are made again",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const address = new URL(database.url);
    await using relay = new Relay(Number(address.port));
    address.port = String(relay.port);
    const primary = new Primary(parseAddress(address.href));
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
