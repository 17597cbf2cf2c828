/** What processes of one database agree on, and what is left of one that is gone. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { asServerFingerprint } from "../../src/model/digests.ts";
import { type AccountId, accountId } from "../../src/model/ids.ts";
import { letOthersIn } from "../../src/model/promises.ts";
import { keepSetting, retentionOf } from "../../src/model/retention.ts";
import { RetentionSweep } from "../../src/service/retention_sweep.ts";
import type { Account } from "../../src/store/account_store.ts";
import { openStore } from "../../src/store/open.ts";
import type { Access } from "../../src/store/postgres/access.ts";
import { parseAddress } from "../../src/store/postgres/address.ts";
import { SqlConnection } from "../../src/store/postgres/connection.ts";
import { Database } from "../../src/store/postgres/database.ts";
import { Primary } from "../../src/store/postgres/primary.ts";
import { Instance } from "../../src/store/postgres/process/instance.ts";
import { isTakenOver } from "../../src/store/postgres/process/jobs.ts";
import { dropUploads } from "../../src/store/postgres/process/uploads.ts";
import { nobody, type Store } from "../../src/store/store.ts";
import { until } from "../support/person.ts";
import { cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { createAccounts, query, sampleMessage } from "../support/store_samples.ts";

const [oldKey, newKey, foreignKey] = [1, 2, 3].map((byte) =>
  asServerFingerprint(new Uint8Array(32).fill(byte))
) as [Key, Key, Key];
type Key = ReturnType<typeof asServerFingerprint>;

/** Two processes of one database, and a superuser. */
interface Scene {
  readonly one: Store;
  readonly other: Store;
  readonly url: string;
  readonly ask: <Row>(sql: string) => Promise<Row[]>;
}

