/** Mail that comes and is deleted without end: a mailbox of any quota must not fill the disk with what nobody asks for again. */
import assert from "node:assert/strict";
import { asIdempotencyKey } from "../../src/model/digests.ts";
import { openStore } from "../../src/store/open.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { withFolder } from "../support/store_folder.ts";
import { bytes, createAccounts, query, sampleMessage } from "../support/store_samples.ts";

const times = 20;

/** One message is there before anything comes: that of what the server says by itself. */
function rowsOf(folder: string): Record<string, number> {
  const connection = new SqlConnection(`${folder}/mailctl.db`);
  try {
    const count = (table: string) =>
      connection.one<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).n;
    return Object.fromEntries(["entry", "message", "delivery"].map((t) => [t, count(t)]));
  } finally {
    connection.close();
  }
}

Deno.test("what was deleted leaves rows of sends alone, by whose keys a late repeat is known", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, { domain: null });
    const [bob] = await createAccounts(store, ["bob", "alice"]);
    const { id: accountId } = bob!;
    const empty = async () => {
      const { entries } = await store.list(query(accountId, { limit: 200 }));
      const sent = await store.list(query(accountId, { box: "sent", limit: 200 }));
      await store.deleteEntries(accountId, [...entries, ...sent.entries].map(({ id }) => id));
    };
    for (let n = 0; n < times; n++) {
      const sample = sampleMessage(accountId, { key: `k${n}`, to: ["bob"] });
      const { body, own: copy, recipients, storedAt } = sample;
      const key = asIdempotencyKey(bytes(`another ${n}`));
      const appended = { accountId, idempotencyKey: key, box: "inbox", isRead: true } as const;
      await store.append({ ...appended, storedAt, body, copy, filing: null });
      const from = { account: null, addresses: [] };
      await store.receive({ key, storedAt, from, body, recipients });
      await store.send(sample);
      await empty();
    }
    await store.close();
    assert.deepEqual(rowsOf(folder), { entry: 0, message: 1 + times, delivery: 0 });
  }));
