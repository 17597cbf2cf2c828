/** Rows of entries, as lists show them. */
import type { AccountName } from "../../../model/address.ts";
import type { Entry } from "../../mailbox_store.ts";
import { type FilingColumns, filingOf } from "./filing.ts";

export type EntryRow =
  & Omit<Entry, "deliveries" | "burn" | "filing">
  & FilingColumns
  & {
    readonly burn: boolean;
    /** Recipients in their order, each with its receipt as hex; null: there are none. */
    readonly deliveries: readonly (readonly [AccountName, string | null])[] | null;
  };

/** Columns of an `EntryRow`, but for the envelope, of what `entry` and `withFiling` find. */
export const entryColumns =
  `entry.id, box, (SELECT name FROM account WHERE account.id = entry.sender_id) AS "from",
  stored_at, read_at, entry.expires_at, burn IS NOT NULL AS burn, sealed_bytes, envelope_digest, summary,
  place, modseq, version, aside, sealed, deliver_at AS held_until, cancelled_at,
  CASE WHEN box = 'sent' THEN (
    SELECT json_agg(json_build_array(name, encode(receipt, 'hex')))
    FROM (SELECT recipient_id, receipt FROM delivery
      WHERE delivery.message_id = entry.message_id ORDER BY position) AS one
    CROSS JOIN LATERAL (SELECT name FROM account WHERE account.id = recipient_id LIMIT 1) AS recipient)
  END AS deliveries`;

/** Joins to each entry its filing, and to one that was sent how it waits, in the order of the entries. */
export const withFiling = `CROSS JOIN LATERAL (
    SELECT place, modseq, version, sealed FROM filing
    WHERE filing.account_id = entry.account_id AND filing.id = entry.id LIMIT 1) AS filing
  LEFT JOIN LATERAL (
    SELECT CASE WHEN cancelled_at IS NULL THEN deliver_at END AS deliver_at, cancelled_at FROM held
    WHERE held.message_id = entry.message_id AND entry.box = 'sent' LIMIT 1) AS held ON true`;

export function entryOf(row: EntryRow): Entry {
  const { place, modseq, version, aside, sealed, deliveries, ...entry } = row;
  return {
    ...entry,
    deliveries: (deliveries ?? []).map(([recipient, receipt]) => ({
      recipient,
      receipt: receipt === null ? null : Uint8Array.fromHex(receipt),
    })),
    filing: filingOf({ place, modseq, version, aside, sealed }),
  };
}

/**
 * Tells of an entry whether it is the own copy of what is not sent yet. By OFFSET it is looked for by its message, and
 * not in a table of all that wait, made for however many entries the planner guesses.
 */
export const isWaiting = `(box = 'sent' AND EXISTS (
  SELECT 1 FROM held WHERE held.message_id = entry.message_id AND cancelled_at IS NULL OFFSET 0))`;
