/** Mail on its way back to its sender, in SQL: an entry in the sender's inbox, and a row that says why. */
import type { AccountName, Address } from "../../../model/address.ts";
import type { BounceReason } from "../../../model/bounce.ts";
import type { AccountId, MessageId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import type { Quota } from "../../administration_store.ts";
import type { StoredSubmission } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import { noteNewMail } from "./recipients.ts";

/** What goes back. */
export interface Back {
  readonly messageId: MessageId;
  readonly senderId: AccountId;
  /** An account's name, or an address that was nobody's. */
  readonly recipient: AccountName | Address;
  readonly reason: BounceReason;
}

/** Tells senders, whose mailboxes are locked, that messages did not reach recipients: see `bounce` in schema.ts. */
export async function bounce(
  connection: SqlConnection,
  backs: readonly Back[],
  { at, quota }: {
    readonly at: number;
    /** Of the sender, as in a message. */
    readonly quota: Quota | undefined;
  },
): Promise<void> {
  if (backs.length === 0) return;
  const told = await connection.all<{ senderId: AccountId; isTold: boolean }>(
    `SELECT sender_id, bounce(message_id, sender_id, recipient, reason, $5, $6, $7, $8) AS is_told
     FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
       AS back (message_id, sender_id, recipient, reason)`,
    backs.map(({ messageId }) => messageId),
    backs.map(({ senderId }) => senderId),
    backs.map(({ recipient }) => recipient),
    backs.map(({ reason }) => reason),
    at,
    quota?.maxMessages ?? 0,
    quota?.maxBytes ?? 0,
    limits.minEntryBytes,
  );
  noteNewMail(connection, told.filter(({ isTold }) => isTold).map(({ senderId }) => senderId));
}

/** What came back at once, when the message was sent. */
export async function bouncedAtSend(
  connection: SqlConnection,
  messageId: MessageId,
): Promise<StoredSubmission["bounced"]> {
  return await connection.all(
    `SELECT recipient, entry_id AS id FROM bounce
     WHERE message_id = $1 AND reason = 'no_such_account' ORDER BY entry_id`,
    messageId,
  );
}