/** What holds -> how it is tried. */
const cases: Record<string, (scene: Scene) => Promise<void>> = {
  "one key is that of all; another is refused": async ({ one, other }) => {
    await one.claimKey(oldKey, []);
    await other.claimKey(oldKey, []);
    await assert.rejects(other.claimKey(foreignKey, []), {
      code: "configuration",
      message: /another key/,
    });
  },
  "a key follows another once no process shows that": async ({ one, other, ask }) => {
    await one.claimKey(oldKey, []);
    await assert.rejects(other.claimKey(newKey, [oldKey]), {
      code: "configuration",
      message: /old one: 1/,
    });
    await ask("UPDATE instance SET seen_at = now() - interval '61 seconds'");
    await other.claimKey(newKey, [oldKey]);
    await assert.rejects(one.claimKey(oldKey, []), { code: "configuration" });
  },
  "a process that ends in good order does not keep the old key": async ({ one, other }) => {
    await one.claimKey(oldKey, []);
    assert.deepEqual([await one.otherServers(), await other.otherServers()], [0, 1]);
    await one.close();
    assert.equal(await other.otherServers(), 0);
    await other.claimKey(newKey, [oldKey]);
  },
  "a job is one process's until it has not gone on for a minute": async ({ one, other, ask }) => {
    assert.equal(await one.takeJob("retention", {}), "");
    assert.equal(await one.keepJob("retention", "a"), true);
    assert.equal(await other.takeJob("retention", {}), null);
    assert.equal(await other.keepJob("retention", "b"), false);
    await ask("UPDATE job SET lease_until = now() - interval '1 second'");
    assert.equal(await other.takeJob("retention", {}), "a");
    assert.equal(await one.keepJob("retention", "c"), false);
    assert.equal(await one.takeJob("retention", {}), null);
  },
  "settings that differ are told by their names, and once they are the same": async (
    { one, other },
  ) => {
    const told: [string, boolean][] = [];
    one.watchWarnings((...warning) => void told.push(warning));
    const host = Deno.hostname();
    let quota = "none";
    await other.noteSettings(() => ({ keep: "none", quota: "1 bytes" }));
    await one.noteSettings(() => ({ keep: "none", quota }));
    const warning =
      `The servers of the database differ in quota: 1 bytes on ${host}; none on ${host}`;
    assert.deepEqual(told, [[warning, false]]);
    assert.ok((await other.warnings()).includes(warning));
    await one.noteSettings(() => ({ keep: "none", quota }));
    assert.equal(told.length, 1);
    quota = "1 bytes";
    await until(() => told.length > 1, "it is told by itself");
    assert.deepEqual(told[1], [warning, true]);
    assert.ok(!(await other.warnings()).includes(warning));
  },
  "no mail is announced or goes for its age while servers differ in how long it is kept": async (
    { one, other, ask },
  ) => {
    const [alice] = await createAccounts(one, ["alice"]) as [Account];
    const keepMs = 3_600_000;
    const old = { key: "old", to: ["alice"], storedAt: one.now() - 2 * keepMs };
    await one.send(sampleMessage(alice.id, old));
    const sweep = async (store: Store) => {
      const job = new RetentionSweep(store, () => store.now(), () => keepMs);
      while (await job.step());
      return (await store.list(query(alice.id))).total; // with the notice
    };
    const note = (store: Store, keptMs: number | null) =>
      store.noteSettings(() => keepSetting(keptMs));
    await note(one, keepMs);
    await note(other, null);
    assert.equal(await sweep(one), 1);
    await note(other, 2 * keepMs);
    assert.equal(await sweep(one), 1);
    assert.match((await one.warnings()).join(), /differ in keep: 3600 s on .*; 7200 s on /);
    await ask("UPDATE instance SET seen_at = now() - interval '61 seconds'"); // of a killed one
    await note(one, keepMs);
    assert.equal(await sweep(one), 2);
    await note(other, keepMs);
    assert.equal(await sweep(other), 2);
  },
  "a process that stood still does nothing of a job that another took over": async (
    { one, other, ask },
  ) => {
    const retention = retentionOf(3_600_000);
    const [alice] = await createAccounts(one, ["alice"]) as [Account];
    await one.send(sampleMessage(alice.id, { key: "old", to: [], storedAt: 0 }));
    const retain = (store: Store) => store.retain(retention, 3_600_000, 0);
    const announcements = async () => (await one.list(query(alice.id))).total;
    await one.takeJob("retention", {});
    await ask("UPDATE job SET lease_until = now() - interval '1 second'");
    await other.takeJob("retention", {});
    assert.deepEqual([await retain(one), await announcements()], [0, 0]);
    assert.deepEqual([await retain(other), await announcements()], [alice.id, 1]);
  },
  "nobody takes a job over while a step of it is carried out": async ({ one, other, url, ask }) => {
    await one.takeJob("retention", {});
    await ask("UPDATE job SET lease_until = now() - interval '1 second'");
    const client = await new Primary(parseAddress(url)).connect();
    try {
      await client.query("BEGIN");
      const connection = new SqlConnection(client, nobody, "calling");
      assert.equal(await isTakenOver(connection, "retention"), false);
      let isTaken = false;
      const taking = other.takeJob("retention", {}).finally(() => isTaken = true);
      const waiting = `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await until(async () => (await ask(waiting)).length > 0, "waiting for the job");
      assert.equal(isTaken, false);
      await client.query("COMMIT");
      assert.equal(await taking, "");
    } finally {
      await client.end();
    }
  },
  "a job of a process that ends is the next one's at once": async ({ one, other }) => {
    await one.takeJob("retention", {});
    await one.keepJob("retention", "a");
    await one.close();
    assert.equal(await other.takeJob("retention", {}), "a");
  },
  "all go by the database's clock": async ({ one, other, ask }) => {
    const [{ now }] = await ask<{ now: string }>(
      "SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now",
    ) as [{ now: string }];
    for (const store of [one, other]) {
      assert.ok(Math.abs(store.now() - Number(now)) < 1_000, `${store.now()} ${now}`);
    }
  },
  "a clock that was ahead for a while leaves no account that may do nothing": async (
    { one, ask },
  ) => {
    const [alice] = await createAccounts(one, ["alice"]) as [Account];
    const rate = { place: 1, burst: 2, perSecond: 1 / 1_000, meaning: "messages" };
    const counted = one.as(alice, { rate });
    const terms = { partial: true, unknown: [], expiresAt: null };
    const ways = {
      send: (key: string) => counted.send(sampleMessage(alice.id, { key, to: [] })),
      submit: (key: string) => counted.submit(sampleMessage(alice.id, { key, to: [] }), terms),
    };
    for (const [way, send] of Object.entries(ways)) {
      await ask("UPDATE mailbox SET tries_full_at[1] = clock_ms() + 365 * 86400000.0");
      await send(`${way} 1`);
      await send(`${way} 2`);
      await assert.rejects(send(`${way} 3`), { code: "try_later" }, "as many as ever");
    }
  },
  "a clock that was ahead for a while leaves no job that nobody has": async (
    { one, other, ask },
  ) => {
    await one.takeJob("retention", {});
    await one.keepJob("retention", "a");
    await ask("UPDATE job SET lease_until = now() + interval '1 year'");
    assert.equal(await other.takeJob("retention", {}), "a");
    assert.equal(await one.keepJob("retention", "b"), false);
  },
  "a clock that was ahead for a while leaves no process that is gone and counts for ever": async (
    { one, other, ask },
  ) => {
    await one.claimKey(oldKey, []);
    await ask("UPDATE instance SET seen_at = now() + interval '1 year'"); // nobody renews it
    assert.equal(await other.otherServers(), 0);
    await other.claimKey(newKey, [oldKey]);
  },
  "a change of key whose moment a clock that jumped put far away is a minute ahead again": async (
    { one, other, ask },
  ) => {
    for (const store of [one, other]) await store.claimKey(oldKey, []);
    const bytes = new Uint8Array(1);
    await one.addNextKey(oldKey, { fingerprint: newKey, sealed: bytes, statement: bytes });
    const look = (store: Store) => store.nextKey({ shown: oldKey, ready: newKey });
    for (const store of [one, other]) await look(store);
    for (const jump of ["1 year", "-1 year"]) {
      await ask(`UPDATE server_key SET active_from = now() + interval '${jump}'`);
      for (const store of [one, other]) {
        const { startsInMs, isFinal } = (await look(store))!;
        assert.equal(isFinal, false, jump);
        assert.ok(startsInMs > 50_000 && startsInMs <= 60_000, `${jump} ${startsInMs}`);
      }
    }
  },
  "who is logged in anywhere is known, until that process is gone": async (
    { one, other, ask },
  ) => {
    const [alice, bob, carol] = [1, 2, 3].map(accountId) as [AccountId, AccountId, AccountId];
    const online = async () => [...await one.onlineOf([alice, bob])].toSorted();
    await one.noteOnline([alice]);
    await other.noteOnline([alice, bob, carol]);
    assert.deepEqual(await online(), [alice, bob]);
    await other.noteOnline([]);
    assert.deepEqual(await online(), [alice]);
    await other.noteOnline([bob]);
    await ask("UPDATE instance SET seen_at = now() - interval '61 seconds'");
    assert.deepEqual(await online(), []);
  },
  "sessions that end are told to the others": async ({ one, other, ask }) => {
    for (const store of [one, other]) {
      const told = Promise.withResolvers<number | null>();
      const stop = store.watchSessions(told.resolve);
      await ask("UPDATE account SET epoch = epoch + 1 WHERE id = 0");
      assert.equal(await told.promise, 0);
      stop();
    }
  },
};

for (const [what, holds] of Object.entries(cases)) {
  Deno.test({
    name: `postgres, two processes: ${what}`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await freshDatabase();
      const { url } = database;
      const open = () => openStore(url, { domain: null });
      const [one, other] = [await open(), await open()];
      const name = new URL(url).pathname.slice(1);
      const shared = await cluster();
      try {
        await holds({ one, other, url, ask: (sql) => shared.ask(sql, name) });
      } finally {
        await Promise.all([one.close(), other.close()]);
      }
    },
  });
}

Deno.test({
  name: "postgres: uploads of a process that is gone are dropped, those of others kept for a day",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const store = await openStore(database.url, { domain: null });
    const { database: own, instance } = await openProcess(database.url);
    const { name } = database;
    const ask = async (sql: string) => await (await cluster()).ask<{ id: string }>(sql, name);
    const begun = async (sql: string) => {
      await ask(`INSERT INTO body (id, account_id, instance_id, begun_at) VALUES ${sql};
        INSERT INTO body_chunk SELECT id, 0, '' FROM body`);
    };
    await begun(`(1, 0, ${instance.id}, now()), (2, 0, ${instance.id}, now() - interval '25 hours'),
      (3, 0, 999, now()), (4, 0, NULL, now())`);
    assert.equal(await own.writes({ dropUploads }).dropUploads(), 3);
    assert.deepEqual((await ask("SELECT id FROM body")).map(({ id }) => id), ["1"]);
    assert.deepEqual(
      (await ask("SELECT body_id AS id FROM body_chunk")).map(({ id }) => id),
      ["1"],
    );
    await instance.leave(own);
    assert.equal(await own.writes({ dropUploads }).dropUploads(), 1);
    await own.close();
    await store.close();
  },
});

Deno.test({
  name: "postgres: what a connection begins is its process's",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await (await openStore(database.url, { domain: null })).close();
    const { database: own, instance } = await openProcess(database.url);
    const begun = await own.call((connection) =>
      connection.one<{ id: number }>(
        "INSERT INTO body (account_id) VALUES (0) RETURNING instance_id AS id",
      )
    );
    assert.equal(begun.id, instance.id);
    await own.close();
  },
});

Deno.test({
  name: "postgres: a process whose row was taken for a dead one's makes it anew, with its key",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await (await openStore(database.url, { domain: null })).close();
    const { database: own, instance } = await openProcess(database.url);
    instance.fingerprint = oldKey;
    const { name } = database;
    const ask = async (sql: string) => await (await cluster()).ask(sql, name);
    await ask("DELETE FROM instance");
    await instance.renew(own);
    assert.deepEqual(await ask("SELECT id, fingerprint FROM instance"), [
      { id: String(instance.id), fingerprint: Buffer.from(oldKey) },
    ]);
    await ask("UPDATE meta SET readable_from = 99");
    await assert.rejects(instance.renew(own), { code: "configuration" });
    await own.close();
  },
});

async function openProcess(url: string) {
  const primary = new Primary(parseAddress(url));
  const first = await primary.connect();
  const instance = await Instance.register(first, "test");
  await first.end();
  primary.instanceId = instance.id;
  return { database: new Database(primary), instance };
}

Deno.test({
  name:
    "postgres: a server renews its row before it looks at hosts, and looks also where that fails",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const store = await openStore(database.url, { domain: null });
    const client = await new Primary(parseAddress(database.url)).connect();
    const instance = await Instance.register(client, "");
    const done: string[] = [];
    const access = {
      call: () => {
        done.push("renew");
        return Promise.reject(new Error("away"));
      },
    } as unknown as Access;
    const lookAround = () => {
      done.push("look");
      return new Promise<void>(() => {}); // a host answers nothing
    };
    instance.keepUp(access, { lookAround, warning: null });
    await until(() => done.includes("look"), "that it looks at hosts");
    assert.deepEqual(done, ["renew", "look"]);
    await instance.leave(access);
    await Promise.all([client.end(), store.close()]);
  },
});

Deno.test({
  name: "postgres: a server that leaves takes its row out behind what renews it, however late",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await (await openStore(database.url, { domain: null })).close(); // makes the tables
    const { database: own, instance } = await openProcess(database.url);
    const held = Promise.withResolvers<void>();
    let calls = 0;
    const call: Access["call"] = async (...asked) => {
      if (++calls === 1) await held.promise; // as one that is tried again
      return await own.call(...asked);
    };
    const access = { call } as Access;
    const renewing = instance.renew(access);
    const leaving = instance.leave(access);
    await letOthersIn();
    assert.equal(calls, 1);
    held.resolve();
    await Promise.all([renewing, leaving]);
    assert.deepEqual(await (await cluster()).ask("SELECT FROM instance", database.name), []);
    await own.close();
  },
});
