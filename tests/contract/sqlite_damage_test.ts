/** A disk under SQLite that gives back what was never written: who sends is to try again. */
import assert from "node:assert/strict";
import { openSqlite } from "../../src/store/sqlite/sqlite.ts";
import { sampleMessage } from "../support/store_samples.ts";
import { withFolder } from "../support/store_folder.ts";
import { createAccounts } from "../support/store_samples.ts";

Deno.test("sqlite: a damaged database is the disk's failure, not a defect", () =>
  withFolder(async (folder) => {
    const store = await openSqlite(folder, { domain: null });
    const [alice] = await createAccounts(store, ["alice", "bob"]);
    await store.send(sampleMessage(alice!.id, { key: "one", to: ["bob"] }));
    await store.close();
    const file = await Deno.open(`${folder}/mailctl.db`, { read: true, write: true });
    await file.seek(4096, Deno.SeekMode.Start);
    const { size } = await file.stat();
    await file.write(new Uint8Array(size - 4096).fill(0xa5));
    file.close();
    const use = async () => {
      const damaged = await openSqlite(folder, { domain: null });
      try {
        await damaged.send(sampleMessage(alice!.id, { key: "two", to: ["bob"] }));
      } finally {
        await damaged.close();
      }
    };
    await assert.rejects(use, { code: "storage_failed", message: /SQLITE_CORRUPT/ });
  }));
