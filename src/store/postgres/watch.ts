/** What came into an inbox, in SQL, and who is told of it. */
import type { Entry } from "../mailbox_store.ts";
import type { StoredNewMailQuery, WatchStore } from "../watch_store.ts";
import type { WatcherSets } from "../watchers.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { entryColumns, entryOf, type EntryRow, withFiling } from "./rows/entry.ts";

export function watchStore(database: Access, watchers: WatcherSets): WatchStore {
  return {
    newMail: (query) => database.ask(newMail, query),
    watch: (accountId, listener) => watchers.mail.add(accountId, listener),
    watchChanges: (accountId, listener) => watchers.changes.add(accountId, listener),
  };
}

async function newMail(
  connection: SqlConnection,
  { accountId, after, limit, unread }: StoredNewMailQuery,
): Promise<Entry[]> {
  const rows = await connection.all<EntryRow>(
    `SELECT ${entryColumns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
     FROM entry ${withFiling}
     WHERE account_id = $1 AND box = 'inbox' AND id > $2 AND aside = 0 ${
      unread ? "AND read_at IS NULL" : ""
    }
     ORDER BY entry.id LIMIT $3`,
    accountId,
    after,
    limit,
  );
  return rows.map(entryOf);
}
