/**
 * Mail that is erased when it is read, in SQL. A message counts the readers who may still read it; when none is left
 * and one has, its body goes, and the sender's own copy is its headers from then on. The sender's mailbox is locked.
 */
import type { AccountId, EntryId, MessageId } from "../../../model/ids.ts";
import { isBurnt } from "../../rules/entries.ts";
import type { SqlConnection } from "../connection.ts";
import { dropBody } from "./body.ts";
import { noteChanges } from "./filing.ts";

interface Burning {
  readonly left: number;
  readonly wasRead: number | null;
  readonly senderId: AccountId;
  readonly entryId: EntryId;
}

/** Notes that somebody has read messages that burn, whether with a receipt or not. */
export async function noteRead(
  connection: SqlConnection,
  ...messages: readonly MessageId[]
): Promise<void> {
  await connection.run(
    "UPDATE message SET was_read = 1 WHERE id = ANY ($1::bigint[])",
    messages,
  );
}

/** Notes that readers' copies are gone, read or not; nothing where the message does not burn. */
export async function readersLeave(
  connection: SqlConnection,
  messageId: MessageId,
  count = 1,
): Promise<void> {
  if (count === 0) return;
  const message = await connection.get<Burning>(
    `UPDATE message SET readers_left = readers_left - $1 WHERE id = $2 AND readers_left IS NOT NULL
     RETURNING readers_left AS left, was_read, sender_id, entry_id`,
    count,
    messageId,
  );
  if (message === undefined) return;
  if (!isBurnt({ readersLeft: message.left, wasRead: message.wasRead !== null })) return;
  await emptyOwn(connection, messageId, message);
  await dropBody(connection, messageId);
}

/** Leaves the sender's own copy, where it is still there, nothing but its headers. */
async function emptyOwn(
  connection: SqlConnection,
  messageId: MessageId,
  { senderId, entryId }: Burning,
): Promise<void> {
  const emptied = await connection.get(
    `WITH own AS (
       UPDATE entry SET sealed_bytes = 0 FROM entry AS before
       WHERE before.account_id = $1 AND before.id = $2
         AND entry.account_id = $1 AND entry.id = $2 AND entry.message_id = $3
       RETURNING before.sealed_bytes AS bytes),
     outlined AS (
       DELETE FROM outline USING own WHERE outline.account_id = $1 AND outline.id = $2)
     UPDATE mailbox SET bytes = mailbox.bytes - own.bytes FROM own WHERE account_id = $1
     RETURNING account_id`,
    senderId,
    entryId,
    messageId,
  );
  if (emptied !== undefined) await noteChanges(connection, senderId, [entryId]);
}
