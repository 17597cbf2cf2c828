/** Backups as the way between SQLite and PostgreSQL: every row comes over, and back. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { MailError } from "../../src/model/errors.ts";
import { backUpDatabase, openStore, restoreDatabase } from "../../src/store/open.ts";
import { type GivenOut, givenOut } from "../../src/store/rules/passing_over.ts";
import { fillDatabase, readDatabase } from "../../src/store/postgres/backup/tables.ts";
import { restoreBackup, verifyBackup, writeBackup } from "../../src/store/sqlite/backup/backup.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { until } from "../support/person.ts";
import { cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { Relay, through } from "../support/relay.ts";
import { withFolder } from "../support/store_folder.ts";
import { createAccounts, patterned, query, sampleMessage } from "../support/store_samples.ts";

/** Rows of what the calls below leave empty: of alice, who is 1, and her message, which is 1 as well. */
const rows = `
  INSERT INTO alias VALUES ('post', 'p0st', 1);
  INSERT INTO recovery VALUES (1, x'01', x'02');
  INSERT INTO app_password VALUES (1, 'mutt', 'smtp', x'03', 5, NULL);
  INSERT INTO device VALUES (1, x'04', 'phone', 'mail', NULL, x'05', x'06', 7, NULL, 8);
  INSERT INTO succession VALUES (1, 1, x'07', 'age1', 9, x'08', x'09');
  INSERT INTO keyring VALUES (1, 1, x'000102030405060708090a0b0c0d0e0f', x'ff000102030405060708090a0b0c0d0e0f');
  UPDATE folder_list SET version = 3, sealed = x'0a' WHERE account_id = 1;
  INSERT INTO blocked VALUES (1, 'mallory', 11);
  INSERT INTO request VALUES (7, 0, x'0b', 'invite', '{"a":1}', 12);
  INSERT INTO invite VALUES (x'0c', 2, 13, 14, NULL, 0);
  INSERT INTO failed_logins VALUES ('loginByAccount', 'alice ü', 15);
  INSERT INTO held VALUES (2, 1, 16, NULL, 17, NULL);
  INSERT INTO held_copy VALUES (3, 2, 1, 2, x'0d', x'0e');
  INSERT INTO outline VALUES (1, 1, x'0f');
  INSERT INTO gone VALUES (2, 1, 18);
  INSERT INTO bounce VALUES (1, 'carol', 'expired', 19, 20);
  INSERT INTO retention_notice VALUES (1, 21, 22, 23, 24, 25, 26);
`;

/** Fills a store in a folder, some row in every table, and returns the path of its backup. */
async function makeBackup(folder: string): Promise<string> {
  const store = await openStore(folder, { domain: "mail.test" });
  const [alice] = await createAccounts(store, ["alice", "bob"]);
  await store.send(sampleMessage(alice!.id, { key: "short", to: ["bob"] }));
  const upload = await store.beginUpload(alice!.id);
  for (let n = 0; n < 3; n++) await store.appendUpload(upload, n, patterned(200_000, n));
  await store.send(sampleMessage(alice!.id, { key: "long", to: ["bob"], body: { upload } }));
  for (let n = 0; n < 150; n++) {
    await store.send(sampleMessage(alice!.id, { key: `more ${n}`, to: ["bob"] }));
  }
  await store.close();
  const connection = new SqlConnection(`${folder}/mailctl.db`);
  connection.execute(rows);
  connection.close();
  const path = `${folder}.backup`;
  await writeBackup(folder, path);
  return path;
}

/** All rows by table. Rows that only a file counts have no number, and when it was restored is any time. */
function contentOf(path: string): Map<string, Record<string, unknown>[]> {
  const connection = new SqlConnection(path, { readOnly: true });
  const tables = connection.all<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  const content = tables.map(({ name }) => {
    const found = connection.all<Record<string, unknown>>(`SELECT * FROM ${name}`);
    for (const row of found) {
      if (name === "entry") delete row["key"];
      if (name === "body_chunk") delete row["id"];
      if (name === "mailbox" && row["restored_at"] !== 0) row["restored_at"] = "some time";
    }
    return [name, found.toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))] as const;
  });
  connection.close();
  return new Map(content);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

Deno.test({
  name:
    "postgres: a backup of SQLite, restored and backed up again, has the same rows in all tables",
  ignore: withoutPostgres,
  fn: () =>
    withFolder(async (folder) => {
      const path = await makeBackup(folder);
      await using database = await freshDatabase();
      const restored = await restoreDatabase(path, database.url, { force: false });
      assert.deepEqual(restored, await verifyBackup(path));
      await backUpDatabase(database.url, `${folder}.again`);

      await restoreBackup(path, `${folder}2`, { force: false });
      const expected = contentOf(`${folder}2/mailctl.db`);
      const empty = [...expected].filter(([, rows]) => rows.length === 0).map(([name]) => name);
      assert.deepEqual(empty, ["gone"], "each table is tried");
      assert.deepEqual(contentOf(`${folder}.again`), expected);

      const again = await restoreBackup(`${folder}.again`, `${folder}3`, { force: false });
      assert.equal(again.messages, restored.messages);
    }),
});

