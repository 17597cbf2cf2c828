/** What the SQLite back end promises of backups: made while it is in use, checked to the byte, restored wholly or not. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { restoreBackup, verifyBackup, writeBackup } from "../../src/store/sqlite/backup/backup.ts";
import { openStore } from "../../src/store/open.ts";
import { type GivenOut, givenOut } from "../../src/store/rules/passing_over.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { migrations } from "../../src/store/sqlite/schema.ts";
import { seeded } from "../support/mime.ts";
import { programLine } from "../support/program.ts";
import { startChild, withFolder } from "../support/store_folder.ts";
import {
  bytes,
  createAccounts,
  patterned,
  query,
  sampleMessage,
} from "../support/store_samples.ts";
import { asAccountName } from "../../src/model/address.ts";
import { tagOf } from "../../src/model/keyring.ts";

/** Of alice. */
const ring = [
  { version: 1, sealed: bytes("a whole ring of twenty") },
  { version: 2, sealed: bytes("what changed since then") },
] as const;

/** What SQLite says of a full disk beside its words. */
const full = { code: "ERR_SQLITE_ERROR", errcode: 13 };

/** Makes a store with three accounts, a short message and an uploaded one, and returns the path of a backup of it. */
async function makeBackup(folder: string): Promise<string> {
  const store = await openStore(folder, { domain: "mail.test" });
  try {
    const [alice] = await createAccounts(store, ["alice", "bob", "carol"]);
    await store.send(sampleMessage(alice!.id, { key: "short", to: ["bob", "carol"] }));
    const [whole, delta] = ring;
    await store.replaceKeyring(alice!.id, { expectedVersion: 0, after: null, ...whole });
    await store.replaceKeyring(alice!.id, { expectedVersion: 1, after: tagOf(whole), ...delta });
    const upload = await store.beginUpload(alice!.id);
    for (let n = 0; n < 3; n++) await store.appendUpload(upload, n, patterned(40_000, n));
    await store.send(sampleMessage(alice!.id, { key: "long", to: ["bob"], body: { upload } }));
    await writeBackup(folder, `${folder}.backup`); // the store is open: a server has it
  } finally {
    await store.close();
  }
  return `${folder}.backup`;
}

Deno.test("backup: of a store in use, checked, restored, and the same again", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    const { bytes: size, ...summary } = await verifyBackup(path);
    assert.equal(size, Deno.statSync(path).size);
    assert.deepEqual(summary, {
      domain: "mail.test",
      schema: migrations.length,
      accounts: 3,
      messages: 5,
    });
    const restored = await restoreBackup(path, `${folder}2`, { force: false });
    assert.deepEqual(restored, { ...summary, bytes: size });
    const store = await openStore(`${folder}2`, { domain: null });
    try {
      const { id } = (await store.findAccount(asAccountName("bob")))!;
      assert.equal((await store.list(query(id))).total, 2);
      const alice = (await store.findAccount(asAccountName("alice")))!;
      const { parts, restoredAt } = await store.keyring(alice.id);
      assert.deepEqual(parts, ring);
      assert.ok(Math.abs(restoredAt - 1_000_000_000 - Date.now()) < 60_000);
      const behind = await store.keyring(alice.id, tagOf(ring[0]));
      assert.deepEqual([behind.isWhole, behind.parts], [false, [ring[1]]]);
    } finally {
      await store.close();
    }
  }));

Deno.test("backup: one that took a store's place, and no more, is restored when it is opened", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    Deno.mkdirSync(`${folder}2`, { mode: 0o700 });
    Deno.copyFileSync(path, `${folder}2/mailctl.db`);
    Deno.chmodSync(`${folder}2/mailctl.db`, 0o600);
    const restoredAt: number[] = [];
    for (let opened = 0; opened < 2; opened++) {
      const store = await openStore(`${folder}2`, { domain: null });
      const { id } = (await store.findAccount(asAccountName("bob")))!;
      restoredAt.push((await store.keyring(id)).restoredAt);
      await store.close();
    }
    assert.ok(restoredAt[0]! > 0);
    assert.equal(restoredAt[1], restoredAt[0]);
  }));

/** Restores over whatever is there, by a clock that shows `now`. */
async function restoreAt(now: number, path: string, folder: string): Promise<void> {
  const real = Date.now;
  Date.now = () => now;
  try {
    await restoreBackup(path, folder, { force: true });
  } finally {
    Date.now = real;
  }
}

