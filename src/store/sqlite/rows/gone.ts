/** What the loss of an entry takes along, in SQL. */
import type { AccountId, EntryId } from "../../../model/ids.ts";
import type { Gone } from "../../rules/rows.ts";
import type { SqlConnection } from "../connection.ts";
import { ofAccount } from "../schema.ts";
import { dropBody } from "./body.ts";
import { readersLeave } from "./burn.ts";
import { countedBytes } from "./entry.ts";
import { dropFiling, insertTombstone } from "./filing.ts";
import { forgetHeld } from "./held.ts";
import { blankOutline, dropOutline } from "./outline.ts";

/** What a statement that deletes an entry returns. */
export const goneColumns = `id, message_id AS message, box = 'inbox' AS inbox,
  read_at IS NULL AS unread, was_read IS NOT NULL AS wasRead, aside, burn IS NOT NULL AS burn, ${countedBytes} AS bytes`;

/**
 * Overwrites in place what is about to be deleted. SQLite overwrites a row where it is deleted; but deleting its
 * neighbours may move it first, and where it was it stays.
 */
export function blankEntry(connection: SqlConnection, accountId: AccountId, id: EntryId): void {
  const sql = `UPDATE entry SET envelope = zeroblob(length(envelope)),
    summary = iif(summary IS NULL, NULL, zeroblob(length(summary))) WHERE ${ofAccount}`;
  connection.run(sql, accountId, id);
  blankOutline(connection, accountId, id);
}

/** Counts the loss of an entry, with its filing and its outline, and notes it for who follows the mailbox. */
export function noteGone(connection: SqlConnection, accountId: AccountId, gone: Gone): void {
  const { id, inbox, unread, aside } = gone;
  const bytes = gone.bytes + dropFiling(connection, accountId, id);
  dropOutline(connection, accountId, id);
  const counted = connection.get<{ modseq: number; tombstones: number }>(
    `UPDATE mailbox SET inbox = inbox - ?, sent = sent - ?, unread = unread - ?,
       inbox_aside = inbox_aside - ?, sent_aside = sent_aside - ?, unread_aside = unread_aside - ?,
       bytes = bytes - ?, modseq = modseq + 1, gone = gone + 1
     WHERE account_id = ? RETURNING modseq, gone AS tombstones`,
    inbox,
    1 - inbox,
    unread,
    aside * inbox,
    aside * (1 - inbox),
    aside * unread,
    bytes,
    accountId,
  );
  if (counted === undefined) return; // of a closed account
  connection.changedMailboxes.add(accountId);
  insertTombstone(connection, accountId, { id, ...counted });
}

/**
 * Lets one entry go of a message; with the last go the body and the deliveries. The row stays for a client that asks for it by
 * its key; of what was appended, or came from outside, nobody does. Returns whether there is something to sweep.
 */
export function releaseMessage(connection: SqlConnection, { message, inbox, burn }: Gone): boolean {
  const isBurnt = inbox && burn ? readersLeave(connection, message) : false;
  const sql = "UPDATE message SET holders = holders - 1 WHERE id = ? RETURNING holders";
  if (connection.one<{ holders: number }>(sql, message).holders > 0) return isBurnt;
  connection.run("DELETE FROM delivery WHERE message_id = ?", message);
  forgetHeld(connection, message);
  const isSweepable = dropBody(connection, message) || isBurnt;
  connection.run("DELETE FROM message WHERE id = ? AND content_tag = x''", message);
  return isSweepable;
}
