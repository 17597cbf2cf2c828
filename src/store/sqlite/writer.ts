/**
 * The Worker that owns the only writing connection. It answers every batch with its outcomes, in order;
 * an error outside a job ends it, and the main thread then refuses all writes.
 */
import { freeBytes } from "../../model/bytes.ts";
import type { AccountId } from "../../model/ids.ts";
import { type JobOutcome, runBatch } from "./batch.ts";
import { busyTimeoutMs, SqlConnection } from "./connection.ts";
import type { Asked, Job } from "./jobs.ts";

/** How long emptying the log may keep every send waiting. */
const graceMs = 50;

/** The first thing the Worker is told. */
export interface WriterOptions {
  readonly path: string;
  /** Pages the database may grow to; null: as far as the disk goes. */
  readonly maxPages: number | null;
}

/** What the Worker is told: once to open, then batches, at last null to close. */
export type WriterRequest = WriterOptions | readonly Job[] | null;
/** Accounts that mail may have come for, and those in whose mailbox anything may have changed. */
export interface ChangedAccounts {
  readonly changedInboxes: readonly AccountId[];
  readonly changedMailboxes: readonly AccountId[];
}
/** What it answers to a batch: what became of each job, and whom it concerns. */
export interface BatchReply extends ChangedAccounts {
  readonly outcomes: readonly JobOutcome[];
}
/** What it answers to a batch and to closing. */
export type WriterReply = BatchReply | null;

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<WriterRequest>) => void;
  postMessage(reply: WriterReply): void;
};

port.onmessage = ({ data: options }) => {
  const connection = openWriter(options as WriterOptions);
  port.onmessage = ({ data }) => {
    port.postMessage(data === null ? close(connection) : run(connection, data as readonly Job[]));
  };
};

function close(connection: SqlConnection): null {
  connection.close();
  return null;
}

function run(connection: SqlConnection, batch: readonly Job[]): BatchReply {
  const outcomes: JobOutcome[] = runBatch(connection, batch);
  // A checkpoint cannot be part of a transaction: it comes behind the batch.
  const at = batch.findIndex(({ name }) => name === "truncateLog");
  if (at >= 0) outcomes[at] = { value: truncateLog(connection) };
  for (const { name, asked } of batch) {
    if (name === "appendUpload") freeBytes((asked as Asked<"appendUpload">)[2]);
  }
  const changedInboxes = emptied(connection.changedInboxes);
  return { outcomes, changedInboxes, changedMailboxes: emptied(connection.changedMailboxes) };
}

function emptied<T>(set: Set<T>): T[] {
  const all = [...set];
  set.clear();
  return all;
}

/** Empties the WAL, where erased content may stand; false where somebody else reads it, or no room is left to. */
function truncateLog(connection: SqlConnection): boolean {
  connection.get(`PRAGMA busy_timeout = ${graceMs}`);
  try {
    return connection.one<{ busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)").busy === 0;
  } catch {
    return false;
  } finally {
    connection.get(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }
}

function openWriter({ path, maxPages }: WriterOptions): SqlConnection {
  const connection = new SqlConnection(path);
  connection.execute("PRAGMA secure_delete = ON"); // what is deleted is overwritten
  if (maxPages !== null) connection.execute(`PRAGMA max_page_count = ${maxPages}`);
  return connection;
}
