/** What is known of a message that waits for its time, in SQL. */
import type { AccountId, MessageId } from "../../../model/ids.ts";
import type { HeldState } from "../../rules/held.ts";
import type { SqlConnection } from "../connection.ts";

export function heldState(connection: SqlConnection, messageId: MessageId): HeldState {
  const held = connection.get<{ deliverAt: number; cancelledAt: number | null }>(
    "SELECT deliver_at AS deliverAt, cancelled_at AS cancelledAt FROM held WHERE message_id = ?",
    messageId,
  );
  if (held === undefined) return { heldUntil: null, cancelledAt: null };
  const { deliverAt, cancelledAt } = held;
  return { heldUntil: cancelledAt === null ? deliverAt : null, cancelledAt };
}

/** Keeps what an account has not sent yet from being sent, when it closes. */
export function cancelAll(
  connection: SqlConnection,
  senderId: AccountId,
  cancelledAt: number,
): void {
  const sql = "UPDATE held SET cancelled_at = ? WHERE sender_id = ? AND cancelled_at IS NULL";
  connection.run(sql, cancelledAt, senderId);
}

/** Drops what is left of a message that was held, or was to be. */
export function forgetHeld(connection: SqlConnection, messageId: MessageId): void {
  connection.run("DELETE FROM held_copy WHERE message_id = ?", messageId);
  connection.run("DELETE FROM held WHERE message_id = ?", messageId);
}
