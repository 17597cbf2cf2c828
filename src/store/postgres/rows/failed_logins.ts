/** Failed logins, in SQL. */
import type { FailedLogins, FailedLoginStore } from "../../failed_login_store.ts";
import { maxFailedLogins } from "../../failed_login_store.ts";
import type { Access } from "../access.ts";
import type { SqlConnection } from "../connection.ts";

export const failedLoginJobs = { noteFailedLogins };

export function failedLoginStore(database: Access): FailedLoginStore {
  return {
    ...database.writes(failedLoginJobs),
    failedLogins: (now) => database.read(failedLogins, now),
  };
}

async function noteFailedLogins(
  connection: SqlConnection,
  failed: readonly FailedLogins[],
  now: number,
): Promise<void> {
  await connection.run("DELETE FROM failed_logins WHERE full_at <= $1", now);
  for (const { rate, key, fullAt } of failed) {
    await connection.run(
      "REPLACE INTO failed_logins (rate, key, full_at) VALUES ($1, $2, $3)",
      rate,
      key,
      fullAt,
    );
  }
  await connection.run(
    `DELETE FROM failed_logins WHERE (rate, key) IN (
       SELECT rate, key FROM failed_logins ORDER BY full_at
       LIMIT (SELECT max(0, count(*) - $1) FROM failed_logins))`,
    maxFailedLogins,
  );
}

async function failedLogins(connection: SqlConnection, now: number): Promise<FailedLogins[]> {
  return await connection.all<FailedLogins>(
    `SELECT rate, key, full_at FROM failed_logins
     WHERE full_at > $1 ORDER BY full_at, rate, key`,
    now,
  );
}
