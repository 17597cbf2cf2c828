/** What the loss of an entry takes along, in SQL. */
import type { AccountId, EntryId, MessageId } from "../../../model/ids.ts";
import type { SqlConnection } from "../connection.ts";
import { dropBody } from "./body.ts";
import { readersLeave } from "./burn.ts";
import { countedBytes } from "./entry.ts";
import { dropFiling, insertTombstone } from "./filing.ts";
import { forgetHeld } from "./held.ts";
import { blankOutline, dropOutline } from "./outline.ts";

/** What a statement that deletes an entry returns. */
export const goneColumns = `id, message_id AS message, box = 'inbox' AS inbox,
  read_at IS NULL AS unread, was_read IS NOT NULL AS was_read, aside, burn IS NOT NULL AS burn, ${countedBytes} AS bytes`;

/** An entry that was deleted; 1 where it was that. */
export interface Gone {
  readonly id: EntryId;
  readonly message: MessageId;
  readonly inbox: number;
  readonly unread: number;
  /** It was unread again. */
  readonly wasRead: number;
  readonly aside: number;
  /** It was to be erased when read. */
  readonly burn: number;
  /** What it counted for, but for its filing. */
  readonly bytes: number;
}

/**
 * Overwrites in place what is about to be deleted. SQLite overwrites a row where it is deleted; but deleting its
 * neighbours may move it first, and where it was it stays.
 */
export async function blankEntry(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Promise<void> {
  const sql = `UPDATE entry SET envelope = zeroblob(octet_length(envelope)),
    summary = iif(summary IS NULL, NULL, zeroblob(octet_length(summary))) WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`;
  await connection.run(sql, accountId, id);
  await blankOutline(connection, accountId, id);
}

/** Counts the loss of an entry, with its filing and its outline, and notes it for who follows the mailbox. */
export async function noteGone(
  connection: SqlConnection,
  accountId: AccountId,
  gone: Gone,
): Promise<void> {
  const { id, inbox, unread, aside } = gone;
  const bytes = gone.bytes + await dropFiling(connection, accountId, id);
  await dropOutline(connection, accountId, id);
  const counted = await connection.get<{ modseq: number; tombstones: number }>(
    `UPDATE mailbox SET inbox = inbox - $1, sent = sent - $2, unread = unread - $3,
       inbox_aside = inbox_aside - $4, sent_aside = sent_aside - $5, unread_aside = unread_aside - $6,
       bytes = bytes - $7, modseq = modseq + 1, gone = gone + 1
     WHERE account_id = $8 RETURNING modseq, gone AS tombstones`,
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
  await insertTombstone(connection, accountId, { id, ...counted });
}

/** Lets one entry go of a message; with the last go the body and the deliveries. Returns whether there is something to sweep. */
export async function releaseMessage(
  connection: SqlConnection,
  { message, inbox, burn }: Gone,
): Promise<boolean> {
  const isBurnt = inbox && burn ? await readersLeave(connection, message) : false;
  const sql = "UPDATE message SET holders = holders - 1 WHERE id = $1 RETURNING holders";
  if (await connection.one<{ holders: number }>(sql, message).holders > 0) return isBurnt;
  await connection.run("DELETE FROM delivery WHERE message_id = $1", message);
  await forgetHeld(connection, message);
  return await dropBody(connection, message) || isBurnt;
}