Deno.test("backup: a clock that is behind at a restore gives no number of a message twice", () =>
  withFolder(async (folder) => {
    const restore = async (path: string, now: number) => {
      await restoreAt(now, path, `${folder}2`);
      const store = await openStore(`${folder}2`, { domain: null });
      const { id } = (await store.findAccount(asAccountName("alice")))!;
      const { restoredAt } = await store.keyring(id);
      await store.close();
      return restoredAt;
    };
    const path = await makeBackup(folder);
    const atBoot = 90_000; // in 1970: no clock was set yet
    const million = 1_000_000_000;
    assert.ok(await restore(path, atBoot) >= million, "a million numbers are passed over");
    const first = await restore(path, Date.now());
    await writeBackup(`${folder}2`, `${folder}.later`);
    for (const now of [atBoot, Date.now()]) {
      assert.ok(await restore(`${folder}.later`, now) >= first + million, `${now}`);
    }
  }));

Deno.test("backup: one that is restored once more gives nothing again that came after the first time", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    const now = Date.now();
    for (const behind of [0, 0, now - 90_000]) { // at last by a clock that is not set
      const first = givenOutIn(folder);
      const store = await openStore(folder, { domain: null });
      const [sender] = await createAccounts(store, [`sender${first.restoredAt}`]);
      await store.send(sampleMessage(sender!.id, { key: "later", to: ["bob"] }));
      await store.close();
      const later = givenOutIn(folder);
      assert.ok(later.nextEntry > first.nextEntry);
      await restoreAt(now - behind, path, folder);
      const again = givenOutIn(folder);
      assert.ok(again.nextEntry >= later.nextEntry && again.modseq > later.modseq);
      assert.ok(again.restoredAt >= later.restoredAt + 1_000_000_000);
    }
  }));

Deno.test("backup: a store that is restored over and over gives out what it has, and no million more each time", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    await restoreBackup(path, folder, { force: true });
    const first = givenOutIn(folder);
    for (let times = 1; times <= 5; times++) {
      await restoreBackup(path, folder, { force: true });
      const { nextEntry, modseq, restoredAt } = givenOutIn(folder);
      assert.ok(nextEntry === first.nextEntry && modseq <= first.modseq + times);
      assert.ok(restoredAt < first.restoredAt + Date.now());
    }
  }));

Deno.test("backup: a restore that is killed behind the copy gives nothing again either", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    await restoreBackup(path, folder, { force: true });
    const store = await openStore(folder, { domain: null });
    const [sender] = await createAccounts(store, ["sender"]);
    await store.send(sampleMessage(sender!.id, { key: "later", to: ["bob"] }));
    await store.close();
    const later = givenOutIn(folder);
    await restoreBackup(path, folder, { force: true });
    Deno.copyFileSync(path, `${folder}/mailctl.db`); // no more than that was done
    Deno.chmodSync(`${folder}/mailctl.db`, 0o600);
    const noted = Deno.readTextFileSync(`${folder}/lock`);
    const { copyInto } = SqlConnection.prototype;
    SqlConnection.prototype.copyInto = () => Promise.reject(new Error("the disk is full"));
    await assert.rejects(restoreBackup(path, folder, { force: true }));
    SqlConnection.prototype.copyInto = copyInto;
    assert.equal(Deno.readTextFileSync(`${folder}/lock`), noted); // nobody else knows it any more
    await (await openStore(folder, { domain: null })).close();
    const again = givenOutIn(folder);
    assert.ok(again.nextEntry >= later.nextEntry && again.modseq > later.modseq);
    assert.ok(again.restoredAt > later.restoredAt);
  }));

Deno.test("backup: a disk that is full at the last step is told by the name of the file", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    const { prepare } = DatabaseSync.prototype;
    DatabaseSync.prototype.prepare = function (sql, ...more) {
      if (sql !== "PRAGMA journal_mode = DELETE") return prepare.call(this, sql, ...more);
      throw Object.assign(new Error("database or disk is full"), full);
    };
    try {
      await assert.rejects(writeBackup(folder, `${path}.next`, "next.db"), {
        code: "cannot_create",
        message: "Cannot write next.db: no space is left on the device",
      });
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
  }));

