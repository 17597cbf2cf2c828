/** What is known of a message that waits for its time, in SQL. */
import type { AccountId, MessageId } from "../../../model/ids.ts";
import type { HeldState } from "../../rules/held.ts";
import type { SqlConnection } from "../connection.ts";

export async function heldState(
  connection: SqlConnection,
  messageId: MessageId,
): Promise<HeldState> {
  const held = await connection.get<{ deliverAt: number; cancelledAt: number | null }>(
    "SELECT deliver_at, cancelled_at FROM held WHERE message_id = $1",
    messageId,
  );
  if (held === undefined) return { heldUntil: null, cancelledAt: null };
  const { deliverAt, cancelledAt } = held;
  return { heldUntil: cancelledAt === null ? deliverAt : null, cancelledAt };
}

/** Keeps what an account has not sent yet from being sent, when it closes. */
export async function cancelAll(
  connection: SqlConnection,
  senderId: AccountId,
  cancelledAt: number,
): Promise<void> {
  const sql = "UPDATE held SET cancelled_at = $1 WHERE sender_id = $2 AND cancelled_at IS NULL";
  await connection.run(sql, cancelledAt, senderId);
}

/** Drops what is left of a message that was held, or was to be. */
export async function forgetHeld(connection: SqlConnection, messageId: MessageId): Promise<void> {
  await connection.run("DELETE FROM held_copy WHERE message_id = $1", messageId);
  await connection.run("DELETE FROM held WHERE message_id = $1", messageId);
}
