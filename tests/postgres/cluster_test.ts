/** The clusters that other tests use: what was acknowledged outlives kill -9, here or on the standby. */
import pg from "pg";
import assert from "node:assert/strict";
import { Cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { Relay, through } from "../support/relay.ts";

const ignore = withoutPostgres;

async function ask(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {}); // a connection that is cut fails its query too
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows.flat();
  } finally {
    await client.end().catch(() => {});
  }
}

Deno.test({
  name: "postgres: every database is empty, its owner's, and durable",
  ignore,
  fn: async () => {
    for (let round = 0; round < 2; round++) {
      await using database = await freshDatabase();
      await ask(database.url, "CREATE TABLE kept (id int)");
      const asked = ["fsync", "full_page_writes", "synchronous_commit", "server_encoding"]
        .map((name) => `current_setting('${name}')`);
      assert.deepEqual(
        await ask(database.url, `SELECT ${asked}, usesuper FROM pg_user WHERE usename = user`),
        [
          "on",
          "on",
          "on",
          "UTF8",
          false,
        ],
      );
    }
  },
});

Deno.test({
  name: "postgres: a killed cluster starts again with what it acknowledged",
  ignore,
  fn: async () => {
    await using cluster = await Cluster.start();
    await using database = await cluster.freshDatabase();
    await ask(database.url, "CREATE TABLE kept AS SELECT 1 AS id");
    await cluster.kill9();
    await assert.rejects(ask(database.url, "SELECT 1"), { code: "ECONNREFUSED" });
    await cluster.restart();
    await cluster.restart();
    assert.deepEqual(await ask(database.url, "SELECT id FROM kept"), [1]);
  },
});

Deno.test({
  name: "postgres: a promoted standby has what a killed primary acknowledged",
  ignore,
  fn: async () => {
    await using primary = await Cluster.start();
    await using database = await primary.freshDatabase();
    await using standby = await primary.standby();
    await ask(database.url, "CREATE TABLE kept AS SELECT 1 AS id");
    await primary.kill9();
    const there = standby.url(database.url.split("/").at(-1)!);
    await assert.rejects(ask(there, "INSERT INTO kept VALUES (2)"), { code: "25006" });
    await standby.promote();
    assert.deepEqual(await ask(there, "INSERT INTO kept VALUES (2) RETURNING id"), [2]);
    assert.deepEqual(await ask(there, "SELECT id FROM kept"), [1, 2]);
  },
});

for (const [from, text, kept] of [["server", "COMMIT\0", [1]], ["client", "COMMIT", []]] as const) {
  Deno.test({
    name: `postgres: a COMMIT whose connection is cut at the ${from} has ${kept.length} rows`,
    ignore,
    fn: async () => {
      await using database = await freshDatabase();
      await using relay = new Relay(Number(new URL(database.url).port));
      const url = through(database.url, relay);
      await ask(url, "CREATE TABLE kept (id int)");
      const cut = relay.cutAt(text, from);
      const commit = ask(url, "BEGIN; INSERT INTO kept VALUES (1); COMMIT");
      await assert.rejects(commit, /Connection terminated|ECONNRESET/);
      await cut;
      assert.deepEqual(await ask(database.url, "SELECT id FROM kept"), kept);
    },
  });
}
