/** What the SQLite back end promises of mail that burns: once it was read, nothing of it is left in any file. */

import { asAccountName } from "../../src/model/address.ts";
import { entryId, type UploadId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import type { Account } from "../../src/store/account_store.ts";
import type { Store } from "../../src/store/store.ts";
import { found, startChild, withFolder } from "../support/store_folder.ts";
import { bytes, createAccounts, query, readBody, sampleMessage } from "../support/store_samples.ts";

const noDomain = { domain: null };
const secrets = ["Swordfish", "for bob", "summary of it", "outline of it"];
/** In the message's own row, in chunks, as an upload. */
const lengths = { short: 20, inline: 90_000, upload: 400_000 };

async function sendBurning(store: Store, { id }: Account): Promise<void> {
  for (const [key, length] of Object.entries(lengths)) {
    const content = bytes("Swordfish ".repeat(length / 10));
    let body: Uint8Array | { upload: UploadId } = content;
    if (key === "upload") {
      body = { upload: await store.beginUpload(id) };
      for (let at = 0; at < length; at += 200_000) {
        await store.appendUpload(body.upload, at / 200_000, content.slice(at, at + 200_000));
      }
    }
    const terms = { partial: false, unknown: [], expiresAt: null, burn: true };
    await store.submit(sampleMessage(id, { key, to: ["bob"], body }), terms);
  }
}

async function readAll(store: Store, { id }: Account): Promise<void> {
  for (const entry of (await store.list(query(id))).entries) {
    await store.saveSummaries(id, [{ id: entry.id, summary: bytes("summary of it") }]);
    await store.saveOutlines(id, [{ id: entry.id, sealed: bytes("outline of it") }]);
    assert.equal((await readBody(store, id, entry.id)).length, entry.sealedBytes);
    await store.markRead(id, [entry.id], 2_000);
  }
}

Deno.test("sqlite: nothing of what burnt is left in any file, while the store is open", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    try {
      const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
      await sendBurning(store, alice!);
      assert.notDeepEqual(await found(folder, secrets), []);
      await readAll(store, bob!);
      assert.deepEqual(await found(folder, secrets), []);
      const { entries } = await store.list(query(alice!.id, { box: "sent" }));
      assert.deepEqual(entries.map(({ sealedBytes }) => sealedBytes), [0, 0, 0]);
    } finally {
      await store.close();
    }
  }));

Deno.test("sqlite: what a reader of the log keeps of what burnt goes once that is gone", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, noDomain);
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    await sendBurning(store, alice!);
    const reader = new SqlConnection(`${folder}/mailctl.db`);
    reader.run("BEGIN");
    reader.get("SELECT count(*) FROM entry");
    await readAll(store, bob!);
    assert.notDeepEqual(await found(folder, secrets), []);
    reader.close();
    await store.expireDue(null, 3_000);
    assert.deepEqual(await found(folder, secrets), []);
    await store.close();
  }));

for (const count of [1, 3, 12]) {
  Deno.test(`sqlite: killed after ${count} marks, what was marked is gone, what was not is whole`, () =>
    withFolder(async (folder) => {
      const child = startChild(folder, "022", "./burning_child.ts");
      await child.acknowledged(count);
      const marked = (await child.kill()).map(Number);
      const store = await openStore(folder, noDomain);
      try {
        const bob = (await store.findAccount(asAccountName("bob")))!;
        const { entries } = await store.list(query(bob.id));
        const left = entries.map(({ id }) => id);
        assert.deepEqual(marked.filter((id) => left.includes(entryId(id))), []);
        assert.deepEqual(await found(folder, marked.map((id) => `<secret ${id}>`)), []);
        for (const id of left) {
          const body = new TextDecoder().decode(await readBody(store, bob.id, id));
          assert.ok(body.includes(`<secret ${id}>`));
        }
      } finally {
        await store.close();
      }
    }));
}
