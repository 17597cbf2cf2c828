/** Rows of messages and of whom they are for. */
import { type AccountId, type EntryId, type MessageId, messageId } from "../../../model/ids.ts";
import type { NewMessage } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import type { HeldBody } from "./body.ts";

export async function insertMessage(
  connection: SqlConnection,
  message: Pick<NewMessage, "senderId" | "idempotencyKey" | "contentTag">,
  { body, entryId, holders, readersLeft }: {
    body: HeldBody;
    entryId: EntryId;
    holders: number;
    readersLeft: number | null;
  },
): Promise<MessageId> {
  const id = await connection.insert(
    `INSERT INTO message
       (sender_id, idempotency_key, content_tag, entry_id, holders, body_id, body, readers_left)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
    message.senderId,
    message.idempotencyKey,
    message.contentTag,
    entryId,
    holders,
    body.id,
    body.short,
    readersLeft,
  );
  return messageId(id);
}

/** Notes whom a message is for, in order. */
export async function insertDeliveries(
  connection: SqlConnection,
  messageId: MessageId,
  recipientIds: readonly AccountId[],
): Promise<void> {
  await connection.run(
    `INSERT INTO delivery (message_id, recipient_id, position)
     SELECT $1, recipient_id, at - 1 FROM unnest($2::bigint[]) WITH ORDINALITY one (recipient_id, at)`,
    messageId,
    recipientIds,
  );
}
