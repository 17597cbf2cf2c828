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
export async function noteRead(connection: SqlConnection, messageId: MessageId): Promise<void> {
  await connection.run("UPDATE message SET was_read = 1 WHERE id = $1", messageId);
}

/** Notes that readers' copies are gone, read or not; returns whether there is a body to sweep. */
export async function readersLeave(
  connection: SqlConnection,
  messageId: MessageId,
  count = 1,
): Promise<boolean> {
  if (count === 0) return false;
  const message = await connection.get<Burning>(
    `UPDATE message SET readers_left = readers_left - $1 WHERE id = $2 AND readers_left IS NOT NULL
     RETURNING readers_left AS left, was_read, sender_id, entry_id`,
    count,
    messageId,
  );
  if (message === undefined) return false;
  if (!isBurnt({ readersLeft: message.left, wasRead: message.wasRead !== null })) return false;
  await emptyOwn(connection, messageId, message);
  return await dropBody(connection, messageId);
}

/** Leaves the sender's own copy, where it is still there, nothing but its headers. */
async function emptyOwn(
  connection: SqlConnection,
  messageId: MessageId,
  { senderId, entryId }: Burning,
): Promise<void> {
  const own = await connection.get<{ bytes: number }>(
    `SELECT sealed_bytes AS bytes FROM entry
     WHERE account_id = $1 AND box = 'sent' AND id = $2 AND message_id = $3`,
    senderId,
    entryId,
    messageId,
  );
  if (own === undefined) return;
  await connection.run(
    "UPDATE entry SET sealed_bytes = 0 WHERE account_id = $1 AND box = 'sent' AND id = $2",
    senderId,
    entryId,
  );
  await connection.run(
    "UPDATE mailbox SET bytes = bytes - $1 WHERE account_id = $2",
    own.bytes,
    senderId,
  );
  await blankOutline(connection, senderId, entryId);
  await dropOutline(connection, senderId, entryId);
  await noteChanges(connection, senderId, [entryId]);
}
