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
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
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

export async function insertDelivery(
  connection: SqlConnection,
  messageId: MessageId,
  recipientId: AccountId,
  position: number,
): Promise<void> {
  const sql = "INSERT INTO delivery (message_id, recipient_id, position) VALUES ($1, $2, $3)";
  await connection.run(sql, messageId, recipientId, position);
}
