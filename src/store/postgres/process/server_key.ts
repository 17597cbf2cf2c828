/** The server's key changed by all processes at one moment, in SQL: who may change it is decided here, once for all. */
import { equalBytes } from "../../../model/bytes.ts";
import type { ServerFingerprint } from "../../../model/digests.ts";
import { MailError } from "../../../model/errors.ts";
import {
  keyLeadMs,
  type KeyView,
  type NextKey,
  type ProcessStore,
  type SealedKey,
} from "../../process_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";
import { isReadOnly } from "../failures.ts";
import { replicationBarrier } from "../primary.ts";
import { isAlive } from "./database_clock.ts";
import type { Instance } from "./instance.ts";

/** So long before the change its moment becomes final, in milliseconds. */
const finalMs = 5_000;

const serverKeyJobs = { followKey, addNextKey };

export function serverKeys(
  database: Access,
  instance: Instance,
): Pick<ProcessStore, "addNextKey" | "nextKey" | "followKey" | "keyAfter"> {
  const jobs = database.writes(serverKeyJobs);
  return {
    addNextKey: (predecessor, next) => jobs.addNextKey(predecessor, next),
    nextKey: async (view) => {
      try {
        return await database.call(nextKey, instance.id, view);
      } catch (error) {
        if (!isReadOnly(error) || await database.ask(hasNextKey, view)) throw error;
        return null; // nobody can give it one now
      }
    },
    keyAfter: (predecessor) => database.ask(keyAfter, predecessor),
    followKey: async (predecessor, successor) => {
      await jobs.followKey(instance.id, predecessor, successor);
      instance.fingerprint = successor;
    },
  };
}

/** One successor a key: where there is one, that stays. */
async function addNextKey(
  connection: SqlConnection,
  predecessor: ServerFingerprint,
  { fingerprint, sealed, statement }: SealedKey,
): Promise<void> {
  await connection.lock([]);
  await connection.run(
    `INSERT INTO server_key (predecessor, fingerprint, sealed, statement, active_from)
     SELECT $1::bytea, $2::bytea, $3::bytea, $4::bytea, clock_timestamp() + interval '${keyLeadMs} ms' FROM meta
       WHERE meta.fingerprint = $1
     ON CONFLICT (predecessor) DO NOTHING`,
    predecessor,
    fingerprint,
    sealed,
    statement,
  );
}

/** Servers that live and have not told that they have the key: while there are any, the moment moves on. */
const unready = `EXISTS (SELECT FROM instance WHERE id <> $2 AND ${isAlive}
  AND instance.fingerprint = server_key.predecessor
  AND ready_key IS DISTINCT FROM server_key.fingerprint)`;
const isDue = `active_from <= clock_timestamp() + interval '${finalMs} ms'`;
/** Else the clock jumped since the moment was chosen, and all may not have heard of it, or would wait for years. */
const isTimely =
  `active_from BETWEEN clock_timestamp() AND clock_timestamp() + interval '${keyLeadMs} ms'`;
const isWaitedFor = `($3::bytea IS DISTINCT FROM server_key.fingerprint OR ${unready})`;

async function nextKey(
  connection: SqlConnection,
  instanceId: number,
  { shown, ready }: KeyView,
): Promise<NextKey | null> {
  const row = await connection.get<NextKey>(
    `WITH told AS (UPDATE instance SET ready_key = $3 WHERE id = $2)
     UPDATE server_key SET
       final = final OR (${isDue} AND ${isTimely} AND NOT ${isWaitedFor}),
       active_from = CASE WHEN NOT final AND (NOT ${isTimely} OR ${isDue} AND ${isWaitedFor})
         THEN clock_timestamp() + interval '${keyLeadMs} ms' ELSE active_from END
     WHERE predecessor = $1
     RETURNING fingerprint, sealed, statement, final AS is_final,
       round(extract(epoch FROM active_from) * 1000)::bigint AS starts_at,
       extract(epoch FROM active_from - clock_timestamp())::float8 * 1000 AS starts_in_ms`,
    shown,
    instanceId,
    ready,
  );
  return row ?? null;
}

/** What can be known without a write: whether there is one, by a primary that is known to be one. */
async function hasNextKey(connection: SqlConnection, { shown }: KeyView): Promise<boolean> {
  const { found } = await connection.one<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM server_key WHERE predecessor = $1) AS found, ${replicationBarrier}`,
    shown,
  );
  return found;
}

/** A successor counts for a server that starts only once its moment was final and has come. */
async function keyAfter(
  connection: SqlConnection,
  predecessor: ServerFingerprint,
): Promise<SealedKey | null> {
  const row = await connection.get<SealedKey>(
    `SELECT server_key.fingerprint, sealed, statement FROM server_key, meta
     WHERE predecessor = $1 AND meta.fingerprint <> $1 AND final
       AND active_from <= clock_timestamp()`,
    predecessor,
  );
  return row ?? null;
}

/** True once all processes change, or have changed, from one key to another. */
export async function hasFollowed(
  connection: SqlConnection,
  predecessor: Uint8Array,
  successor: ServerFingerprint,
): Promise<boolean> {
  const row = await connection.get(
    `SELECT 1 AS followed FROM server_key
     WHERE predecessor = $1 AND fingerprint = $2 AND final AND active_from <= clock_timestamp()`,
    predecessor,
    successor,
  );
  return row !== undefined;
}

async function followKey(
  connection: SqlConnection,
  instanceId: number,
  predecessor: ServerFingerprint,
  successor: ServerFingerprint,
): Promise<void> {
  await connection.lock([]);
  const { known } = await connection.one<{ known: Uint8Array | null }>(
    "SELECT fingerprint AS known FROM meta FOR UPDATE",
  );
  if (known === null || equalBytes(known, predecessor)) {
    await connection.run("UPDATE meta SET fingerprint = $1", successor);
  } else if (!equalBytes(known, successor)) {
    throw new MailError("configuration", "Cannot serve: the database has another key by now");
  }
  await connection.run(
    "UPDATE instance SET fingerprint = $1 WHERE id = $2",
    successor,
    instanceId,
  );
}
