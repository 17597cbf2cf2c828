/** A database that is lost, read-only, full or silent: told once, answered soon, and gone on with when it is over. */
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { until } from "../support/person.ts";
import { Cluster, withoutPostgres } from "../support/postgres.ts";
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
