/** PgBouncer between mailctl and PostgreSQL: whole sessions serve, shared ones are refused. */
import assert from "node:assert/strict";
import { backUpDatabase, openStore, restoreDatabase } from "../../src/store/open.ts";
import { areInstalled } from "../support/installed.ts";
import { until } from "../support/person.ts";
import { type Lent, Pooler } from "../support/pooler.ts";
import { cluster, type Database, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { through } from "../support/relay.ts";
import { createAccounts, sampleMessage } from "../support/store_samples.ts";

const ignore = withoutPostgres || !areInstalled("pgbouncer");

/** Lets work reach a database through PgBouncer, at another address. */
async function pooled(lent: Lent, work: (url: string, direct: Database) => Promise<void>) {
  await using database = await freshDatabase();
  await using pooler = await Pooler.start((await cluster()).port, lent);
  await work(through(database.url, pooler), database);
}

for (const lent of ["transaction", "statement"] as const) {
  Deno.test({
    name: `postgres: a pooler that lends a session for one ${lent} is refused`,
    ignore,
    fn: () =>
      pooled(lent, async (url, { url: direct }) => {
        const refused = { code: "configuration", message: /a pooler lends one session/ };
        await assert.rejects(openStore(url, { domain: null }), refused);
        await (await openStore(direct, { domain: null })).close();
        const path = await Deno.makeTempFile();
        await assert.rejects(backUpDatabase(url, path), refused);
        await Deno.remove(path);
      }),
  });
}

Deno.test({
  name:
    "postgres: through a pooler that lends whole sessions, mail is sent, told, backed up and restored",
  ignore,
  fn: () =>
    pooled("session", async (url) => {
      const one = await openStore(url, { domain: null });
      const other = await openStore(url, { domain: null });
      const [alice, bob] = await createAccounts(one, ["alice", "bob"]);
      let told = 0;
      const stop = other.watch(bob!.id, () => told++);
      const send = (key: number) =>
        one.send(sampleMessage(alice!.id, { key: `message ${key}`, to: ["bob"] }));
      const sent = await Promise.all(Array.from({ length: 40 }, (_, key) => send(key)));
      assert.equal(new Set(sent.map(({ id }) => id)).size, 40);
      await until(() => told > 0, "the other process is told");
      stop();
      await Promise.all([one.close(), other.close()]);
      const path = await Deno.makeTempFile();
      await backUpDatabase(url, path);
      const { messages } = await restoreDatabase(path, url, { force: true });
      assert.equal(messages, 80);
      await Deno.remove(path);
    }),
});
