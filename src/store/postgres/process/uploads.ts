/** Uploads that nobody goes on with. */
import type { SqlConnection } from "../connection.ts";
import { isAlive } from "./database_clock.ts";

/** Uploads that are dropped in one transaction. */
const atOnce = 16;

/** Drops some that were begun a day ago, or by a process that is gone, and returns how many. */
export async function dropUploads(connection: SqlConnection): Promise<number> {
  await connection.lock([]);
  const { dropped } = await connection.one<{ dropped: number }>(
    `WITH loose AS (
       SELECT id FROM body WHERE holders IS NULL AND (begun_at < now() - interval '1 day'
         OR NOT EXISTS (SELECT FROM instance WHERE instance.id = body.instance_id AND ${isAlive}))
       LIMIT $1 FOR UPDATE SKIP LOCKED),
     bodies AS (DELETE FROM body USING loose WHERE body.id = loose.id),
     chunks AS (DELETE FROM body_chunk USING loose WHERE body_id = loose.id)
     SELECT count(*) AS dropped FROM loose`,
    atOnce,
  );
  return dropped;
}
