/** What the processes of one database agree on, in SQL: who does which job, and which key they show. */
import type { ServerFingerprint } from "../../../model/digests.ts";
import { equalBytes } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import type { AccountId } from "../../../model/ids.ts";
import { anotherKey } from "../../failures.ts";
import type { ProcessStore, SharedJob, SharedSettings } from "../../process_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";
import type { Primary } from "../primary.ts";
import { isAlive } from "./database_clock.ts";
import type { Instance } from "./instance.ts";
import { rightWarnings, warningsOf } from "./safety.ts";
import { hasFollowed } from "./server_key.ts";
import { differences, notedSettings } from "./settings.ts";

type Agreed =
  | "noteSettings"
  | "takeJob"
  | "keepJob"
  | "claimKey"
  | "otherServers"
  | "shownKey"
  | "warnings"
  | "noteOnline"
  | "onlineOf";

const processJobs = { claimKey };

export function agreements(
  database: Access,
  instance: Instance,
  primary: Primary,
): Pick<ProcessStore, Agreed> {
  const jobs = database.writes(processJobs);
  return {
    noteSettings: (settings) => instance.noteSettings(settings, database),
    takeJob: (job, needed) => database.call(takeJob, { job, needed }, instance.id),
    keepJob: (job, cursor) => database.call(keepJob, { job, cursor }, instance.id),
    claimKey: async (fingerprint, predecessors) => {
      await jobs.claimKey(instance.id, fingerprint, predecessors);
      instance.fingerprint = fingerprint;
    },
    noteOnline: (accounts) => database.call(noteOnline, instance.id, accounts),
    onlineOf: (accounts) => database.ask(onlineOf, accounts),
    otherServers: () => database.ask(otherServers, instance.id, null),
    shownKey: () => database.ask(shownKey),
    warnings: async () => {
      const { availability, warning } = primary;
      if (availability.trouble?.kind === "lost") return availability.warnings();
      const names = await database.ask(standbys);
      return [
        ...availability.warnings(),
        ...warning === null ? [] : [warning],
        ...await database.ask(rightWarnings),
        ...differences(await database.ask(notedSettings)).values(),
        ...warningsOf(instance.clock.aheadMs, names),
      ];
    },
  };
}

const lease = "now() + interval '60 seconds'";
/** Far longer than that none is given: the clock was ahead, and was set back. One of a moment ago may be given later. */
const isLeased = "lease_until BETWEEN now() AND now() + interval '120 seconds'";
/** Each connection says which process it is of. */
const ownInstance = "nullif(current_setting('mailctl.instance', true), '')::bigint";

async function takeJob(
  connection: SqlConnection,
  { job, needed }: { readonly job: SharedJob; readonly needed: SharedSettings },
  instanceId: number,
): Promise<string | null> {
  const taken = await connection.get<{ cursor: string }>(
    `INSERT INTO job (name, instance_id, lease_until) SELECT $1::text, $2::bigint, ${lease}
     WHERE NOT EXISTS (SELECT FROM instance WHERE id <> $2 AND NOT settings @> $3::jsonb AND ${isAlive})
     ON CONFLICT (name) DO UPDATE SET instance_id = excluded.instance_id, lease_until = ${lease}
       WHERE job.instance_id = excluded.instance_id OR NOT job.${isLeased}
     RETURNING coalesce(cursor, '') AS cursor`,
    job,
    instanceId,
    JSON.stringify(needed),
  );
  return taken?.cursor ?? null;
}

async function keepJob(
  connection: SqlConnection,
  { job, cursor }: { readonly job: SharedJob; readonly cursor: string },
  instanceId: number,
): Promise<boolean> {
  const kept = await connection.get(
    `UPDATE job SET cursor = $3, lease_until = ${lease} WHERE name = $1 AND instance_id = $2
     RETURNING 1 AS kept`,
    job,
    instanceId,
    cursor,
  );
  return kept !== undefined;
}

/**
 * Tells whether another process has a job by now: this one may have stood still for longer than it had it. If none has,
 * none gets it until the transaction ends.
 */
export async function isTakenOver(connection: SqlConnection, job: SharedJob): Promise<boolean> {
  const found = await connection.get<{ isTakenOver: boolean }>(
    `SELECT coalesce(instance_id <> ${ownInstance} AND lease_until > now(), false) AS is_taken_over
     FROM job WHERE name = $1 FOR NO KEY UPDATE`,
    job,
  );
  return found?.isTakenOver ?? false;
}

async function claimKey(
  connection: SqlConnection,
  instanceId: number,
  fingerprint: ServerFingerprint,
  predecessors: readonly ServerFingerprint[],
): Promise<void> {
  await connection.lock([]);
  const { known } = await connection.one<{ known: Uint8Array | null }>(
    "SELECT fingerprint AS known FROM meta FOR UPDATE",
  );
  if (known !== null && !equalBytes(known, fingerprint)) {
    if (!predecessors.some((one) => equalBytes(one, known))) throw anotherKey();
    if (!await hasFollowed(connection, known, fingerprint)) {
      const others = await otherServers(connection, instanceId, fingerprint);
      if (others > 0) throw oldKeyInUse(others);
      await connection.run("DELETE FROM server_key WHERE predecessor = $1", known);
    }
  }
  await connection.run("UPDATE meta SET fingerprint = $1", fingerprint);
  await connection.run(
    "UPDATE instance SET fingerprint = $1 WHERE id = $2",
    fingerprint,
    instanceId,
  );
}

async function noteOnline(
  connection: SqlConnection,
  instanceId: number,
  accounts: readonly AccountId[],
): Promise<void> {
  await connection.all(
    `WITH offline AS (
       DELETE FROM presence WHERE instance_id = $1 AND account_id <> ALL($2::bigint[]))
     INSERT INTO presence (account_id, instance_id) SELECT unnest($2::bigint[]), $1
     ON CONFLICT DO NOTHING`,
    instanceId,
    accounts,
  );
}

async function onlineOf(
  connection: SqlConnection,
  accounts: readonly AccountId[],
): Promise<ReadonlySet<AccountId>> {
  const online = await connection.all<{ id: AccountId }>(
    `SELECT account_id AS id FROM presence JOIN instance ON instance.id = instance_id
     WHERE account_id = ANY($1::bigint[]) AND ${isAlive}`,
    accounts,
  );
  return new Set(online.map(({ id }) => id));
}

/** `except`: those that show this key do not count. */
async function otherServers(
  connection: SqlConnection,
  instanceId: number,
  except: ServerFingerprint | null,
): Promise<number> {
  const { others } = await connection.one<{ others: number }>(
    `SELECT count(*) AS others FROM instance WHERE fingerprint IS NOT NULL
       AND fingerprint IS DISTINCT FROM $1::bytea AND id <> $2 AND ${isAlive}`,
    except,
    instanceId,
  );
  return others;
}

async function shownKey(connection: SqlConnection): Promise<ServerFingerprint | null> {
  const sql = "SELECT fingerprint FROM meta";
  return (await connection.one<{ fingerprint: ServerFingerprint | null }>(sql)).fingerprint;
}

async function standbys(connection: SqlConnection): Promise<string> {
  const { names } = await connection.one<{ names: string }>(
    "SELECT current_setting('synchronous_standby_names') AS names",
  );
  return names;
}

function oldKeyInUse(servers: number): MailError {
  return new MailError(
    "configuration",
    `Cannot change the server's key: processes that still show the old one: ${servers}`,
    { hint: "Stop them first. One that was killed counts for another minute." },
  );
}
