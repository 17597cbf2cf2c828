/**
 * Mail that is erased when it is read, in SQL. A message counts the readers who may still read it; when none is left
 * and one has, its body goes, and the sender's own copy is its headers from then on.
 */
import type { AccountId, EntryId, MessageId } from "../../../model/ids.ts";
import { isBurnt } from "../../rules/entries.ts";
import type { SqlConnection } from "../connection.ts";
import { dropBody } from "./body.ts";
import { noteChanges } from "./filing.ts";
import { blankOutline, dropOutline } from "./outline.ts";

interface Burning {
  readonly left: number;
  readonly wasRead: number | null;
  readonly senderId: AccountId;
  readonly entryId: EntryId;
}

/** Notes that somebody has read a message that burns, whether with a receipt or not. */
export function noteRead(connection: SqlConnection, messageId: MessageId): void {
  connection.run("UPDATE message SET was_read = 1 WHERE id = ?", messageId);
}

/** Notes that readers' copies are gone, read or not; returns whether there is a body to sweep. */
export function readersLeave(connection: SqlConnection, messageId: MessageId, count = 1): boolean {
  if (count === 0) return false;
  const message = connection.get<Burning>(
    `UPDATE message SET readers_left = readers_left - ? WHERE id = ? AND readers_left IS NOT NULL
     RETURNING readers_left AS left, was_read AS wasRead, sender_id AS senderId, entry_id AS entryId`,
    count,
    messageId,
  );
  if (message === undefined) return false;
  if (!isBurnt({ readersLeft: message.left, wasRead: message.wasRead !== null })) return false;
  emptyOwn(connection, messageId, message);
  return dropBody(connection, messageId);
}

/** Leaves the sender's own copy, where it is still there, nothing but its headers. */
function emptyOwn(
  connection: SqlConnection,
  messageId: MessageId,
  { senderId, entryId }: Burning,
): void {
  const own = connection.get<{ bytes: number }>(
    `SELECT sealed_bytes AS bytes FROM entry
     WHERE account_id = ? AND box = 'sent' AND id = ? AND message_id = ?`,
    senderId,
    entryId,
    messageId,
  );
  if (own === undefined) return;
  connection.run(
    "UPDATE entry SET sealed_bytes = 0 WHERE account_id = ? AND box = 'sent' AND id = ?",
    senderId,
    entryId,
  );
  connection.run("UPDATE mailbox SET bytes = bytes - ? WHERE account_id = ?", own.bytes, senderId);
  blankOutline(connection, senderId, entryId);
  dropOutline(connection, senderId, entryId);
  noteChanges(connection, senderId, [entryId]);
}
