/** Copies of a store in one file: made while a server uses it, checked, and put back in the place of another. */
import { hash } from "node:crypto";
import { reasonOf } from "../../../files/file_failure.ts";
import type { EnvelopeDigest } from "../../../model/digests.ts";
import { MailError } from "../../../model/errors.ts";
import { isNoDatabase, SqlConnection, wrapError } from "../connection.ts";
import { databaseIn } from "../files.ts";
import { AnotherDatabase, markBackup, schemaVersion } from "../migrate.ts";
import { countedBytes } from "../rows/entry.ts";
import { appendDigest, checkDigest } from "./digest.ts";
import { replaceStore } from "./replacing.ts";
import { writing } from "./writing.ts";

/** What is in a backup, as far as nobody has to open it. */
export interface BackupSummary {
  readonly domain: string;
  /** Of the tables. */
  readonly schema: number;
  readonly accounts: number;
  readonly messages: number;
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Writes the store of a data folder, as it is at one moment, into the empty file `path`, which is to be called `name`.
 * A server may go on using it.
 * @throws {MailError} `configuration` where there is no store, `cannot_create`
 */
export async function writeBackup(folder: string, path: string, name = path): Promise<void> {
  const database = databaseIn(folder);
  if (database === null) {
    throw new MailError("configuration", `Cannot find a database in ${folder}`, {
      hint: "Run this command on the server's machine, with the --data of `mailctl serve`.",
    });
  }
  const connection = new SqlConnection(database);
  try {
    connection.run("BEGIN");
    schemaVersion(connection, database); // from here on it is one moment, whatever the server writes
    await writing(name, async () => {
      await connection.copyInto(path);
      makeOneFile(path);
      await appendDigest(path, name);
    });
  } catch (error) {
    throw wrapError(error);
  } finally {
    connection.close();
  }
}

/** A copy keeps its log in files of its own, as the original does, until it is told otherwise. */
function makeOneFile(path: string): void {
  const copy = new SqlConnection(path);
  try {
    markBackup(copy);
    copy.run("PRAGMA journal_mode = DELETE"); // prepared: exec would not tell of a full disk
  } finally {
    copy.close();
  }
}

/**
 * Checks a backup: every byte against the digest at its end; then what the database promised of itself when it was
 * copied: its structure, its counts, and every envelope. Changes nothing.
 * @throws {MailError} `no_input`, `malformed` for another program's file and for a damaged one, `configuration` for a
 * newer mailctl's
 */
export async function verifyBackup(path: string): Promise<BackupSummary> {
  const source = openBackup(path);
  try {
    return await checked(source, path);
  } catch (error) {
    throw wrapError(error);
  } finally {
    source.close();
  }
}

/**
 * Puts a backup in the place of what is in a data folder, wholly or not at all, after checking it.
 * @throws {MailError} what `verifyBackup` refuses; `cannot_create` where the disk is full, or accounts are there
 * already, unless `force`; `configuration` where a server uses the folder; `storage_full` and others once the backup has
 * the place, and what is left has to be done by a server
 */
export async function restoreBackup(
  path: string,
  folder: string,
  { force }: { readonly force: boolean },
): Promise<BackupSummary> {
  const source = openBackup(path);
  try {
    const summary = await checked(source, path);
    await replaceStore(source, folder, force);
    return summary;
  } catch (error) {
    throw wrapError(error);
  } finally {
    source.close();
  }
}

function openBackup(path: string): SqlConnection {
  try {
    Deno.openSync(path).close();
  } catch (cause) {
    throw new MailError("no_input", `Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  if (Deno.statSync(path).isDirectory) {
    throw new MailError("no_input", `Cannot read ${path}: it is a folder`);
  }
  return new SqlConnection(path, { readOnly: true });
}

async function checked(connection: SqlConnection, path: string): Promise<BackupSummary> {
  const digest = await checkDigest(path);
  if (digest === "other") throw changed(path, "its bytes are not those that were written");
  const schema = schemaOf(connection, path);
  if (digest === "none") throw changed(path, "the digest at its end is missing or damaged");
  const problem = firstProblem(connection, schema);
  if (problem !== null) throw damaged(path, problem);
  const count = (sql: string) =>
    connection.one<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`).n;
  return {
    domain: connection.one<{ domain: string }>("SELECT domain FROM meta").domain,
    schema,
    accounts: count("mailbox"), // what was closed has none
    messages: count("entry"),
    bytes: Deno.statSync(path).size,
  };
}

/** What a store promises of itself since a version of its schema, as queries that find nothing. */
const promises: readonly (readonly [since: number, problem: string, sql: string])[] = [
  [1, "a row refers to a missing row", "SELECT 1 FROM pragma_foreign_key_check"],
  [
    1,
    "a part of a keyring is not what was stored",
    "SELECT 1 FROM keyring WHERE tag IS NOT substr(sealed, -16)",
  ],
  [
    1,
    "a mailbox has a wrong count of messages",
    `SELECT 1 FROM mailbox LEFT JOIN (
       SELECT account_id, sum(box = 'inbox') AS inbox_entries, sum(box = 'sent') AS sent_entries,
         sum(read_at IS NULL) AS unread_entries,
         sum(aside AND box = 'inbox') AS inbox_entries_aside,
         sum(aside AND box = 'sent') AS sent_entries_aside,
         sum(aside AND read_at IS NULL) AS unread_entries_aside
       FROM entry GROUP BY account_id
     ) USING (account_id)
     WHERE (mailbox.inbox, mailbox.sent, mailbox.unread, inbox_aside, sent_aside, unread_aside) IS NOT
       (coalesce(inbox_entries, 0), coalesce(sent_entries, 0), coalesce(unread_entries, 0),
        coalesce(inbox_entries_aside, 0), coalesce(sent_entries_aside, 0),
        coalesce(unread_entries_aside, 0))`,
  ],
  [
    1,
    "a message has no filing",
    "SELECT 1 FROM entry LEFT JOIN filing USING (account_id, id) WHERE place IS NULL",
  ],
  [
    1,
    "an outline is of no message",
    `SELECT 1 FROM outline WHERE NOT EXISTS (SELECT 1 FROM entry
       WHERE entry.account_id = outline.account_id AND box IN ('inbox', 'sent') AND entry.id = outline.id)`,
  ],
  [
    1,
    "a mailbox has a wrong count of bytes",
    `SELECT 1 FROM mailbox LEFT JOIN (
       SELECT account_id, sum(${countedBytes} + coalesce(length(sealed), 0)) AS entry_bytes
       FROM entry JOIN filing USING (account_id, id) GROUP BY account_id
     ) USING (account_id)
     WHERE mailbox.bytes IS NOT coalesce(entry_bytes, 0)`,
  ],
  [
    1,
    "a part of a body is missing",
    `SELECT 1 FROM body LEFT JOIN (
       SELECT body_id, count(*) AS chunks, sum(length(data)) AS bytes FROM body_chunk GROUP BY body_id
     ) AS real ON real.body_id = body.id
     WHERE body.holders > 0 AND (body.chunks, body.bytes) IS NOT (real.chunks, real.bytes)`,
  ],
];

/** The first question: a file that was cut may have no answer. */
function schemaOf(connection: SqlConnection, path: string): number {
  try {
    return schemaVersion(connection, path);
  } catch (error) {
    if (error instanceof AnotherDatabase || isNoDatabase(error)) throw noBackup(path, error);
    const failure = wrapError(error);
    throw failure.code === "internal" || failure.code === "storage_failed"
      ? changed(path, "its structure is damaged")
      : failure;
  }
}

function noBackup(path: string, cause: unknown): MailError {
  const message = `Cannot use ${path}: it is not a backup of mailctl`;
  return new MailError("malformed", message, { cause });
}

/** What became of the file after it was written. */
function changed(path: string, problem: string): MailError {
  return new MailError("malformed", `Cannot use the backup ${path}: ${problem}`, {
    hint: "Copy it once more from where it was made, or use another backup.",
  });
}

/** What was wrong with the database before. */
function damaged(path: string, problem: string): MailError {
  return new MailError("malformed", `Cannot use the backup ${path}: ${problem}`, {
    hint: "Use an older backup. The database was damaged before this one was made.",
  });
}

function firstProblem(connection: SqlConnection, schema: number): string | null {
  const [found] = Object.values(connection.one<object>("PRAGMA integrity_check(1)"));
  if (found !== "ok") return `its structure is damaged: ${found}`;
  for (const [since, problem, sql] of promises) {
    if (schema >= since && connection.get(`${sql} LIMIT 1`) !== undefined) return problem;
  }
  return damagedEnvelope(connection);
}

function damagedEnvelope(connection: SqlConnection): string | null {
  const entries = connection.iterate<{ digest: EnvelopeDigest; envelope: Uint8Array }>(
    // a notice of what its sender deleted before has none
    "SELECT envelope_digest AS digest, envelope FROM entry WHERE length(envelope) > 0",
  );
  for (const { digest, envelope } of entries) {
    if (hash("sha256", envelope) !== digest.toHex()) return "an envelope is not what was stored";
  }
  return null;
}
