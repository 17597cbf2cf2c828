/** What the SQLite back end promises of a server that is killed: all it acknowledged is there, nothing by halves. */

import { asAccountName } from "../../src/model/address.ts";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import type { AccountId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import type { Box } from "../../src/model/message.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import type { Store } from "../../src/store/store.ts";
import { startChild, withFolder } from "../support/store_folder.ts";
import { bytes, query, readBody } from "../support/store_samples.ts";

const decoder = new TextDecoder();

for (const count of [1, 40, 300]) {
  Deno.test(`sqlite: killed after ${count} sends, keeps each and none by halves`, () =>
    withFolder(async (folder) => {
      const child = startChild(folder);
      await child.acknowledged(count);
      const acknowledged = await child.kill();
      assert.ok(acknowledged.length >= count);
      const store = await openStore(folder, { domain: null });
      try {
        await assertKept(store, acknowledged);
      } finally {
        await store.close();
      }
    }));
}

async function assertKept(store: Store, acknowledged: readonly string[]): Promise<void> {
  const alice = (await store.findAccount(asAccountName("alice")))!;
  const bob = (await store.findAccount(asAccountName("bob")))!;
  for (const key of acknowledged) {
    assert.ok(await store.findSend(alice.id, asIdempotencyKey(bytes(key))), key);
  }
  const sent = await everything(store, alice.id, "sent");
  const inbox = await everything(store, bob.id, "inbox");
  assert.deepEqual(inbox.map(keyOf), sent.map(keyOf));
  for (const entry of inbox) {
    const body = await readBody(store, bob.id, entry.id);
    const seed = Number(keyOf(entry).slice("key-".length));
    assert.equal(body.length, seed % 4 === 0 ? 120_000 : 2_000);
    assert.equal(body.length, entry.sealedBytes);
  }
}

/** Lists a whole box by pages, checking its counts against what is there. */
async function everything(store: Store, accountId: AccountId, box: Box): Promise<Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const before = all.at(-1)?.id ?? null;
    const { total, entries } = await store.list(query(accountId, { box, before }));
    all.push(...entries);
    if (entries.length > 0) continue;
    assert.equal(total, all.length);
    return all;
  }
}

function keyOf(entry: Entry): string {
  return decoder.decode(entry.envelope!).split(" ")[2]!;
}
