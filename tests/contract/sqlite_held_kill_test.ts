/** What the SQLite back end promises of held mail when it is killed: each is delivered once or cancelled, never both. */

import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { startChild, withFolder } from "../support/store_folder.ts";
import { query } from "../support/store_samples.ts";
import { asAccountName } from "../../src/model/address.ts";

const keyOf = (envelope: Uint8Array | null) => new TextDecoder().decode(envelope!).split(" ")[2]!;

for (const lines of [1, 30, 120]) {
  Deno.test(`sqlite: killed after ${lines} steps of releasing and cancelling, each is one of both`, () =>
    withFolder(async (folder) => {
      const child = startChild(folder, "022", "./releasing_child.ts");
      await child.acknowledged(lines);
      const said = await child.kill();
      const cancelled = said.filter((line) => line.startsWith("cancelled "))
        .map((line) => line.slice("cancelled ".length));
      const store = await openStore(folder, { domain: null });
      try {
        while (await store.deliverDue(2_000));
        while (await store.deliverDue(2_000));
        const [alice, bob] = [
          await store.findAccount(asAccountName("alice")),
          await store.findAccount(asAccountName("bob")),
        ];
        const sent = (await store.list(query(alice!.id, { box: "sent", limit: 1_000 }))).entries;
        const inbox = (await store.list(query(bob!.id, { limit: 1_000 }))).entries;
        const got = inbox.map(({ envelope }) => keyOf(envelope));
        const taken = sent.filter(({ cancelledAt }) => cancelledAt !== null)
          .map(({ envelope }) => keyOf(envelope));
        assert.equal(new Set(got).size, got.length);
        assert.deepEqual([...got, ...taken].sort(), sent.map((e) => keyOf(e.envelope)).sort());
        assert.deepEqual(cancelled.filter((key) => !taken.includes(key)), []);
        assert.ok(sent.every(({ heldUntil }) => heldUntil === null));
      } finally {
        await store.close();
      }
    }));
}

Deno.test("sqlite: finds what is held by index", () =>
  withFolder(async (folder) => {
    await (await openStore(folder, { domain: null })).close();
    const connection = new SqlConnection(`${folder}/mailctl.db`);
    const scans = [
      "SELECT deliver_at FROM held INDEXED BY held_due WHERE cancelled_at IS NULL ORDER BY deliver_at LIMIT 1",
      `SELECT held.message_id FROM held INDEXED BY held_due JOIN message ON message.id = held.message_id
       WHERE cancelled_at IS NULL AND deliver_at <= 1 ORDER BY deliver_at, held.message_id LIMIT 4`,
      "SELECT id FROM held_copy WHERE message_id = 1 ORDER BY position",
      "UPDATE held SET cancelled_at = 1 WHERE sender_id = 1 AND cancelled_at IS NULL",
    ].flatMap((sql) => connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`))
      .map(({ detail }) => detail)
      .filter((detail) =>
        /^SCAN (?!held USING (COVERING )?INDEX held_due$)|TEMP B-TREE/.test(detail)
      );
    connection.close();
    assert.deepEqual(scans, []);
  }));
