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

function noteFailedLogins(
  connection: SqlConnection,
  failed: readonly FailedLogins[],
  now: number,
): void {
  connection.run("DELETE FROM failed_logins WHERE full_at <= ?", now);
  for (const { rate, key, fullAt } of failed) {
    connection.run(
      "REPLACE INTO failed_logins (rate, key, full_at) VALUES (?, ?, ?)",
      rate,
      key,
      fullAt,
    );
  }
  connection.run(
    `DELETE FROM failed_logins WHERE (rate, key) IN (
       SELECT rate, key FROM failed_logins ORDER BY full_at
       LIMIT (SELECT max(0, count(*) - ?) FROM failed_logins))`,
    maxFailedLogins,
  );
}

function failedLogins(connection: SqlConnection, now: number): FailedLogins[] {
  return connection.all<FailedLogins>(
    `SELECT rate, key, full_at AS fullAt FROM failed_logins
     WHERE full_at > ? ORDER BY full_at, rate, key`,
    now,
  );
}
