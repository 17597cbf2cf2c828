/** What a primary has, and its standby has not, is told to nobody: it goes with the primary. */
import assert from "node:assert/strict";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { openStore } from "../../src/store/open.ts";
import { until } from "../support/person.ts";
import { Cluster, withoutPostgres } from "../support/postgres.ts";
import { bytes, createAccounts, sampleMessage } from "../support/store_samples.ts";

const noDomain = { domain: null };

Deno.test({
  name: "postgres: what a primary restarts with is found only once its standby has it, too",
  ignore: withoutPostgres,
  fn: async () => {
    await using primary = await Cluster.start();
    await using standby = await primary.standby();
    await using database = await primary.freshDatabase(); // emptied while the standby is there
    const waits = async () => {
      const sql = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
      return (await primary.ask(sql)).length > 0;
    };
    const store = await openStore(database.url, noDomain);
    const [alice] = await createAccounts(store, ["alice"]);
    await standby.kill9();
    const sent = store.send(sampleMessage(alice!.id, { key: "k", to: ["alice"] }));
    sent.catch(() => {}); // it is awaited below
    await until(waits, "that the message waits for the standby");
    await primary.kill9();
    await primary.restart();
    let isFound = false;
    const found = store.findSend(alice!.id, asIdempotencyKey(bytes("k")));
    found.then(() => isFound = true, () => {});
    await until(waits, "that its connection waits for the standby");
    assert.equal(isFound, false);
    await standby.restart();
    assert.equal(await found, (await sent).id);
    await store.close();
  },
});
