/** Group commit: many jobs in one transaction, where one that fails takes no other with it. */
import type { FailureCode, Hint } from "../../model/errors.ts";
import { type SqlConnection, wrapError } from "./connection.ts";
import { type Job, runJob } from "./jobs.ts";

/** What became of a job, in a form that survives the way between threads. */
export type JobOutcome =
  | { readonly value: unknown }
  | { readonly failure: Failure };

interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: Hint | undefined;
  readonly cause: string | undefined;
}

/**
 * Runs the jobs in order and returns one outcome each; whatever has a value is on disk. Chunks of uploads need not be:
 * nothing has them before a send takes them, whose commit syncs the log with all that was written before.
 */
export function runBatch(connection: SqlConnection, batch: readonly Job[]): JobOutcome[] {
  const isUpload = batch.every(({ name }) => name === "appendUpload");
  const work = () => runJobs(connection, batch);
  return isUpload ? connection.unsynced(work) : work();
}

/** Jobs seldom fail: savepoints, which take an eighth of the time, are only set once one of a batch did. */
function runJobs(connection: SqlConnection, batch: readonly Job[]): JobOutcome[] {
  const [only] = batch;
  if (batch.length === 1) return [runAlone(connection, only!)];
  return runTogether(connection, batch) ?? runGuarded(connection, batch);
}

/** Null: one of the jobs failed, so nothing of them was done. */
function runTogether(connection: SqlConnection, batch: readonly Job[]): JobOutcome[] | null {
  try {
    return connection.transaction(
      "IMMEDIATE",
      () => batch.map((job) => ({ value: runJob(connection, job) })),
    );
  } catch {
    return null;
  }
}

function runGuarded(connection: SqlConnection, batch: readonly Job[]): JobOutcome[] {
  try {
    return connection.transaction(
      "IMMEDIATE",
      () => batch.map((job) => runInside(connection, job)),
    );
  } catch {
    // All is lost, as when the disk is full: alone, only those that really cannot be done fail.
    return batch.map((job) => runAlone(connection, job));
  }
}

function runInside(connection: SqlConnection, job: Job): JobOutcome {
  connection.run("SAVEPOINT job");
  try {
    const value = runJob(connection, job);
    connection.run("RELEASE job");
    return { value };
  } catch (error) {
    if (!connection.inTransaction) throw error;
    connection.run("ROLLBACK TO job");
    connection.run("RELEASE job");
    return failed(error);
  }
}

function runAlone(connection: SqlConnection, job: Job): JobOutcome {
  try {
    return { value: connection.transaction("IMMEDIATE", () => runJob(connection, job)) };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): JobOutcome {
  const { code, message, hint, cause } = wrapError(error);
  const text = cause instanceof Error ? cause.stack ?? cause.message : undefined;
  return { failure: { code, message, hint, cause: text } };
}
