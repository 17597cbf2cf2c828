/** What the SQLite back end promises of quotas and accounts beyond the contract: indexes and counts. */

import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { describeAccounts } from "../../src/store/sqlite/administration.ts";
import { migrate } from "../../src/store/sqlite/migrate.ts";
import { seeded } from "../support/mime.ts";
import { startChild, withFolder } from "../support/store_folder.ts";
import { StoreModel } from "../support/store_model.ts";
import { createAccounts } from "../support/store_samples.ts";
import { asAccountName } from "../../src/model/address.ts";

Deno.test("sqlite: accounts are paged by index only", () => {
  const connection = new SqlConnection(":memory:");
  migrate(connection, ":memory:");
  const plans: string[] = [];
  const explained = {
    all: (sql: string, ...values: never[]) => {
      const plan = connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values);
      plans.push(plan.map(({ detail }) => detail).join("\n"));
      return [];
    },
  };
  describeAccounts(explained as unknown as SqlConnection, {
    prefix: "a",
    after: asAccountName("ab"),
    limit: 5,
  });
  assert.match(plans[0]!, /SEARCH account USING INDEX \S+ \(name>\? AND name<\?\)/);
  assert.doesNotMatch(plans[0]!, /SCAN|TEMP B-TREE/);
  connection.close();
});

/** What mailboxes say that they hold, beside what there is in them. */
function recount(folder: string): { name: string; told: number; real: number }[] {
  const connection = new SqlConnection(`${folder}/mailctl.db`);
  try {
    return connection.all(
      `SELECT name, bytes AS told, (SELECT coalesce(sum(sealed_bytes + length(envelope)), 0)
         FROM entry WHERE entry.account_id = account.id) AS real
       FROM account JOIN mailbox ON mailbox.account_id = account.id`,
    );
  } finally {
    connection.close();
  }
}

function requireCounted(folder: string): void {
  const accounts = recount(folder);
  assert.ok(accounts.some(({ real }) => real > 0));
  for (const { name, told, real } of accounts) assert.equal(told, real, name);
}

Deno.test("sqlite: mailboxes are counted to the byte after whatever was sent, read and deleted", () =>
  withFolder(async (folder) => {
    const store = await openStore(folder, { domain: "example.org" });
    const model = new StoreModel(await createAccounts(store, ["alice", "bob", "carol"]));
    const random = seeded(50);
    for (let step = 0; step < 150; step++) await model.act(store, random);
    await store.close();
    requireCounted(folder);
  }));

Deno.test("sqlite: mailboxes are counted to the byte after kill -9", () =>
  withFolder(async (folder) => {
    const child = startChild(folder);
    await child.acknowledged(100);
    await child.kill();
    await (await openStore(folder, { domain: null })).close();
    requireCounted(folder);
  }));
