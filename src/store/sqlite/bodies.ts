/**
 * Sealed bodies, in SQL. A short one is part of its message's row. A long one is rows of chunks: an upload until a
 * message takes it; once that has let go of it, `sweep` deletes its chunks a few at a time.
 */
import { type AccountId, type EntryId, type UploadId, uploadId } from "../../model/ids.ts";
import { letOthersIn } from "../../model/promises.ts";
import type { BodyStore } from "../body_store.ts";
import { lostUpload, noSuchMessage } from "../failures.ts";
import { requireChunk } from "../rules/uploads.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { insertChunk } from "./rows/body.ts";
import { ofAccount } from "./schema.ts";
import type { Sweeper } from "./sweeper.ts";

export const bodyJobs = { beginUpload, appendUpload, discardUpload };

export function bodyStore(database: Access, sweeper: Sweeper): BodyStore {
  const { beginUpload, appendUpload, discardUpload } = database.writes(bodyJobs);
  return {
    beginUpload,
    appendUpload,
    discardUpload: async (upload) => {
      if (await discardUpload(upload)) sweeper.sweep();
    },
    body: (accountId, id) => readBody(database, accountId, id),
  };
}

function beginUpload(connection: SqlConnection, accountId: AccountId): UploadId {
  return uploadId(connection.insert("INSERT INTO body (account_id) VALUES (?)", accountId));
}

function appendUpload(
  connection: SqlConnection,
  upload: UploadId,
  position: number,
  chunk: Uint8Array,
): void {
  requireChunk(chunk);
  const added = connection.change(
    `UPDATE body SET bytes = bytes + ?, chunks = chunks + 1
     WHERE id = ? AND holders IS NULL AND chunks = ?`,
    chunk.length,
    upload,
    position,
  );
  if (added === 0) return requireRepeat(connection, upload, position, chunk);
  insertChunk(connection, upload, position, chunk);
}

/** @throws {MailError} `try_later` unless a chunk of this length is stored there */
function requireRepeat(
  connection: SqlConnection,
  upload: UploadId,
  position: number,
  { length }: Uint8Array,
): void {
  const open = connection.get("SELECT 1 FROM body WHERE id = ? AND holders IS NULL", upload);
  if (open === undefined) throw lostUpload(upload);
  const stored = connection.get<{ bytes: number }>(
    "SELECT length(data) AS bytes FROM body_chunk WHERE body_id = ? AND position = ?",
    upload,
    position,
  );
  if (stored?.bytes !== length) throw lostUpload(upload);
}

/** Drops one upload and returns whether there is something to sweep. */
function discardUpload(connection: SqlConnection, upload: UploadId): boolean {
  return connection.change("UPDATE body SET holders = 0 WHERE id = ? AND holders IS NULL", upload) >
    0;
}

async function* readBody(
  database: Access,
  accountId: AccountId,
  id: EntryId,
): AsyncGenerator<Uint8Array> {
  const chunks = await database.read(bodyChunks, accountId, id);
  for (let position = 0; position < chunks; position++) {
    await letOthersIn(); // reading holds the thread: others come in between
    yield await database.read(bodyChunk, accountId, id, position);
  }
}

/** Counts the chunks of an entry's body: none where it came back without, or is burnt. */
function bodyChunks(connection: SqlConnection, accountId: AccountId, id: EntryId): number {
  const head = connection.get<{ chunks: number }>(
    `SELECT iif(sealed_bytes = 0, 0,
       coalesce((SELECT chunks FROM body WHERE body.id = body_id), length(body) > 0)) AS chunks
     FROM entry JOIN message ON message.id = entry.message_id WHERE ${ofAccount}`,
    accountId,
    id,
  );
  if (head === undefined) throw noSuchMessage([id]);
  return head.chunks;
}

/** Returns one chunk of an entry's body; asks for the entry each time, which may be deleted meanwhile, or burn. */
function bodyChunk(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
  position: number,
): Uint8Array {
  const chunk = connection.get<{ data: Uint8Array | null }>(
    `SELECT coalesce(body, (SELECT data FROM body_chunk
       WHERE body_chunk.body_id = message.body_id AND position = ?)) AS data
     FROM entry JOIN message ON message.id = entry.message_id WHERE ${ofAccount}`,
    position,
    accountId,
    id,
  );
  if (!chunk?.data) throw noSuchMessage([id]);
  return chunk.data;
}
