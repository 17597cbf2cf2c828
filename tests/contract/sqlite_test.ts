/** What the SQLite back end promises beyond the contract: its folder, its file, its indexes, no room, a crash. */

import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { accountId, entryId, uploadId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/open.ts";
import { runBatch } from "../../src/store/sqlite/batch.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { listStatement } from "../../src/store/sqlite/mailbox.ts";
import { migrate } from "../../src/store/sqlite/migrate.ts";
import { WriterQueue } from "../../src/store/sqlite/queue.ts";
import { openSqlite } from "../../src/store/sqlite/sqlite.ts";
import { newMailStatement } from "../../src/store/sqlite/watch.ts";
import type { Store } from "../../src/store/store.ts";
import { startChild, withFolder } from "../support/store_folder.ts";
import {
  bytes,
  createAccounts,
  patterned,
  query,
  readBody,
  sampleAccount,
  sampleMessage,
} from "../support/store_samples.ts";

const noDomain = { domain: null };

/** Looks into the file of a store that is closed. */
function inspect<T>(folder: string, work: (connection: SqlConnection) => T): T {
  const connection = new SqlConnection(`${folder}/mailctl.db`);
  try {
    return work(connection);
  } finally {
    connection.close();
  }
}

function count(folder: string, table: string): number {
  const sql = `SELECT count(*) AS n FROM ${table}`;
  return inspect(folder, (connection) => connection.one<{ n: number }>(sql).n);
}

async function fileModes(folder: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map((file) => file.name).sort();
  return names.map((name) =>
    `${name} ${(Deno.statSync(`${folder}/${name}`).mode! & 0o777).toString(8)}`
  );
}

Deno.test("sqlite: keeps everything over a restart", () =>
  withFolder(async (folder) => {
    const first = await openStore(`file:${folder}`, { domain: "example.org" });
    const { secret } = await first.identity();
    const [alice, bob] = await createAccounts(first, ["alice", "bob"]);
    await first.replaceKeyring(alice!.id, {
      expectedVersion: 0,
      after: null,
      version: 1,
      sealed: bytes("keyring"),
    });
    await first.send(sampleMessage(alice!.id, { key: "k", to: ["bob"], body: patterned(300_000) }));
    await first.markRead(bob!.id, [entryId(1)], 77, new Map([[entryId(1), bytes("receipt")]]));
    const before = [await first.list(query(bob!.id)), await first.entries(alice!.id, [entryId(1)])];
    await first.close();

    const second = await openStore(folder, noDomain);
    assert.deepEqual(await second.identity(), { secret, domain: "example.org" });
    assert.deepEqual(await second.findAccount(asAccountName("alice")), alice);
    assert.deepEqual((await second.keyring(alice!.id)).parts, [
      { version: 1, sealed: bytes("keyring") },
    ]);
    assert.deepEqual(
      [await second.list(query(bob!.id)), await second.entries(alice!.id, [entryId(1)])],
      before,
    );
    const body = await readBody(second, bob!.id, entryId(1));
    assert.deepEqual(body, patterned(300_000));
    await second.close();
  }));

Deno.test("sqlite: records the domain once and refuses another", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    assert.equal((await store.identity()).domain, "localhost");
    await store.close();
    const other = openStore(folder, { domain: "example.org" });
    await assert.rejects(other, { code: "configuration", message: /example\.org.*localhost/ });
    await (await openStore(folder, { domain: "localhost" })).close();
  }));

Deno.test("sqlite: refuses a second server on the same folder", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    const second = openStore(folder, noDomain);
    await assert.rejects(second, {
      code: "configuration",
      message: /a server or a restore uses it/,
    });
    await store.close();
    await (await openStore(folder, noDomain)).close();
  }));

Deno.test("sqlite: refuses a newer schema, an earlier mailctl's, and another program's database", () =>
  withFolder(async (folder) => {
    await (await openStore(folder, noDomain)).close();
    inspect(folder, (connection) => connection.execute("PRAGMA user_version = 99"));
    await assert.rejects(openStore(folder, noDomain), { code: "configuration", message: /99/ });
    inspect(folder, (connection) => connection.execute("PRAGMA application_id = 0x6d61696c"));
    await assert.rejects(openStore(folder, noDomain), {
      code: "configuration",
      message: /protocol version 1/,
    });
    inspect(folder, (connection) => connection.execute("PRAGMA application_id = 7"));
    await assert.rejects(openStore(folder, noDomain), { code: "configuration", message: /not a/ });
  }));

