/**
 * Sealed bodies, in SQL. A short one is part of its message's row. A long one is rows of chunks: an upload until a
 * message takes it; once that has let go of it, `sweep` deletes its chunks a few at a time.
 */
import { limits } from "../../model/limits.ts";
import { badChunk, noSuchMessage, noSuchUpload } from "../failures.ts";
import type { Connection } from "./connection.ts";
import { ofAccount } from "./schema.ts";
import type { NewMessage } from "../send_store.ts";

/** At most 8 MiB a transaction: a deleted body of any size keeps no send waiting for long. */
const sweptChunks = 32;

/** What a message with a short body changes is one page or few, even when only its count of entries does. */
const shortBytes = 8 * 1024;

/** The body of a message, in its own row or as chunks. */
export interface HeldBody {
  readonly id: number | null;
  readonly short: Uint8Array | null;
  readonly bytes: number;
}

export function beginUpload(connection: Connection, accountId: number): number {
  return connection.insert("INSERT INTO body (account_id) VALUES (?)", accountId);
}

export function appendUpload(
  connection: Connection,
  { upload, chunk }: { upload: number; chunk: Uint8Array },
): void {
  if (chunk.length < 1 || chunk.length > limits.chunkBytes) {
    throw badChunk(chunk.length, limits.chunkBytes);
  }
  const open = connection.get<{ chunks: number }>(
    `UPDATE body SET bytes = bytes + ?, chunks = chunks + 1 WHERE id = ? AND holders IS NULL
     RETURNING chunks`,
    chunk.length,
    upload,
  );
  if (open === undefined) throw noSuchUpload(upload);
  insertChunk(connection, upload, open.chunks - 1, chunk);
}

function insertChunk(connection: Connection, body: number, position: number, data: Uint8Array) {
  const sql = "INSERT INTO body_chunk (body_id, position, data) VALUES (?, ?, ?)";
  connection.run(sql, body, position, data);
}

/** Drops one upload and returns whether there is something to sweep. */
export function discardUpload(connection: Connection, upload: number): boolean {
  return connection.run("UPDATE body SET holders = 0 WHERE id = ? AND holders IS NULL", upload) > 0;
}

/** Drops every upload that an earlier run of the server left and returns how many. */
export function discardLeftovers(connection: Connection): number {
  return connection.run("UPDATE body SET holders = 0 WHERE holders IS NULL");
}

/** Returns the body of a new message, which holds it from now on. */
export function holdBody(
  connection: Connection,
  { senderId, body }: Pick<NewMessage, "senderId" | "body">,
): HeldBody {
  if (!(body instanceof Uint8Array)) return takeUpload(connection, senderId, body.upload);
  if (body.length <= shortBytes) return { id: null, short: body, bytes: body.length };
  return insertBody(connection, senderId, body);
}

function insertBody(connection: Connection, senderId: number, body: Uint8Array): HeldBody {
  const chunks = Math.ceil(body.length / limits.chunkBytes);
  const id = connection.insert(
    "INSERT INTO body (account_id, bytes, chunks, holders) VALUES (?, ?, ?, 1)",
    senderId,
    body.length,
    chunks,
  );
  for (let position = 0; position < chunks; position++) {
    const from = position * limits.chunkBytes;
    insertChunk(connection, id, position, body.subarray(from, from + limits.chunkBytes));
  }
  return { id, short: null, bytes: body.length };
}

function takeUpload(connection: Connection, senderId: number, upload: number): HeldBody {
  const taken = connection.get<{ bytes: number }>(
    `UPDATE body SET holders = 1 WHERE id = ? AND account_id = ? AND holders IS NULL
     RETURNING bytes`,
    upload,
    senderId,
  );
  if (taken === undefined) throw noSuchUpload(upload);
  return { id: upload, short: null, bytes: taken.bytes };
}

/** Drops the body of a message that no entry shows any more and returns whether there is something to sweep. */
export function dropBody(connection: Connection, message: number): boolean {
  const sql = "UPDATE message SET body = NULL WHERE id = ? RETURNING body_id AS body";
  const { body } = connection.one<{ body: number | null }>(sql, message);
  return body !== null && connection.run("UPDATE body SET holders = 0 WHERE id = ?", body) > 0;
}

/** Deletes some chunks that nobody holds and returns whether there may be more. */
export function sweep(connection: Connection): boolean {
  const chunks = connection.run(
    `DELETE FROM body_chunk WHERE id IN (
       SELECT body_chunk.id FROM body CROSS JOIN body_chunk ON body_chunk.body_id = body.id
       WHERE body.holders = 0 LIMIT ${sweptChunks})`,
  );
  connection.run(
    `DELETE FROM body WHERE holders = 0
       AND NOT EXISTS (SELECT 1 FROM body_chunk WHERE body_chunk.body_id = body.id)`,
  );
  return chunks === sweptChunks;
}

/** Tells whether something is left to sweep. */
export function isLittered(connection: Connection): boolean {
  return connection.get("SELECT 1 FROM body WHERE holders = 0 LIMIT 1") !== undefined;
}

/** Returns the age header and the number of chunks of an entry's body. */
export function bodyHead(
  connection: Connection,
  accountId: number,
  id: number,
): { header: Uint8Array; chunks: number } {
  const head = connection.get<{ header: Uint8Array; chunks: number }>(
    `SELECT body_header AS header,
       coalesce((SELECT chunks FROM body WHERE body.id = body_id), length(body) > 0) AS chunks
     FROM entry JOIN message ON message.id = entry.message_id WHERE ${ofAccount}`,
    accountId,
    id,
  );
  if (head === undefined) throw noSuchMessage([id]);
  return head;
}

/** Returns one chunk of an entry's body; asks for the entry each time, which may be deleted meanwhile. */
export function bodyChunk(
  connection: Connection,
  accountId: number,
  id: number,
  position: number,
): Uint8Array {
  const chunk = connection.get<{ data: Uint8Array }>(
    `SELECT coalesce(body, (SELECT data FROM body_chunk
       WHERE body_chunk.body_id = message.body_id AND position = ?)) AS data
     FROM entry JOIN message ON message.id = entry.message_id WHERE ${ofAccount}`,
    position,
    accountId,
    id,
  );
  if (chunk === undefined) throw noSuchMessage([id]);
  return chunk.data;
}
