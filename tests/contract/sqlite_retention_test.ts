/** What the SQLite back end promises of mail that it keeps for a time only: cut off anywhere, by index, in short steps. */

import { asAccountName } from "../../src/model/address.ts";
import { accountId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { retentionOf } from "../../src/model/retention.ts";
import { verifyBackup, writeBackup } from "../../src/store/sqlite/backup/backup.ts";
import { openStore } from "../../src/store/open.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { announce } from "../../src/store/sqlite/rows/announcements.ts";
import { dueEntries, findToRetain } from "../../src/store/sqlite/retention.ts";
import type { Store } from "../../src/store/store.ts";
import { fillAndAnnounce, retainAll, retentionSample } from "../support/retention_sample.ts";
import { startChild, withFolder } from "../support/store_folder.ts";
import { createAccounts, query } from "../support/store_samples.ts";

const { keepMs, dueAt, messages } = retentionSample;
const retention = retentionOf(keepMs);
const noDomain = { domain: null };

/** Every message that bob had not read came back to alice, once, and his mailbox has the announcement only. */
async function assertGone(store: Store): Promise<void> {
  const [alice, bob] = await Promise.all(
    ["alice", "bob"].map((name) => store.findAccount(asAccountName(name))),
  );
  assert.equal((await store.list(query(bob!.id))).total, 1);
  const { entries } = await store.list(query(alice!.id));
  assert.equal(entries.filter(({ sealedBytes }) => sealedBytes === 0).length, 1, "with originals");
  const back = (await Promise.all(
    entries.map(({ id }) => store.bounced(alice!.id, [id])),
  )).flat().map(({ original }) => original);
  const unread = Array.from({ length: messages }, (_, n) => n + 1).filter((id) => id % 3 !== 1);
  assert.deepEqual(back.toSorted((a, b) => a - b), unread);
  assert.equal((await store.list(query(alice!.id, { box: "sent" }))).total, messages);
  await retainAll(store, retention, dueAt + 2 * 86_400_000);
  assert.equal((await store.list(query(alice!.id, { box: "sent" }))).total, 0);
}

/** What mailboxes and messages say that they hold, beside what there is; and bodies that nobody has. */
async function assertCounted(folder: string): Promise<void> {
  const connection = new SqlConnection(`${folder}/mailctl.db`);
  const wrong = connection.all(
    `SELECT account_id FROM mailbox WHERE (inbox, sent, unread, bytes) IS NOT (
       SELECT count(*) FILTER (WHERE box = 'inbox'), count(*) FILTER (WHERE box = 'sent'),
         count(*) FILTER (WHERE read_at IS NULL), coalesce(sum(sealed_bytes + length(envelope)), 0)
       FROM entry WHERE entry.account_id = mailbox.account_id)`,
  );
  const held = connection.all(
    `SELECT id FROM message WHERE holders IS NOT (id = 0) +
       (SELECT count(*) FROM entry WHERE message_id = message.id)`,
  );
  const loose = connection.all(
    `SELECT body.id FROM body WHERE NOT EXISTS (
       SELECT 1 FROM message WHERE message.body_id = body.id AND message.holders > 0)`,
  );
  connection.close();
  assert.deepEqual([wrong, held, loose], [[], [], []]);
  await writeBackup(folder, `${folder}.backup`);
  await verifyBackup(`${folder}.backup`);
}

Deno.test("sqlite: mail that is kept no longer goes with its bodies, and is counted right", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    await fillAndAnnounce(store);
    await retainAll(store, retention, dueAt);
    await assertGone(store);
    await store.close();
    await assertCounted(folder);
  }));

for (const lines of [1, 2, 3, 4]) {
  Deno.test(`sqlite: killed after ${lines} steps of letting mail go, returns all of it once`, () =>
    withFolder(async (folder) => {
      const first = await openStore(folder, noDomain);
      await fillAndAnnounce(first);
      await first.close();
      const child = startChild(folder, "022", "./retention_child.ts");
      await child.acknowledged(lines);
      await child.kill();
      const store = await openStore(folder, noDomain);
      await retainAll(store, retention, dueAt);
      await assertGone(store);
      await store.close();
      await assertCounted(folder);
    }));
}

/** Fills one mailbox behind the store's back: so many entries, each a second younger than the one before. */
function fillMailbox(connection: SqlConnection, count: number, newest: number): void {
  connection.execute("BEGIN");
  for (let id = 1; id <= count; id++) {
    const at = newest - (count - id) * 1000;
    connection.run(
      `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, sealed_bytes,
         envelope_digest, envelope)
       VALUES (1, ?, 'inbox', 1, 0, ?, ?, 0, zeroblob(32), zeroblob(1500))`,
      id,
      at,
      at,
    );
  }
  connection.run(
    "UPDATE mailbox SET inbox = ?, unread = ?, next_entry = ?, latest = ?",
    count,
    count,
    count + 1,
    newest,
  );
  connection.execute("COMMIT");
}

Deno.test("sqlite: 100,000 messages are looked at, announced and found due by index", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    await createAccounts(store, ["alice"]);
    await store.close();
    const connection = new SqlConnection(`${folder}/mailctl.db`);
    const rows = 100_000;
    fillMailbox(connection, rows, dueAt);
    const plans = new Set<string>();
    const seeing = new Proxy(connection, {
      get: (target, name: keyof SqlConnection) => {
        if (name !== "all" && name !== "get" && name !== "one" && name !== "run") {
          return target[name];
        }
        return (sql: string, ...values: never[]) => {
          if (/^\s*SELECT/.test(sql)) {
            const plan = target.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values);
            for (const { detail } of plan) plans.add(detail);
          }
          return (target[name] as (...given: unknown[]) => unknown).call(target, sql, ...values);
        };
      },
    });
    const look = { accountId: accountId(1), retention: retentionOf(keepMs), now: dueAt + keepMs };
    assert.equal(findToRetain(seeing, look, 0).found, 1);
    announce(seeing, look);
    const later = { ...look, now: look.now + 7 * 86_400_000 };
    assert.equal(dueEntries(seeing, later).length, 64);
    const [told] = connection.all<{ messages: number }>("SELECT messages FROM retention_notice");
    assert.equal(told!.messages, rows);
    const bad = [...plans].filter((detail) => /SCAN (?!CONSTANT)|TEMP B-TREE/.test(detail));
    connection.close();
    assert.deepEqual(bad, []);
    assert.ok([...plans].some((detail) => /COVERING INDEX entry_by_box/.test(detail)), "counted");
  }));
