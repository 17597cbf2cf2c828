/** What a primary has, and its standby has not, is told to nobody: it goes with the primary. */
import assert from "node:assert/strict";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { asAccountName } from "../../src/model/address.ts";
import { openStore } from "../../src/store/open.ts";
import { parseAddress } from "../../src/store/postgres/address.ts";
import { Primary } from "../../src/store/postgres/primary.ts";
import { until } from "../support/person.ts";
import { Cluster, cluster, withoutPostgres } from "../support/postgres.ts";
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

Deno.test({
  name:
    "postgres: of two hosts that take writes the one that was promoted is used, and the other named",
  ignore: withoutPostgres,
  fn: async () => {
    await using primary = await Cluster.start();
    await using standby = await primary.standby();
    await using database = await primary.freshDatabase();
    const { name } = database;
    const [old, next] = [primary, standby].map(({ port }) => `127.0.0.1:${port}`);
    const url = `postgres://mailctl@${old},${next}/${name}`;
    const before = await openStore(url, noDomain);
    await createAccounts(before, ["alice"]);
    assert.doesNotMatch((await before.warnings()).join(), /promoted/);
    await standby.ask("SELECT pg_promote()");
    await primary.ask("ALTER SYSTEM SET synchronous_standby_names = ''"); // nobody stops it, nor its commits
    await primary.ask("SELECT pg_reload_conf()");
    const warning = `Stop ${old}: it takes writes, although another host was promoted`;
    const isTold = async () => (await before.warnings()).includes(warning);
    await until(isTold, "that both take writes");
    await createAccounts(before, ["bob"]);
    const after = await openStore(url, noDomain);
    assert.ok((await after.warnings()).includes(warning));
    assert.notEqual(await after.describeAccount(asAccountName("bob")), null);
    await primary.kill9();
    await until(async () => !await isTold(), "that it was stopped");
    await Promise.all([before.close(), after.close()]);
  },
});

Deno.test({
  name:
    "postgres: a connection that is being made to a primary while another is promoted is not used",
  ignore: withoutPostgres,
  fn: async () => {
    await using old = await Cluster.start();
    await using standby = await old.standby();
    const hosts = [old, standby].map(({ port }) => `127.0.0.1:${port}`);
    const primary = new Primary(parseAddress(`postgres://mailctl@${hosts}/postgres`));
    await (await primary.connect()).end();
    await standby.promote();
    const connecting = primary.connect();
    const waits = async () =>
      (await old.ask("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).length > 0;
    await until(waits, "that the connection waits for the standby");
    await primary.lookAround();
    await old.ask("ALTER SYSTEM SET synchronous_standby_names = ''");
    await old.ask("SELECT pg_reload_conf()");
    const client = await connecting;
    const { rows } = await client.query("SELECT inet_server_port() AS port");
    await client.end();
    assert.equal(rows[0]!["port"], standby.port);
  },
});

Deno.test({
  name:
    "postgres: of several that connect at once each tries all hosts, and none says that they are lost",
  ignore: withoutPostgres,
  fn: async () => {
    const { port } = await cluster();
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const hosts = `127.0.0.1:${silent.addr.port},127.0.0.1:${port}`;
    const address = parseAddress(`postgres://mailctl@${hosts}/postgres`);
    const primary = new Primary(address);
    const connect = async () => await (await primary.connect()).end();
    const late = connect();
    using held = await silent.accept();
    const quick = connect();
    (await silent.accept()).close();
    await quick;
    held.close();
    await late;
    assert.equal(primary.failovers, 1);

    const alone = { ...address, hosts: [...address.hosts].slice(0, 1) };
    const moved = new Primary(alone);
    const failing = moved.connect();
    const last = await silent.accept();
    alone.hosts[0] = address.hosts[1]!; // as a name that leads elsewhere
    await (await moved.connect()).end();
    last.close();
    await assert.rejects(failing);
    assert.equal(moved.availability.trouble, null);
  },
});

/** Whether the name of a cluster may be read, and other hosts of the address -> whether a new one is used. */
const replaced: readonly (readonly [hasSystem: boolean, others: string, isUsed: boolean])[] = [
  [false, "", true],
  [true, ",127.0.0.1:1", true],
  [false, ",127.0.0.1:1", false],
];

Deno.test({
  name: "postgres: a cluster that takes the place of another is used, unless it may be an old one",
  ignore: withoutPostgres,
  fn: async () => {
    await using primary = await Cluster.start();
    await using promoted = await primary.standby();
    await promoted.promote();
    await using fresh = await Cluster.start();
    for (const [hasSystem, others, isUsed] of replaced) {
      const change = hasSystem ? "GRANT EXECUTE" : "REVOKE EXECUTE";
      const right = `${change} ON FUNCTION pg_control_system() ${hasSystem ? "TO" : "FROM"} PUBLIC`;
      for (const one of [promoted, fresh]) await one.ask(right);
      const of = ({ port }: Cluster) =>
        parseAddress(`postgres://mailctl@127.0.0.1:${port}${others}/postgres`);
      const address = { ...of(promoted), hosts: [...of(promoted).hosts] };
      const seen = new Primary(address);
      await (await seen.connect()).end();
      address.hosts[0] = of(fresh).hosts[0]!; // as a name or a proxy that leads elsewhere
      const used = seen.connect().then(
        async (client) => await client.end().then(() => true),
        () => false,
      );
      assert.equal(await used, isUsed, others);
    }
  },
});
