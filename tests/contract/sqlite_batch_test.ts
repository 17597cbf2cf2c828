/** What group commit costs: savepoints only where a job fails, and a wait for the disk only where somebody relies on it. */
import assert from "node:assert/strict";
import { uploadId } from "../../src/model/ids.ts";
import { runBatch } from "../../src/store/sqlite/batch.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import type { Job } from "../../src/store/sqlite/jobs.ts";
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

const chunk = { name: "appendUpload", asked: [uploadId(1), 0, new Uint8Array(8)] } as const;
const account = { name: "createAccount", asked: [sampleAccount("alice")] } as const;
const syncs: readonly [name: string, jobs: readonly Pick<Job, "name" | "asked">[], is: number][] = [
  ["chunks of an upload", [chunk, chunk], 1],
  ["a chunk that fails", [{ ...chunk, asked: [uploadId(2), 0, new Uint8Array(8)] }], 1],
  ["a chunk and an account", [chunk, account], 2],
  ["an account", [account], 2],
];

for (const [name, jobs, expected] of syncs) {
  const way = expected === 2 ? "waits" : "does not wait";
  Deno.test(`sqlite: a batch of ${name} ${way} for the disk, and the next one does`, () => {
    const connection = new SqlConnection(":memory:");
    migrate(connection, ":memory:");
    const synced: number[] = [];
    const run = connection.run.bind(connection);
    connection.run = (sql, ...values) => {
      if (/^(COMMIT|ROLLBACK)/.test(sql)) synced.push(synchronousOf(connection));
      return run(sql, ...values);
    };
    runBatch(connection, jobs.map((job) => ({ ...job, actor: null, request: null })));
    assert.deepEqual(new Set(synced), new Set([expected]));
    assert.equal(synchronousOf(connection), 2);
    connection.close();
  });
}

/** 1 is NORMAL, 2 is FULL. */
function synchronousOf(connection: SqlConnection): number {
  return connection.one<{ synchronous: number }>("PRAGMA synchronous").synchronous;
}