Deno.test("sqlite: refuses a file that is no database, and a path that is no folder", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(folder, { mode: 0o700 });
    const database = `${folder}/mailctl.db`;
    await Deno.writeFile(database, patterned(5000), { mode: 0o600 });
    await assert.rejects(openStore(folder, noDomain), {
      code: "configuration",
      message: /database/,
    });
    await assert.rejects(openStore(database, noDomain), {
      code: "configuration",
      message: /there is another file of that name/,
    });
  }));

Deno.test("sqlite: refuses a kind of store that does not exist", async () => {
  const opening = openStore("mysql://host/db", noDomain);
  await assert.rejects(opening, { code: "configuration", message: /mysql/ });
});

for (const umask of ["000", "022", "377"]) {
  Deno.test(`sqlite: makes private files under umask ${umask}`, () =>
    withFolder(async (folder) => {
      const child = startChild(folder, umask); // a umask is the whole process's
      await child.acknowledged(1);
      const modes = [Deno.statSync(folder).mode! & 0o777, ...await fileModes(folder)];
      await child.kill();
      const files = ["lock 600", "mailctl.db 600", "mailctl.db-shm 600", "mailctl.db-wal 600"];
      assert.deepEqual(modes, [0o700, ...files]);
    }));
}

Deno.test("sqlite: refuses a folder or file that lets others in", () =>
  withFolder(async (folder) => {
    await (await openStore(folder, noDomain)).close();
    for (
      const [path, loose, right] of [["", 0o750, 0o700], ["/mailctl.db", 0o644, 0o600]] as const
    ) {
      Deno.chmodSync(folder + path, loose);
      const mode = new RegExp(`0${loose.toString(8)}`);
      await assert.rejects(openStore(folder, noDomain), { code: "configuration", message: mode });
      Deno.chmodSync(folder + path, right);
    }
    await (await openStore(folder, noDomain)).close();
  }));

Deno.test("sqlite: drops half an upload at the next start, and says its number no more", () =>
  withFolder(async (folder) => {
    const first = await openStore(folder, noDomain);
    const [alice] = await createAccounts(first, ["alice"]);
    const upload = await first.beginUpload(alice!.id);
    await first.appendUpload(upload, 0, patterned(100_000));
    await first.close();

    const second = await openStore(folder, noDomain);
    await assert.rejects(second.appendUpload(upload, 0, bytes("x")), { code: "try_later" });
    assert.notEqual(await second.beginUpload(alice!.id), upload);
    await swept(second);
    assert.equal(count(folder, "body_chunk"), 0);
  }));

Deno.test("sqlite: deletes the chunks of a body with its last entry, and of a discarded upload", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const body = patterned(50 * 256 * 1024); // more than one sweep takes
    await store.send(sampleMessage(alice!.id, { key: "k", to: ["bob"], body }));
    await store.deleteEntries(alice!.id, [entryId(1)]);
    await store.deleteEntries(bob!.id, [entryId(1)]);
    const upload = await store.beginUpload(alice!.id);
    await store.appendUpload(upload, 0, bytes("x"));
    await store.discardUpload(upload);
    await swept(store);
    for (const table of ["body_chunk", "body", "delivery"]) assert.equal(count(folder, table), 0);
    assert.equal(count(folder, "message"), 2); // and the one of entries that have none
  }));

/** Closes a store once its sweeps, which nobody can await, have had their turns in the writer. */
async function swept(store: Store): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await store.discardUpload(uploadId(0));
  await store.close();
}

