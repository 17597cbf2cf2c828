/** Rows of messages and of whom they are for. */
import { type AccountId, type EntryId, type MessageId, messageId } from "../../../model/ids.ts";
import type { NewMessage } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import type { HeldBody } from "./body.ts";

export function insertMessage(
  connection: SqlConnection,
  message: Pick<NewMessage, "senderId" | "idempotencyKey" | "contentTag">,
  { body, entryId, holders, readersLeft }: {
    body: HeldBody;
    entryId: EntryId;
    holders: number;
    readersLeft: number | null;
  },
): MessageId {
  const id = connection.insert(
    `INSERT INTO message
       (sender_id, idempotency_key, content_tag, entry_id, holders, body_id, body, readers_left)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
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

export function insertDelivery(
  connection: SqlConnection,
  messageId: MessageId,
  recipientId: AccountId,
  position: number,
): void {
  const sql = "INSERT INTO delivery (message_id, recipient_id, position) VALUES (?, ?, ?)";
  connection.run(sql, messageId, recipientId, position);
}
