/** The body of a message, in SQL: in its own row, or as chunks. */
import type { AccountId, MessageId, UploadId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { lostUpload } from "../../failures.ts";
import type { NewMessage } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";

/** PostgreSQL keeps what is longer than a page beside the row, so that a change of the row does not write it again. */
export const shortBytes = 64 * 1024;

/** The body of a message, in its own row or as chunks. */
export interface HeldBody {
  readonly id: number | null;
  readonly short: Uint8Array | null;
  readonly bytes: number;
}

/**
 * Returns the body of a new message, which holds it from now on.
 * @throws {MailError} `try_later` for an upload that is unknown, taken or another account's
 */
export async function holdBody(
  connection: SqlConnection,
  { senderId, body }: Pick<NewMessage, "senderId" | "body">,
): Promise<HeldBody> {
  if (!(body instanceof Uint8Array)) return await takeUpload(connection, senderId, body.upload);
  if (body.length <= shortBytes) return { id: null, short: body, bytes: body.length };
  return await insertBody(connection, senderId, body);
}

/** The database cuts it: it travels once, and a request bounds it. */
async function insertBody(
  connection: SqlConnection,
  senderId: AccountId,
  body: Uint8Array,
): Promise<HeldBody> {
  const id = await connection.insert(
    `WITH held AS (
       INSERT INTO body (account_id, bytes, chunks, holders) VALUES ($1, $2, $3, 1) RETURNING id),
     cut AS (
       INSERT INTO body_chunk (body_id, position, data)
       SELECT id, position, substring($4::bytea FROM position * $5::int + 1 FOR $5)
       FROM held, generate_series(0, $3::int - 1) position)
     SELECT id FROM held`,
    senderId,
    body.length,
    Math.ceil(body.length / limits.chunkBytes),
    body,
    limits.chunkBytes,
  );
  return { id, short: null, bytes: body.length };
}

async function takeUpload(
  connection: SqlConnection,
  senderId: AccountId,
  upload: UploadId,
): Promise<HeldBody> {
  const taken = await connection.get<{ bytes: number }>(
    `UPDATE body SET holders = 1 WHERE id = $1 AND account_id = $2 AND holders IS NULL
     RETURNING bytes`,
    upload,
    senderId,
  );
  if (taken === undefined) throw lostUpload(upload);
  return { id: upload, short: null, bytes: taken.bytes };
}

/** Drops the bodies of messages that no entry shows any more. */
export async function dropBody(
  connection: SqlConnection,
  ...messages: readonly MessageId[]
): Promise<void> {
  const emptied = await connection.all<{ body: number | null }>(
    "UPDATE message SET body = NULL WHERE id = ANY ($1::bigint[]) RETURNING body_id AS body",
    messages,
  );
  await dropChunked(connection, emptied.flatMap(({ body }) => body ?? []));
}

/** Drops bodies that came as uploads, with their chunks. */
export async function dropChunked(
  connection: SqlConnection,
  bodies: readonly number[],
): Promise<void> {
  if (bodies.length === 0) return;
  await connection.run("DELETE FROM body WHERE id = ANY ($1::bigint[])", bodies);
  await connection.run("DELETE FROM body_chunk WHERE body_id = ANY ($1::bigint[])", bodies);
}
