/** Failed logins, in SQL. */
import type { FailedLogins, FailedLoginStore, FailedTry } from "../../failed_login_store.ts";
import { longestFullMs, maxFailedLogins } from "../../failed_login_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

/** Rows that one call drops at most: far more than one adds. */
const droppedAtOnce = 256;

const failedLoginJobs = { noteFailedLogins };

export function failedLoginStore(database: Access): FailedLoginStore {
  return {
    ...database.writes(failedLoginJobs),
    failedLogins: (now) => database.ask(failedLogins, now),
  };
}

async function noteFailedLogins(
  connection: SqlConnection,
  tries: readonly FailedTry[],
  now: number,
): Promise<FailedLogins[]> {
  await connection.lock([]);
  // In one order, so that no two calls wait for each other.
  const ordered = tries.toSorted((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
  const noted = await connection.all<FailedLogins>(
    `INSERT INTO failed_logins (rate, key, full_at)
     SELECT rate, key, $4::bigint + ms FROM unnest($1::text[], $2::text[], $3::bigint[])
       AS given (rate, key, ms)
     ON CONFLICT (rate, key) DO UPDATE
       SET full_at = excluded.full_at +
         CASE WHEN failed_logins.full_at BETWEEN $4 AND $5 THEN failed_logins.full_at - $4 ELSE 0 END
     RETURNING rate, key, full_at`,
    ordered.map(({ rate }) => rate),
    ordered.map(({ key }) => key),
    ordered.map(({ ms }) => ms),
    now,
    now + longestFullMs,
  );
  await connection.run(dropping("WHERE full_at <= $1 ORDER BY full_at"), now);
  await connection.run(dropping("WHERE full_at > $1 ORDER BY full_at"), now + longestFullMs);
  await connection.run(dropping("ORDER BY full_at DESC OFFSET $1"), maxFailedLogins);
  return noted;
}

function nameOf({ rate, key }: FailedTry): string {
  return `${rate} ${key}`;
}

/** What another process has in hand is left to it: so none waits for the other. */
function dropping(which: string): string {
  return `DELETE FROM failed_logins USING (
      SELECT rate, key FROM failed_logins ${which} LIMIT ${droppedAtOnce} FOR UPDATE SKIP LOCKED) AS gone
    WHERE failed_logins.rate = gone.rate AND failed_logins.key = gone.key`;
}

async function failedLogins(connection: SqlConnection, now: number): Promise<FailedLogins[]> {
  return await connection.all<FailedLogins>(
    `SELECT rate, key, full_at FROM failed_logins
     WHERE full_at > $1 AND full_at <= $2 ORDER BY full_at, rate, key`,
    now,
    now + longestFullMs,
  );
}
