/** What came into an inbox, in SQL, and who is told of it. */
import type { Entry } from "../mailbox_store.ts";
import type { StoredNewMailQuery, WatchStore } from "../watch_store.ts";
import type { WatcherSets } from "../watchers.ts";
import type { Access } from "./access.ts";
import type { SqlConnection, SqlValue } from "./connection.ts";
import { entryColumns, entryOf, type EntryRow, withFiling } from "./rows/entry.ts";

export function watchStore(database: Access, watchers: WatcherSets): WatchStore {
  return {
    newMail: (query) => database.read(newMail, query),
    watch: (accountId, listener) => watchers.mail.add(accountId, listener),
    watchChanges: (accountId, listener) => watchers.changes.add(accountId, listener),
  };
}

async function newMail(connection: SqlConnection, query: StoredNewMailQuery): Promise<Entry[]> {
  const { sql, values } = newMailStatement(query);
  return await connection.all<EntryRow>(sql, ...values).map(async (row) =>
    await entryOf(connection, row)
  );
}

/** Builds the statement for a page the other way, by the same indices. */
export function newMailStatement(
  { accountId, after, limit, unread }: StoredNewMailQuery,
): { sql: string; values: SqlValue[] } {
  return {
    sql: `SELECT ${entryColumns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
      FROM entry INDEXED BY ${unread ? "entry_unread" : "entry_by_box"} ${withFiling}
      WHERE account_id = $1 AND box = 'inbox' AND id > $2 AND aside = 0 ${
      unread ? "AND read_at IS NULL" : ""
    }
      ORDER BY id LIMIT $3`,
    values: [accountId, after, limit],
  };
}
