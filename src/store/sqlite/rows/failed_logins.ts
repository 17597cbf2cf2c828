/** Failed logins, in SQL. */
import type { FailedLogins, FailedLoginStore, FailedTry } from "../../failed_login_store.ts";
import { longestFullMs, maxFailedLogins } from "../../failed_login_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

export const failedLoginJobs = { noteFailedLogins };

export function failedLoginStore(database: Access): FailedLoginStore {
  return {
    ...database.writes(failedLoginJobs),
    failedLogins: (now) => database.read(failedLogins, now),
  };
}

function noteFailedLogins(
  connection: SqlConnection,
  tries: readonly FailedTry[],
  now: number,
): FailedLogins[] {
  const isFull = "full_at <= ?1 OR full_at > ?1 + ?2";
  connection.run(`DELETE FROM failed_logins WHERE ${isFull}`, now, longestFullMs);
  const noted = tries.map(({ rate, key, ms }) =>
    connection.one<FailedLogins>(
      `INSERT INTO failed_logins (rate, key, full_at) VALUES (?1, ?2, ?3 + ?4)
       ON CONFLICT DO UPDATE SET full_at = full_at + ?4
       RETURNING rate, key, full_at AS fullAt`,
      rate,
      key,
      now,
      ms,
    )
  );
  connection.run(
    `DELETE FROM failed_logins WHERE (rate, key) IN (
       SELECT rate, key FROM failed_logins ORDER BY full_at
       LIMIT (SELECT max(0, count(*) - ?) FROM failed_logins))`,
    maxFailedLogins,
  );
  return noted;
}

function failedLogins(connection: SqlConnection, now: number): FailedLogins[] {
  return connection.all<FailedLogins>(
    `SELECT rate, key, full_at AS fullAt FROM failed_logins
     WHERE full_at > ?1 AND full_at <= ?1 + ?2 ORDER BY full_at, rate, key`,
    now,
    longestFullMs,
  );
}
