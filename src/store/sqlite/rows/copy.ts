/** One copy of a message in one mailbox, in SQL. */
import { entryColumns, entryValues, type NewEntry, type SharedByCopies } from "../../rules/rows.ts";
import type { SqlConnection } from "../connection.ts";

const insertion =
  `INSERT INTO entry (${entryColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Adds an entry; whoever is to hear of it, the caller tells. */
export function insertEntry(
  connection: SqlConnection,
  shared: SharedByCopies,
  entry: NewEntry,
): void {
  connection.run(insertion, ...entryValues(shared, entry));
}
