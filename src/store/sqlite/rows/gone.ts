/** What the loss of an entry takes along, in SQL. */
import type { AccountId, MessageId } from "../../../model/ids.ts";
import type { SqlConnection } from "../connection.ts";
import { dropBody } from "./body.ts";
import { readersLeave } from "./burn.ts";
import { countedBytes } from "./entry.ts";
import { forgetHeld } from "./held.ts";

/** What a statement that deletes an entry returns. */
export const goneColumns = `message_id AS message, box = 'inbox' AS inbox,
  read_at IS NULL AS unread, burn IS NOT NULL AS burn, ${countedBytes} AS bytes`;

/** An entry that was deleted; 1 where it was that. */
export interface Gone {
  readonly message: MessageId;
  readonly inbox: number;
  readonly unread: number;
  /** It was to be erased when read. */
  readonly burn: number;
  /** What it counted for. */
  readonly bytes: number;
}

export function decrementCounts(connection: SqlConnection, accountId: AccountId, gone: Gone): void {
  const { inbox, unread, bytes } = gone;
  connection.run(
    `UPDATE mailbox SET inbox = inbox - ?, sent = sent - ?, unread = unread - ?, bytes = bytes - ?
     WHERE account_id = ?`,
    inbox,
    1 - inbox,
    unread,
    bytes,
    accountId,
  );
}

/** Lets one entry go of a message; with the last go the body and the deliveries. Returns whether there is something to sweep. */
export function releaseMessage(connection: SqlConnection, { message, inbox, burn }: Gone): boolean {
  const isBurnt = inbox && burn ? readersLeave(connection, message) : false;
  const sql = "UPDATE message SET holders = holders - 1 WHERE id = ? RETURNING holders";
  if (connection.one<{ holders: number }>(sql, message).holders > 0) return isBurnt;
  connection.run("DELETE FROM delivery WHERE message_id = ?", message);
  forgetHeld(connection, message);
  return dropBody(connection, message) || isBurnt;
}