Deno.test("sqlite: tells of no room, and works again once there is some", () =>
  withFolder(async (folder) => {
    const store = await openSqlite(folder, { domain: null, maxPages: 400 });
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const send = (key: string, size: number) =>
      store.send(sampleMessage(alice!.id, { key, to: ["bob"], body: patterned(size) }));
    const sizes = [2_000, 200_000, 2_000_000, 3_000, 9_000_000, 4_000];
    const results = await Promise.allSettled(sizes.map((size) => send(`${size}`, size)));
    const codes = results.map((one) => one.status === "rejected" ? one.reason.code : "stored");
    const full = "storage_full";
    assert.deepEqual(codes, ["stored", "stored", full, "stored", full, "stored"]);
    assert.equal((await store.list(query(bob!.id))).total, 4);

    await fill(send);
    await assert.rejects(send("one more", 200_000), { code: full });
    const ids = (await store.list(query(bob!.id))).entries.map((entry) => entry.id);
    await store.deleteEntries(bob!.id, ids);
    await store.deleteEntries(alice!.id, ids);
    for (let turn = 0; turn < 10; turn++) await store.discardUpload(uploadId(0));
    assert.equal((await send("one more", 200_000)).repeated, false);
    await store.close();
  }));

async function fill(send: (key: string, size: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < 100; n++) {
    try {
      await send(`fill ${n}`, 100_000);
    } catch {
      return;
    }
  }
  assert.fail("the store never filled");
}

Deno.test("sqlite: runs jobs one by one where their common transaction is lost", () => {
  const connection = new SqlConnection(":memory:");
  migrate(connection, ":memory:");
  const jobs = ["alice", "bob", "alice"].map((name) =>
    ({ name: "createAccount", asked: [sampleAccount(name)], actor: null, request: null }) as const
  );
  // SQLite rolls all back, as it may on a full disk.
  connection.execute(`CREATE TEMP TRIGGER full BEFORE INSERT ON account WHEN NEW.name = 'bob'
    BEGIN SELECT RAISE(ROLLBACK, 'full'); END`);
  const outcomes = runBatch(connection, jobs);
  const codes = outcomes.map((one) => "failure" in one ? one.failure.code : "done");
  assert.deepEqual(codes, ["done", "internal", "name_taken"]);
  connection.close();
});

Deno.test("sqlite: refuses all writes once the writer has crashed", async () => {
  const queue = new WriterQueue({ path: "/nowhere/at/all.db", maxPages: null });
  const lost = { code: "internal", message: /its writer ended/ };
  await assert.rejects(queue.run("beginUpload", [accountId(1)]), lost);
  await assert.rejects(queue.run("beginUpload", [accountId(1)]), lost);
  await queue.close();
});

Deno.test("sqlite: lists by index only, whatever the filters", () => {
  const connection = new SqlConnection(":memory:");
  migrate(connection, ":memory:");
  for (let filters = 0; filters < 48; filters++) {
    const { sql, values } = listStatement(query(accountId(1), {
      unread: (filters & 1) !== 0,
      from: filters & 2 ? asAccountName("alice") : null,
      since: filters & 4 ? 1000 : null,
      before: filters & 8 ? 500 : null,
      aside: [null, true, false][filters >> 4]!,
    }));
    const plan = connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values);
    const text = plan.map((step) => step.detail).join("\n");
    assert.doesNotMatch(text, /SCAN (?!CONSTANT)|TEMP B-TREE/, sql);
    assert.match(text, /SEARCH entry USING .*INDEX entry_\w+ \(account_id=\? AND box=\?/);
    assert.match(text, /SEARCH filing USING PRIMARY KEY \(account_id=\? AND id=\?\)/);
  }
  connection.close();
});

Deno.test("sqlite: counts its commits by how long they took", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, { domain: null });
    const committed = () => store.load().commits.reduce((sum, { count }) => sum + count, 0);
    const before = committed();
    await createAccounts(store, ["alice"]);
    assert.equal(committed(), before + 1);
    assert.ok(store.load().commitSeconds > 0);
    assert.equal(store.load().waiting, 0);
    assert.equal(store.load().commits.at(-1)!.withinSeconds, Infinity);
    await store.close();
  }));

Deno.test("sqlite: arrivals are read by an index as well, from the id on", () => {
  const connection = new SqlConnection(":memory:");
  migrate(connection, ":memory:");
  for (const unread of [false, true]) {
    const { sql, values } = newMailStatement({
      accountId: accountId(1),
      after: 500,
      limit: 200,
      unread,
    });
    const plan = connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values);
    const text = plan.map((step) => step.detail).join("\n");
    assert.doesNotMatch(text, /SCAN (?!CONSTANT)|TEMP B-TREE/, sql);
    assert.match(text, /SEARCH entry USING .*INDEX entry_\w+ \(account_id=\? AND box=\? AND id>\?/);
  }
  connection.close();
});
