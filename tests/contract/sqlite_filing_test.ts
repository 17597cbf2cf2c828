/** What the SQLite back end promises of filings beyond the contract: tombstones, indexes, counts, backups. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import { openStore } from "../../src/store/open.ts";
import { restoreBackup, verifyBackup, writeBackup } from "../../src/store/sqlite/backup/backup.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { feedStatement } from "../../src/store/sqlite/filing.ts";
import { migrate } from "../../src/store/sqlite/migrate.ts";
import type { Store } from "../../src/store/store.ts";
import { FilingModel, Follower } from "../support/filing_model.ts";
import { seeded } from "../support/mime.ts";
import { startChild, withFolder } from "../support/store_folder.ts";
import { bytes, createAccounts, sampleMessage } from "../support/store_samples.ts";

function change(folder: string, ...statements: readonly string[]): void {
  const connection = new SqlConnection(`${folder}/mailctl.db`);
  for (const sql of statements) connection.execute(sql);
  connection.close();
}

async function withStore(folder: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(folder, { domain: null });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

async function aliceIn(store: Store) {
  return (await store.findAccount(asAccountName("alice")))!.id;
}

async function isReset(store: Store, since: number): Promise<boolean> {
  const asked = { since, known: since, limit: 1, aside: false };
  return (await store.changes({ accountId: await aliceIn(store), ...asked })).reset;
}

Deno.test("sqlite: the newest tombstones are kept, and who needs older ones begins anew", () =>
  withFolder(async (folder) => {
    await withStore(folder, async (store) => {
      const [alice] = await createAccounts(store, ["alice"]);
      await store.send(sampleMessage(alice!.id, { key: "k", to: [] }));
    });
    const full = limits.maxTombstones + 999;
    change(
      folder,
      `INSERT INTO gone WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n
         WHERE n <= ${full}) SELECT 1, n, 10000000 + n FROM n`,
      `UPDATE mailbox SET modseq = ${full + 1}, gone = ${full}`,
    );
    await withStore(folder, async (store) => {
      assert.equal(await isReset(store, 1), false);
      const id = await aliceIn(store);
      await store.deleteEntries(id, [entryId(1)]);
      assert.deepEqual([await isReset(store, 1_000), await isReset(store, 1_001)], [true, false]);
      const follower = new Follower();
      while (await follower.step(store, id, 500));
      assert.equal(follower.entries.size, 0, "whoever lists all needs none");
    });
    const connection = new SqlConnection(`${folder}/mailctl.db`);
    const counts = "SELECT (SELECT count(*) FROM gone) AS rows, gone FROM mailbox";
    const most = limits.maxTombstones;
    assert.deepEqual(connection.one<object>(counts), { rows: most, gone: most });
    connection.close();
  }));

Deno.test("sqlite: the feed of changes is read by its index, and each entry by its own", () => {
  const connection = new SqlConnection(":memory:");
  migrate(connection, ":memory:");
  for (const aside of [true, false]) {
    const sql = `EXPLAIN QUERY PLAN ${feedStatement(aside)}`;
    const plan = connection.all<{ detail: string }>(sql, 1, 2, 3).map(({ detail }) => detail);
    assert.match(
      plan[0]!,
      /SEARCH filing USING INDEX filing_by_modseq \(account_id=\? AND modseq>\?/,
    );
    assert.match(
      plan[1]!,
      /SEARCH entry USING INDEX entry_by_box \(account_id=\? AND box=\? AND id=/,
    );
    assert.doesNotMatch(plan.join("\n"), /SCAN|TEMP B-TREE/);
  }
  connection.close();
});

const miscounts: readonly (readonly [problem: RegExp, sql: string])[] = [
  [/a wrong count of bytes/, "UPDATE filing SET sealed = zeroblob(length(sealed) + 1)"],
  [
    /a wrong count of messages/,
    "UPDATE entry SET aside = 1 - aside WHERE key = (SELECT min(key) FROM entry)",
  ],
  [/an outline is of no message/, "INSERT INTO outline VALUES (1, 999, x'00')"],
  [/a message has no filing/, "DELETE FROM filing WHERE id = (SELECT min(id) FROM filing)"],
];

Deno.test("sqlite: after whatever was filed, mailboxes are counted to the byte, and a backup tells", () =>
  withFolder(async (folder) => {
    await withStore(folder, async (store) => {
      const model = new FilingModel(await createAccounts(store, ["alice", "bob", "carol"]));
      const random = seeded(51);
      for (let step = 0; step < 300; step++) await model.act(store, random);
    });
    await writeBackup(folder, `${folder}.backup`);
    assert.ok((await verifyBackup(`${folder}.backup`)).messages > 0);
    for (const [at, [problem, sql]] of miscounts.entries()) {
      const bad = `${folder}.${at}`;
      await restoreBackup(`${folder}.backup`, bad, { force: false });
      change(bad, sql);
      await writeBackup(bad, `${bad}.backup`);
      await assert.rejects(verifyBackup(`${bad}.backup`), { code: "malformed", message: problem });
    }
  }));

Deno.test("sqlite: a store that is restored gives no place and no count again", () =>
  withFolder(async (folder) => {
    const filing = (expectedVersion: number) => ({
      id: entryId(1),
      expectedVersion,
      sealed: bytes(`filing ${expectedVersion}`),
      moves: true,
      aside: true,
    });
    await withStore(folder, async (store) => {
      const [alice] = await createAccounts(store, ["alice"]);
      await store.send(sampleMessage(alice!.id, { key: "k", to: [] }));
      await store.fileEntries(alice!.id, [filing(0)]);
      await store.replaceFolders(alice!.id, { expectedVersion: 0, version: 1, sealed: bytes("f") });
      await writeBackup(folder, `${folder}.backup`);
      await store.fileEntries(alice!.id, [filing(1)]);
    });
    await restoreBackup(`${folder}.backup`, `${folder}2`, { force: false });
    await withStore(`${folder}2`, async (store) => {
      const id = await aliceIn(store);
      assert.deepEqual(await store.folders(id), { version: 1, sealed: bytes("f") });
      assert.deepEqual([await isReset(store, 2), await isReset(store, 3)], [true, true]);
      const [entry] = await store.entries(id, [entryId(1)]);
      assert.deepEqual(
        [entry!.filing.place, entry!.filing.version],
        [2, 1],
        "it stays where it is",
      );
      const [moved] = await store.fileEntries(id, [filing(1)]);
      assert.ok(moved!.entry!.filing.place > 1_000_000 && moved!.entry!.filing.modseq > 1_000_000);
    });
  }));

Deno.test("sqlite: killed while it files, copies and deletes, a mailbox is whole, and what was said holds", () =>
  withFolder(async (folder) => {
    const child = startChild(folder, "022", "./filing_child.ts");
    await child.acknowledged(40);
    const said = (await child.kill()).map((line) => line.split(" ").map(Number));
    await withStore(folder, async (store) => {
      const id = await aliceIn(store);
      const follower = new Follower();
      while (await follower.step(store, id, 7));
      const gone = said.filter(([deleted]) => follower.entries.has(entryId(deleted!)));
      assert.deepEqual(gone, [], "what was deleted is gone");
      const [, last] = said.at(-1)!;
      assert.ok(follower.entries.has(entryId(last!)), "and its copy is there");
      assert.ok([20, 21].includes(follower.entries.size), "neither lost nor doubled");
    });
    await writeBackup(folder, `${folder}.backup`);
    await verifyBackup(`${folder}.backup`);
  }));
