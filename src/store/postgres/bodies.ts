/**
 * Sealed bodies, in SQL. A short one is part of its message's row. A long one is rows of chunks: an upload until a
 * message takes it.
 */
import { type AccountId, type EntryId, type UploadId, uploadId } from "../../model/ids.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import type { BodyStore } from "../body_store.ts";
import { lostUpload, noSuchMessage } from "../failures.ts";
import { requireChunk } from "../rules/uploads.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { dropChunked } from "./rows/body.ts";

const jobs = { beginUpload, discardUpload };

export function bodyStore(database: Access): BodyStore {
  const { beginUpload, discardUpload } = database.writes(jobs);
  return {
    beginUpload,
    appendUpload: (upload, position, chunk) =>
      serially(upload, () => database.call(appendUpload, upload, position, chunk)),
    discardUpload: (upload) => serially(upload, () => discardUpload(upload)),
    body: (accountId, id) => readBody(database, accountId, id),
  };
}

/** Calls for uploads that are under way. An upload is one process's. */
const queues = new Map<UploadId, { readonly queue: SerialQueue; calls: number }>();

/** Keeps calls for one upload in their order: each may have a connection of its own. */
async function serially<T>(upload: UploadId, call: () => Promise<T>): Promise<T> {
  const waiting = queues.getOrInsertComputed(upload, () => ({
    queue: new SerialQueue(),
    calls: 0,
  }));
  waiting.calls++;
  try {
    return await waiting.queue.run(call);
  } finally {
    if (--waiting.calls === 0) queues.delete(upload);
  }
}

async function beginUpload(connection: SqlConnection, accountId: AccountId): Promise<UploadId> {
  await connection.lock([]);
  const sql = "INSERT INTO body (account_id) VALUES ($1) RETURNING id";
  return uploadId(await connection.insert(sql, accountId));
}

async function appendUpload(
  connection: SqlConnection,
  upload: UploadId,
  position: number,
  chunk: Uint8Array,
): Promise<void> {
  requireChunk(chunk);
  if (!Number.isSafeInteger(position)) throw lostUpload(upload);
  const { actor } = connection.cause;
  const { isAdded, isOpen, stored } = await connection.one<{
    isAdded: boolean;
    isOpen: boolean;
    /** How long the chunk is that was there before; null: there was none. */
    stored: number | null;
  }>(
    `WITH added AS (
       UPDATE body SET bytes = bytes + octet_length($3::bytea), chunks = chunks + 1
       WHERE id = $1 AND holders IS NULL AND chunks = $2::bigint RETURNING id),
     put AS (INSERT INTO body_chunk (body_id, position, data) SELECT id, $2, $3 FROM added)
     SELECT EXISTS (SELECT FROM added) AS is_added,
       EXISTS (SELECT FROM body WHERE id = $1 AND holders IS NULL) AS is_open,
       (SELECT octet_length(data) FROM body_chunk WHERE body_id = $1 AND position = $2) AS stored
     FROM admit($4, $5, $6)`,
    upload,
    position,
    chunk,
    actor?.id ?? null,
    actor?.epoch ?? null,
    actor?.device ?? null,
  );
  if (isAdded) return;
  if (!isOpen || stored !== chunk.length) throw lostUpload(upload);
}

/** First the row, which a chunk on its way waits for; then all that came until then. */
async function discardUpload(connection: SqlConnection, upload: UploadId): Promise<void> {
  await connection.lock([]);
  const sql = "DELETE FROM body WHERE id = $1 AND holders IS NULL";
  if (await connection.run(sql, upload) > 0) await dropChunked(connection, [upload]);
}

async function* readBody(
  database: Access,
  accountId: AccountId,
  id: EntryId,
): AsyncGenerator<Uint8Array> {
  const { short, chunks } = await database.ask(head, accountId, id);
  if (short !== null) yield short;
  for (let position = 0; position < chunks; position++) {
    yield await database.ask(chunkAt, accountId, id, position);
  }
}

/** The whole of a short body, or how many chunks a long one has: none of what came back without, or is burnt. */
interface BodyHead {
  readonly short: Uint8Array | null;
  readonly chunks: number;
}

async function head(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Promise<BodyHead> {
  const head = await connection.get<BodyHead>(
    `SELECT CASE WHEN sealed_bytes > 0 THEN message.body END AS short,
       CASE WHEN sealed_bytes > 0 THEN coalesce(body.chunks, 0) ELSE 0 END AS chunks
     FROM entry JOIN message ON message.id = entry.message_id LEFT JOIN body ON body.id = message.body_id
     WHERE entry.account_id = $1 AND entry.id = $2`,
    accountId,
    id,
  );
  if (head === undefined) throw noSuchMessage([id]);
  return head;
}

/** Returns one chunk of an entry's body; asks for the entry each time, which may be deleted meanwhile, or burn. */
async function chunkAt(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
  position: number,
): Promise<Uint8Array> {
  const chunk = await connection.get<{ data: Uint8Array }>(
    `SELECT data FROM entry JOIN message ON message.id = entry.message_id
       JOIN body_chunk ON body_chunk.body_id = message.body_id AND position = $3
     WHERE entry.account_id = $1 AND entry.id = $2`,
    accountId,
    id,
    position,
  );
  if (chunk === undefined) throw noSuchMessage([id]);
  return chunk.data;
}
