/** Rows of entries, as lists show them. */
import type { MessageId } from "../../../model/ids.ts";
import type { Delivery } from "../../../model/message.ts";
import type { Entry } from "../../mailbox_store.ts";
import type { SqlConnection } from "../connection.ts";
import { type FilingColumns, filingColumns, filingOf } from "./filing.ts";
import { heldState } from "./held.ts";

export type EntryRow =
  & Omit<Entry, "deliveries" | "heldUntil" | "cancelledAt" | "burn" | "filing">
  & FilingColumns
  & {
    readonly burn: number;
    readonly messageId: MessageId;
    /** The highest `storedAt` up to this id. */
    readonly latest: number;
  };

/** What an entry counts for in its mailbox, but for its filing. */
export const countedBytes = "sealed_bytes + length(envelope) + coalesce(length(summary), 0)";

/** Joins the filing to each entry that a query finds. */
export const withFiling = "CROSS JOIN filing USING (account_id, id)";

export const entryColumns =
  `id, box, (SELECT name FROM account WHERE account.id = sender_id) AS "from",
  stored_at, latest, read_at, sealed_bytes,
  envelope_digest, message_id, expires_at,
  burn IS NOT NULL AS burn, summary, ${filingColumns}`;

export async function entryOf(connection: SqlConnection, row: EntryRow): Promise<Entry> {
  const { messageId, latest: _, burn, place, modseq, version, aside, sealed, ...rest } = row;
  const filing = filingOf({ place, modseq, version, aside, sealed });
  const entry = { ...rest, burn: burn === 1, filing };
  if (entry.box === "inbox") return { ...entry, deliveries: [], ...notHeld };
  const sent = await deliveries(connection, messageId);
  return { ...entry, deliveries: sent, ...await heldState(connection, messageId) };
}

const notHeld = { heldUntil: null, cancelledAt: null };

async function deliveries(connection: SqlConnection, messageId: MessageId): Promise<Delivery[]> {
  return await connection.all<Delivery>(
    `SELECT account.name AS recipient, delivery.receipt
     FROM delivery CROSS JOIN account ON account.id = delivery.recipient_id
     WHERE delivery.message_id = $1 ORDER BY delivery.position`,
    messageId,
  );
}