Deno.test({
  name: "postgres: what comes after a restored backup has ids that nothing had",
  ignore: withoutPostgres,
  fn: () =>
    withFolder(async (folder) => {
      const path = await makeBackup(folder);
      await using database = await freshDatabase();
      await restoreDatabase(path, database.url, { force: false });
      const store = await openStore(database.url, { domain: "mail.test" });
      try {
        const bob = (await store.findAccount(asAccountName("bob")))!;
        const before = await store.list(query(bob.id, { limit: 200 }));
        assert.equal(before.total, 152);
        const [carol] = await createAccounts(store, ["carol"]);
        const { id } = await store.send(sampleMessage(carol!.id, { key: "new", to: ["bob"] }));
        assert.equal(id, 1);
        const [newest] = (await store.list(query(bob.id, { limit: 1 }))).entries;
        assert.ok(newest!.id > 1_000_000);
      } finally {
        await store.close();
      }
      const ask = async () => (await (await cluster()).ask<GivenOut>(givenOut, database.name))[0]!;
      const first = await ask();
      await restoreDatabase(path, database.url, { force: true }); // the same, once more
      const second = await ask();
      assert.ok(second.nextEntry >= first.nextEntry && second.modseq > first.modseq);
      assert.ok(second.restoredAt >= first.restoredAt + 1_000_000_000);
    }),
});

Deno.test({
  name: "postgres: a backup is restored wholly or not at all, and over accounts only by force",
  ignore: withoutPostgres,
  fn: () =>
    withFolder(async (folder) => {
      const path = await makeBackup(folder);
      await using database = await freshDatabase();
      const { name } = database;
      const ask = async <Row>(sql: string) => await (await cluster()).ask<Row>(sql, name);
      await (await openStore(database.url, { domain: null })).close();
      await ask("ALTER TABLE retention_notice ADD CONSTRAINT none CHECK (false)"); // the last table
      await assert.rejects(restoreDatabase(path, database.url, { force: false }));
      assert.deepEqual(await ask("SELECT name FROM account"), [{ name: "<>" }]);
      await ask("ALTER TABLE retention_notice DROP CONSTRAINT none");
      await restoreDatabase(path, database.url, { force: false });
      const over = restoreDatabase(path, database.url, { force: false });
      await assert.rejects(over, { code: "cannot_create" });
      await restoreDatabase(path, database.url, { force: true });
      await ask("INSERT INTO instance (host, software, fingerprint) VALUES ('h', 's', '')");
      const inUse = restoreDatabase(path, database.url, { force: true });
      await assert.rejects(inUse, { code: "configuration", message: /a server uses it/ });
    }),
});

Deno.test({
  name: "postgres: a server that is started beside a restore waits, and serves what was restored",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await (await openStore(database.url, { domain: null, firstDomain: "first.test" })).close();
    let opening: ReturnType<typeof openStore> | null = null;
    const columns = ["id", "secret", "domain"];
    async function* identity() {
      opening = openStore(database.url, { domain: null });
      const isHeld = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
      const asked = async () => (await (await cluster()).ask(isHeld, database.name)).length;
      await until(async () => await asked() > 0, "that it waits");
      yield [{ id: 1, secret: new Uint8Array(32), domain: "restored.test" }];
    }
    await fillDatabase(
      database.url,
      { force: false, now: Date.now() },
      (sink) => sink.put({ name: "meta", columns }, identity()),
    );
    const store = await opening!;
    assert.equal((await store.identity()).domain, "restored.test");
    const refused = fillDatabase(
      database.url,
      { force: true, now: Date.now() },
      () => Promise.resolve(),
    );
    await assert.rejects(refused, { code: "configuration", message: /a server uses it/ });
    await store.close();
  },
});

Deno.test({
  name: "postgres: a restore that is cut off leaves the database empty, and succeeds the next time",
  ignore: withoutPostgres,
  fn: () =>
    withFolder(async (folder) => {
      const path = await makeBackup(folder);
      await using database = await freshDatabase();
      const { port, pathname } = new URL(database.url);
      await using relay = new Relay(Number(port));
      const url = through(database.url, relay);
      const name = pathname.slice(1);
      const ask = async <Row>(sql: string) => await (await cluster()).ask<Row>(sql, name);
      await (await openStore(database.url, { domain: null })).close();
      const indexes = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
      const before = await ask(indexes);
      for (
        const last of ["COPY message ", "COPY retention_notice", "CREATE INDEX", "UPDATE mailbox"]
      ) {
        const cut = relay.cutAt(last, "client");
        const restored = restoreDatabase(path, url, { force: false });
        await assert.rejects(restored, { code: "unavailable" }, last);
        await cut;
        assert.deepEqual(await ask("SELECT name FROM account"), [{ name: "<>" }], last);
      }
      await restoreDatabase(path, url, { force: false });
      assert.deepEqual(await ask(indexes), before);
    }),
});

Deno.test({
  name: "postgres: what fails at either end of a copy is told, and ends it",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await (await openStore(database.url, { domain: null })).close();
    const columns = ["message_id", "recipient_id", "position", "receipt"];
    const row = Object.fromEntries(columns.map((column) => [column, 1]));
    async function* failing() {
      yield [{ ...row, receipt: null }];
      await Promise.reject(new MailError("malformed", "the file is damaged"));
    }
    const filled = fillDatabase(
      database.url,
      { force: false, now: Date.now() },
      (sink) => sink.put({ name: "delivery", columns }, failing()),
    );
    await assert.rejects(filled, { message: "the file is damaged" });
    const taken = readDatabase(database.url, async (source) => {
      for await (const [row] of source.rows({ name: "account", columns: ["name"] })) {
        throw new MailError("storage_full", `no room for ${row!["name"]}`);
      }
    });
    await assert.rejects(taken, { message: "no room for <>" });
  },
});
