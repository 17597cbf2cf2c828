/** What is known of a message that waits for its time, in SQL. */
import type { AccountId, MessageId } from "../../../model/ids.ts";
import type { HeldState } from "../../rules/held.ts";
import type { SqlConnection } from "../connection.ts";

/** What is kept of one that was to wait; nulls: there is nothing. */
export interface HeldRow {
  readonly deliverAt: number | null;
  readonly cancelledAt: number | null;
}

export function heldStateOf({ deliverAt, cancelledAt }: HeldRow): HeldState {
  return { heldUntil: cancelledAt === null ? deliverAt : null, cancelledAt };
}

export async function heldState(
  connection: SqlConnection,
  messageId: MessageId,
): Promise<HeldState> {
  const held = await connection.get<HeldRow>(
    "SELECT deliver_at, cancelled_at FROM held WHERE message_id = $1",
    messageId,
  );
  return heldStateOf(held ?? { deliverAt: null, cancelledAt: null });
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

/** Drops what is left of messages that were held, or were to be. */
export async function forgetHeld(
  connection: SqlConnection,
  ...messages: readonly MessageId[]
): Promise<void> {
  await connection.run(
    `WITH dropped AS (DELETE FROM held_copy WHERE message_id = ANY ($1::bigint[]))
     DELETE FROM held WHERE message_id = ANY ($1)`,
    messages,
  );
}
