/** Group commit costs savepoints only where a job fails. */
import assert from "node:assert/strict";
import { runBatch } from "../../src/store/sqlite/batch.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { migrate } from "../../src/store/sqlite/migrate.ts";
import { sampleAccount } from "../support/store_samples.ts";

const cases: readonly [names: string[], outcomes: string[], savepoints: number][] = [
  [["alice"], ["done"], 0],
  [["alice", "bob", "carol"], ["done", "done", "done"], 0],
  [["alice", "alice"], ["done", "name_taken"], 2],
  [["alice", "alice", "bob", "bob"], ["done", "name_taken", "done", "name_taken"], 4],
];

for (const [names, outcomes, savepoints] of cases) {
  Deno.test(`sqlite: a batch of ${names} sets ${savepoints} savepoints`, () => {
    const connection = new SqlConnection(":memory:");
    migrate(connection, ":memory:");
    const statements: string[] = [];
    const run = connection.run.bind(connection);
    connection.run = (sql, ...values) => {
      statements.push(sql);
      return run(sql, ...values);
    };
    const jobs = names.map((name) =>
      ({ name: "createAccount", asked: [sampleAccount(name)], actor: null, request: null }) as const
    );
    const seen = runBatch(connection, jobs);
    assert.deepEqual(seen.map((one) => "failure" in one ? one.failure.code : "done"), outcomes);
    assert.equal(statements.filter((sql) => sql.startsWith("SAVEPOINT")).length, savepoints);
    const stored = connection.one<{ count: number }>(
      "SELECT count(*) AS count FROM account WHERE name IN ('alice', 'bob', 'carol')",
    );
    assert.equal(stored.count, outcomes.filter((one) => one === "done").length);
    connection.close();
  });
}
