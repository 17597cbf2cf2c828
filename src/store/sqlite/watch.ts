/** What came into an inbox, in SQL, and who is told of it. */
import type { Entry } from "../mailbox_store.ts";
import type { ArrivalsQuery, WatchStore } from "../watch_store.ts";
import type { Watchers } from "../watchers.ts";
import type { Access } from "./access.ts";
import type { Connection, Value } from "./connection.ts";
import { entryColumns, entryOf, type EntryRow } from "./rows/entry.ts";

export function watchStore(database: Access, watchers: Watchers): WatchStore {
  return {
    arrivals: (query) => database.read(arrivals, query),
    watch: (accountId, listener) => watchers.add(accountId, listener),
  };
}

function arrivals(connection: Connection, query: ArrivalsQuery): Entry[] {
  const { sql, values } = arrivalsStatement(query);
  return connection.all<EntryRow>(sql, ...values).map((row) => entryOf(connection, row));
}

/** Builds the statement for a page the other way, by the same indices. */
export function arrivalsStatement(
  { accountId, after, limit, unread }: ArrivalsQuery,
): { sql: string; values: Value[] } {
  return {
    sql: `SELECT ${entryColumns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
      FROM entry INDEXED BY ${unread ? "entry_unread" : "entry_by_box"}
      WHERE account_id = ? AND box = 'inbox' AND id > ? ${unread ? "AND read_at IS NULL" : ""}
      ORDER BY id LIMIT ?`,
    values: [accountId, after, limit],
  };
}