Deno.test("backup: a disk that is full behind the copy is not called a restore that was refused", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    const { transaction } = SqlConnection.prototype;
    SqlConnection.prototype.transaction = () => {
      throw Object.assign(new Error("database or disk is full"), full);
    };
    try {
      await assert.rejects(restoreBackup(path, folder, { force: true }), {
        code: "storage_full",
        message: `Cannot complete the restore into ${folder}: no space is left on the device`,
      });
      await assert.rejects(restoreBackup(path, `${folder}.new`, { force: false }), {
        code: "cannot_create",
        message: /^Cannot write .*mailctl.db: no space is left on the device$/,
      });
    } finally {
      SqlConnection.prototype.transaction = transaction;
    }
    assert.deepEqual([...Deno.readDirSync(`${folder}.new`)].map(({ name }) => name), ["lock"]);
    const store = await openStore(folder, { domain: null });
    const { id } = (await store.findAccount(asAccountName("bob")))!;
    assert.ok((await store.keyring(id)).restoredAt > 0);
    await store.close();
  }));

/** What was given out at most in the store of a folder. */
function givenOutIn(folder: string): GivenOut {
  const connection = new SqlConnection(`${folder}/mailctl.db`, { readOnly: true });
  try {
    return connection.one(givenOut);
  } finally {
    connection.close();
  }
}

Deno.test("backup: one that is refused takes nothing of another that was restored meanwhile", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    const restore = () => restoreBackup(path, `${folder}.new`, { force: false });
    const { mkdir } = Deno;
    Deno.mkdir = async (...asked) => {
      Deno.mkdir = mkdir;
      await restore(); // while the other one makes the folder
      await mkdir(...asked);
    };
    await assert.rejects(restore(), { code: "cannot_create", message: /contains accounts/ });
    const store = await openStore(`${folder}.new`, { domain: null });
    assert.notEqual(await store.findAccount(asAccountName("bob")), null);
    await store.close();
  }));

Deno.test("backup: one moment of a store that never rests", () =>
  withFolder(async (folder) => {
    const child = startChild(folder);
    try {
      for (const count of [1, 100, 200]) {
        const before = (await child.acknowledged(count)).length;
        const path = `${folder}.${count}`;
        await writeBackup(folder, path);
        assert.ok((await verifyBackup(path)).messages >= 2 * before);
      }
    } finally {
      await child.kill();
    }
  }));

const damages: readonly [what: string, sql: string, told: RegExp][] = [
  [
    "a flipped byte",
    "UPDATE entry SET envelope = zeroblob(length(envelope)) WHERE key = 2",
    /an envelope/,
  ],
  ["a lost message", "DELETE FROM entry WHERE key = 2", /wrong count of messages/],
  ["a wrong count", "UPDATE mailbox SET unread = 0", /wrong count of messages/],
  ["a lost chunk", "DELETE FROM body_chunk WHERE position = 1", /part of a body/],
  ["a cut chunk", "UPDATE body_chunk SET data = x'00' WHERE position = 1", /part of a body/],
  ["a changed keyring", "UPDATE keyring SET sealed = x'00' WHERE version = 2", /keyring/],
  ["a lost account", "DELETE FROM account WHERE name = 'bob'", /refers to a missing row/],
];

for (const [what, sql, told] of damages) {
  Deno.test(`backup: ${what} in the database that was copied is found, and nothing is restored`, () =>
    withFolder(async (folder) => {
      await makeBackup(folder);
      const connection = new SqlConnection(`${folder}/mailctl.db`);
      connection.execute(`PRAGMA foreign_keys = OFF; ${sql}`);
      connection.close();
      const path = `${folder}.damaged`;
      await writeBackup(folder, path);
      await assertRefused(path, told);
    }));
}

/** Neither a check nor a restore takes a backup. */
async function assertRefused(path: string, told: RegExp): Promise<void> {
  const refusal = { code: "malformed", message: told };
  await assert.rejects(verifyBackup(path), refusal);
  await assert.rejects(restoreBackup(path, `${path}.target`, { force: true }), refusal);
  assert.throws(() => Deno.statSync(`${path}.target`), Deno.errors.NotFound);
}

Deno.test("backup: one byte that is another is found, in every table and wherever else it is", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    const whole = Deno.readFileSync(path);
    const random = seeded(73);
    const places = [
      ...lastBytesOfTables(path),
      ...Array.from({ length: 60 }, () => random() % whole.length),
      whole.length - 1,
    ];
    for (const at of places) {
      const damaged = whole.slice();
      damaged[at]! ^= 1 << random() % 8;
      Deno.writeFileSync(path, damaged);
      await assertRefused(path, /its bytes are not those|the digest at its end is/);
    }
    Deno.writeFileSync(path, whole);
    await verifyBackup(path);
  }));

