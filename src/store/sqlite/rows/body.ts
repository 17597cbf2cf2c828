/** The body of a message, in SQL: in its own row, or as chunks. */
import type { AccountId, MessageId, UploadId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { lostUpload } from "../../failures.ts";
import type { NewMessage } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";

/** What a message with a short body changes is one page or few, even when only its count of entries does. */
const shortBytes = 8 * 1024;

/** The body of a message, in its own row or as chunks. */
export interface HeldBody {
  readonly id: number | null;
  readonly short: Uint8Array | null;
  readonly bytes: number;
}

/** Returns the body of a new message, which holds it from now on. */
export function holdBody(
  connection: SqlConnection,
  { senderId, body }: Pick<NewMessage, "senderId" | "body">,
): HeldBody {
  if (!(body instanceof Uint8Array)) return takeUpload(connection, senderId, body.upload);
  if (body.length <= shortBytes) return { id: null, short: body, bytes: body.length };
  return insertBody(connection, senderId, body);
}

function insertBody(connection: SqlConnection, senderId: AccountId, body: Uint8Array): HeldBody {
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

function takeUpload(connection: SqlConnection, senderId: AccountId, upload: UploadId): HeldBody {
  const taken = connection.get<{ bytes: number }>(
    `UPDATE body SET holders = 1 WHERE id = ? AND account_id = ? AND holders IS NULL
     RETURNING bytes`,
    upload,
    senderId,
  );
  if (taken === undefined) throw lostUpload(upload);
  return { id: upload, short: null, bytes: taken.bytes };
}

/** Drops the body of a message that no entry shows any more and returns whether there is something to sweep. */
export function dropBody(connection: SqlConnection, message: MessageId): boolean {
  const sql = "UPDATE message SET body = NULL WHERE id = ? RETURNING body_id AS body";
  const { body } = connection.one<{ body: number | null }>(sql, message);
  return body !== null && connection.change("UPDATE body SET holders = 0 WHERE id = ?", body) > 0;
}

export function insertChunk(
  connection: SqlConnection,
  body: number,
  position: number,
  data: Uint8Array,
) {
  const sql = "INSERT INTO body_chunk (body_id, position, data) VALUES (?, ?, ?)";
  connection.run(sql, body, position, data);
}
