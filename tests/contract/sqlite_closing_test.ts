/** What the SQLite back end promises of what it erases: nothing of it is left in any file, whenever it was killed. */

import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import { found, startChild, withFolder } from "../support/store_folder.ts";
import {
  bytes,
  createAccount,
  createAccounts,
  patterned,
  query,
  sampleAccount,
  sampleMessage,
} from "../support/store_samples.ts";

const noDomain = { domain: null };
const unreadCount = 150;

/** Every text of these is bob's alone; what others have of his mail is theirs. */
const private_ = [
  "for bob",
  "keys of bob",
  "key of bob",
  "ring of bob",
  "diary",
  "half an upload",
];

/** Fills the mailboxes of alice and bob so that pages split, overflow and merge. Bob reads every third. */
async function fill(store: Store): Promise<readonly [Account, Account]> {
  const [alice] = await createAccounts(store, ["alice"]) as [Account];
  const bob = await createAccount(
    store,
    sampleAccount("bob", {
      keys: { ...sampleAccount("bob").keys, recipient: "age1 keys of bob" },
    }),
  );
  const ring = { version: 1, sealed: bytes("ring of bob".repeat(3_000)) };
  await store.replaceKeyring(bob.id, { expectedVersion: 0, after: null, ...ring });
  for (let n = 0; n < unreadCount; n++) {
    const message = sampleMessage(alice.id, { key: `k${n}`, to: ["bob"], body: patterned(n * 97) });
    const [first] = message.recipients;
    const envelope = bytes(`envelope ${n} for bob `.repeat(1 + n % 7 * 60));
    const recipients = [{ ...first!, copy: { ...first!.copy, envelope } }];
    await store.send({ ...message, recipients });
    if (n % 3 === 0) await store.markRead(bob.id, [entryId(n + 1)], 3_000);
    if (n % 5 === 0) await store.deleteEntries(bob.id, [entryId(n + 1)]);
    await store.saveSummaries(bob.id, [{
      id: entryId(n + 1),
      summary: bytes("summary for bob".repeat(40)),
    }]);
  }
  await writeDiary(store, bob);
  return [alice, bob];
}

/** Bob's own mail: short, inline and uploaded. */
async function writeDiary(store: Store, bob: Account): Promise<void> {
  for (const [n, length] of [20, 5_000, 90_000].entries()) {
    const body = bytes(`diary ${n} `.repeat(length / 8));
    const key = `diary key ${n}`;
    await store.send(sampleMessage(bob.id, { key, tag: `diary tag ${n}`, to: ["bob"], body }));
  }
  const upload = await store.beginUpload(bob.id);
  await store.appendUpload(upload, 0, bytes("diary ".repeat(30_000)));
  await store.send(sampleMessage(bob.id, { key: "diary up", to: ["bob"], body: { upload } }));
  const open = await store.beginUpload(bob.id);
  await store.appendUpload(open, 0, bytes("half an upload".repeat(9_000)));
}

async function settleAll(store: Store): Promise<void> {
  while (await store.expireDue(null, 6_000));
}

/** Every message that bob had not read came back to alice, once, and nothing else did. */
async function assertBounced(store: Store): Promise<void> {
  const alice = (await store.findAccount(asAccountName("alice")))!;
  const { entries } = await store.list(query(alice.id));
  const notices = (await Promise.all(
    entries.map(({ id }) => store.bounced(alice.id, [id])),
  )).flat();
  const unread = Array.from({ length: unreadCount }, (_, n) => n)
    .filter((n) => n % 3 !== 0 && n % 5 !== 0).map((n) => n + 1);
  assert.deepEqual(notices.map(({ original }) => original).sort((a, b) => a - b), unread);
  assert.equal(entries.length, unread.length);
}

Deno.test("sqlite: nothing of a closed account is left in any file, while the store is open", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    try {
      const [, bob] = await fill(store);
      assert.equal((await found(folder, private_)).length >= private_.length, true);
      await store.closeAccount(bob.id, 5_000);
      await settleAll(store);
      assert.deepEqual(await found(folder, private_), []);
      await assertBounced(store);
    } finally {
      await store.close();
    }
    assert.deepEqual(await found(folder, private_), []);
  }));

Deno.test("sqlite: nothing of mail that expired is left once the log is written back", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    const [alice] = await createAccounts(store, ["alice", "bob"]);
    const body = bytes("hearsay ".repeat(2_000));
    const message = sampleMessage(alice!.id, { key: "k", to: ["bob"], body });
    await store.submit(message, { partial: false, unknown: [], expiresAt: 2_000 });
    await store.deleteEntries(alice!.id, [entryId(1)]);
    await settleAll(store);
    await store.deleteEntries(alice!.id, [entryId(2)]);
    await store.close();
    assert.deepEqual(await found(folder, ["hearsay", "for bob"]), []);
  }));

for (const lines of [1, 2, 3, 4, 5]) {
  Deno.test(`sqlite: killed after ${lines} steps of erasing, erases the rest and returns once`, () =>
    withFolder(async (folder) => {
      const first = await openStore(folder, noDomain);
      await fill(first);
      await first.close();
      const child = startChild(folder, "022", "./closing_child.ts");
      await child.acknowledged(lines);
      const said = await child.kill();
      assert.ok(said.length >= lines);
      const store = await openStore(folder, noDomain);
      try {
        assert.equal(await store.findAccount(asAccountName("bob")), null);
        await settleAll(store);
        await assertBounced(store);
        assert.deepEqual(await found(folder, private_), []);
      } finally {
        await store.close();
      }
    }));
}

Deno.test("sqlite: finds what is due by index", () =>
  withFolder(async (folder) => {
    await (await openStore(folder, noDomain)).close();
    const connection = new SqlConnection(`${folder}/mailctl.db`);
    const plan = (sql: string) =>
      connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail);
    const scans = [
      "SELECT id FROM message WHERE sender_id = 1 LIMIT 64",
      "SELECT id FROM entry WHERE account_id = 1 AND box IN ('inbox', 'sent') LIMIT 64",
      "SELECT entry_id FROM bounce WHERE message_id = 1 AND reason = 'expired'",
    ].flatMap(plan).filter((detail) => detail.startsWith("SCAN"));
    connection.close();
    assert.deepEqual(scans, []);
  }));

Deno.test("sqlite: what a reader keeps in the log is erased from it once the reader is gone", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    const [, bob] = await fill(store);
    const reader = new SqlConnection(`${folder}/mailctl.db`);
    reader.run("BEGIN");
    reader.get("SELECT count(*) FROM entry");
    await store.closeAccount(bob.id, 5_000);
    await settleAll(store);
    assert.notDeepEqual(await found(folder, private_), []);
    reader.close();
    await settleAll(store);
    assert.deepEqual(await found(folder, private_), []);
    await store.close();
  }));