/** Where a table has rows, its first one ends there. */
function lastBytesOfTables(path: string): number[] {
  const connection = new SqlConnection(path, { readOnly: true });
  const pages = connection.all<{ end: number }>(
    `SELECT min(pgoffset + pgsize) AS end FROM dbstat JOIN sqlite_schema USING (name)
     WHERE type = 'table' AND pagetype = 'leaf' GROUP BY name`,
  );
  connection.close();
  assert.ok(pages.length > 20, "every table is tried");
  return pages.map(({ end }) => end - 1);
}

Deno.test("backup: a file cut short, another program's and a newer mailctl's are refused", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    const whole = Deno.readFileSync(path);
    const verify = (content: Uint8Array) => {
      Deno.writeFileSync(path, content);
      return verifyBackup(path);
    };
    const half = verify(whole.subarray(0, whole.length / 2));
    await assert.rejects(half, { code: "malformed", message: /its structure is damaged/ });
    await assert.rejects(verify(bytes("not a database, but long enough to be one".repeat(100))), {
      code: "malformed",
      message: /it is not a backup of mailctl/,
    });
    const connection = new SqlConnection(`${folder}/mailctl.db`);
    connection.execute("PRAGMA user_version = 999");
    connection.close();
    Deno.copyFileSync(`${folder}/mailctl.db`, path);
    await assert.rejects(verifyBackup(path), { code: "configuration", message: /version 999/ });
    await assert.rejects(verifyBackup(`${path}.none`), { code: "no_input" });
  }));

Deno.test("backup: accounts are replaced only with force, and never under a server", () =>
  withFolder(async (folder) => {
    const path = await makeBackup(folder);
    await assert.rejects(restoreBackup(path, folder, { force: false }), { code: "cannot_create" });
    const store = await openStore(folder, { domain: null });
    await createAccounts(store, ["later"]);
    const inUse = { code: "configuration", message: /a server or a restore uses it/ };
    await assert.rejects(restoreBackup(path, folder, { force: true }), inUse);
    await store.close();
    await restoreBackup(path, folder, { force: true });
    const again = await openStore(folder, { domain: null });
    assert.equal(await again.findAccount(asAccountName("later")), null);
    await again.close();
  }));

for (const walBytes of [0, 1, 8 * 1024 * 1024]) {
  Deno.test(`backup: killed with ${walBytes} bytes restored, the store is the old one or the new`, () =>
    withFolder(async (folder) => {
      const path = await makeLargeBackup(folder);
      const killed = await killRestore(path, folder, walBytes);
      const connection = new SqlConnection(`${folder}/mailctl.db`);
      const isNew = connection.get("SELECT 1 FROM sqlite_schema WHERE name = 'ballast'");
      connection.close();
      if (!killed) assert.notEqual(isNew, undefined);
      const store = await openStore(folder, { domain: null });
      const { id } = (await store.findAccount(asAccountName("bob")))!;
      assert.equal((await store.list(query(id))).total, 2);
      assert.equal((await store.keyring(id)).restoredAt > 0, isNew !== undefined);
      await store.close();
    }));
}

/** Restoring it takes a while. */
async function makeLargeBackup(folder: string): Promise<string> {
  await makeBackup(folder);
  Deno.mkdirSync(`${folder}.large`, { mode: 0o700 });
  Deno.copyFileSync(`${folder}/mailctl.db`, `${folder}.large/mailctl.db`);
  const connection = new SqlConnection(`${folder}.large/mailctl.db`);
  connection.execute(
    `CREATE TABLE ballast (data BLOB);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 64)
    INSERT INTO ballast SELECT randomblob(${512 * 1024}) FROM numbers`,
  );
  connection.close();
  await writeBackup(`${folder}.large`, `${folder}.large.backup`);
  return `${folder}.large.backup`;
}

/** Restores in a process of its own and kills it once the log has so many bytes. Returns whether it was in time. */
async function killRestore(path: string, folder: string, walBytes: number): Promise<boolean> {
  const [program, ...args] = [
    ...programLine,
    "admin",
    "restore",
    path,
    "--data",
    folder,
    "--force",
  ];
  const child = new Deno.Command(program!, { args, stderr: "null", stdin: "null" }).spawn();
  let ended = false;
  const status = child.status.finally(() => ended = true);
  while (!ended && sizeOf(`${folder}/mailctl.db-wal`) < walBytes) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (!ended) child.kill("SIGKILL");
  return !(await status).success;
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
