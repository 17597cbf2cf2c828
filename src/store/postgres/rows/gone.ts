/** What the loss of entries takes along, in SQL. */
import type { AccountId, MessageId } from "../../../model/ids.ts";
import type { Gone } from "../../rules/rows.ts";
import type { SqlConnection } from "../connection.ts";
import { dropBody } from "./body.ts";
import { readersLeave } from "./burn.ts";
import { trimTombstones } from "./filing.ts";
import { forgetHeld } from "./held.ts";

/** The message of what the server says by itself: no row that every mailbox would have to change. */
export const systemMessageId = 0;

/** What a statement that deletes an entry returns. */
export const goneColumns = `entry.id, entry.message_id AS message, (box = 'inbox')::int AS inbox,
  (read_at IS NULL)::int AS unread, (was_read IS NOT NULL)::int AS was_read, aside,
  (burn IS NOT NULL)::int AS burn,
  sealed_bytes + octet_length(envelope) + coalesce(octet_length(summary), 0) AS bytes`;

/** Counts the loss of an account's entries, with their filings and outlines, and notes it for who follows the mailbox. */
export async function noteGone(
  connection: SqlConnection,
  accountId: AccountId,
  ...gone: readonly Gone[]
): Promise<void> {
  if (gone.length === 0) return;
  const sum = (count: (one: Gone) => number) => gone.reduce((sum, one) => sum + count(one), 0);
  const counted = await connection.get<{ tombstones: number }>(
    `WITH filed AS (
       DELETE FROM filing WHERE account_id = $1 AND id = ANY($2::bigint[])
       RETURNING coalesce(octet_length(sealed), 0) AS bytes),
     outlined AS (DELETE FROM outline WHERE account_id = $1 AND id = ANY($2)),
     counted AS (
       UPDATE mailbox SET inbox = inbox - $3, sent = sent - $4, unread = unread - $5,
         inbox_aside = inbox_aside - $6, sent_aside = sent_aside - $7, unread_aside = unread_aside - $8,
         bytes = bytes - $9 - (SELECT coalesce(sum(filed.bytes), 0) FROM filed),
         modseq = modseq + cardinality($2), gone = gone + cardinality($2)
       WHERE account_id = $1 RETURNING modseq - cardinality($2) AS before, gone AS tombstones),
     told AS (
       INSERT INTO gone (account_id, modseq, id)
       SELECT $1, counted.before + lost.number, lost.id
       FROM counted CROSS JOIN unnest($2::bigint[]) WITH ORDINALITY AS lost (id, number))
     SELECT tombstones FROM counted`,
    accountId,
    gone.map(({ id }) => id),
    sum(({ inbox }) => inbox),
    sum(({ inbox }) => 1 - inbox),
    sum(({ unread }) => unread),
    sum(({ aside, inbox }) => aside * inbox),
    sum(({ aside, inbox }) => aside * (1 - inbox)),
    sum(({ aside, unread }) => aside * unread),
    sum(({ bytes }) => bytes),
  );
  if (counted === undefined) return; // of a closed account
  connection.changedMailboxes.add(accountId);
  await trimTombstones(connection, accountId, counted.tombstones);
}

/**
 * Lets entries go of their messages; with the last of a message go its body and its deliveries. The row stays for who may
 * ask for it by its key; of what was appended, or came from outside, nobody does. The senders of what burns are locked.
 */
export async function releaseMessage(
  connection: SqlConnection,
  ...gone: readonly Gone[]
): Promise<void> {
  const counts = new Map<MessageId, number>();
  // In the order of their ids, so that no two calls wait for each other.
  for (const { message, inbox, burn } of gone.toSorted((a, b) => a.message - b.message)) {
    if (message === systemMessageId) continue; // it never goes
    counts.set(message, (counts.get(message) ?? 0) + 1);
    if (inbox === 1 && burn === 1) await readersLeave(connection, message);
  }
  if (counts.size > 0) await releaseAll(connection, counts);
}

async function releaseAll(
  connection: SqlConnection,
  counts: ReadonlyMap<MessageId, number>,
): Promise<void> {
  const released = await connection.all<{ id: MessageId; holders: number }>(
    `UPDATE message SET holders = holders - lost.entries
     FROM unnest($1::bigint[], $2::bigint[]) AS lost (id, entries)
     WHERE message.id = lost.id RETURNING message.id, holders`,
    [...counts.keys()],
    [...counts.values()],
  );
  const last = released.filter(({ holders }) => holders === 0).map(({ id }) => id);
  if (last.length === 0) return;
  await connection.run("DELETE FROM delivery WHERE message_id = ANY($1)", last);
  await forgetHeld(connection, ...last);
  await dropBody(connection, ...last);
  await connection.run("DELETE FROM message WHERE id = ANY($1) AND content_tag = ''", last);
}
