/**
 * Mail that is erased when it is read, in SQL. A message counts the readers who may still read it; when none is left
 * and one has, its body goes, and the sender's own copy is its headers from then on.
 */
import { dropBody } from "./sqlite_bodies.ts";
import type { Connection } from "./sqlite_connection.ts";

/** Notes that readers' copies are gone, read or not; returns whether there is a body to sweep. */
export function readersLeave(connection: Connection, messageId: number, count = 1): boolean {
  if (count === 0) return false;
  const message = connection.get<{ left: number; senderId: number; entryId: number }>(
    `UPDATE message SET readers_left = readers_left - ? WHERE id = ? AND readers_left IS NOT NULL
     RETURNING readers_left AS left, sender_id AS senderId, entry_id AS entryId`,
    count,
    messageId,
  );
  if (message === undefined || message.left > 0) return false;
  const read = "SELECT 1 FROM delivery WHERE message_id = ? AND read_at IS NOT NULL";
  if (connection.get(read, messageId) === undefined) return false;
  emptyOwn(connection, messageId, message);
  return dropBody(connection, messageId);
}

/** Leaves the sender's own copy, where it is still there, nothing but its headers. */
function emptyOwn(
  connection: Connection,
  messageId: number,
  { senderId, entryId }: { readonly senderId: number; readonly entryId: number },
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
    `UPDATE entry SET sealed_bytes = 0, body_header = x''
     WHERE account_id = ? AND box = 'sent' AND id = ?`,
    senderId,
    entryId,
  );
  connection.run("UPDATE mailbox SET bytes = bytes - ? WHERE account_id = ?", own.bytes, senderId);
}
