/**
 * How entries are filed, in SQL, and the count of changes that each change raises. An arrival raises it with its place
 * (place.ts), a loss in gone.ts; all else is noted here. Whoever calls these has locked the mailboxes that they change.
 */
import type { AccountId, EntryId, MessageId } from "../../../model/ids.ts";
import type { SealedFiling } from "../../filing_store.ts";
import type { EntryFiling } from "../../mailbox_store.ts";
import { tombstones } from "../../rules/filings.ts";
import type { Fill } from "../../rules/quota.ts";
import type { SqlConnection } from "../connection.ts";

export type FilingColumns = Omit<EntryFiling, "aside"> & { readonly aside: number };

export function filingOf(columns: FilingColumns): EntryFiling {
  return { ...columns, aside: columns.aside === 1 };
}

/** Notes that entries changed, each by itself; ids that are not there take a count and change nothing. */
export async function noteChanges(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<void> {
  await noteOwn(connection, ids.map((id) => ({ accountId, id })));
}

/** Notes that the senders' own copies of messages changed. */
export async function noteOwnChange(
  connection: SqlConnection,
  ...messages: readonly MessageId[]
): Promise<void> {
  const sql = "SELECT sender_id AS account_id, entry_id AS id FROM message WHERE id = ANY($1)";
  await noteOwn(connection, await connection.all<OwnEntry>(sql, messages));
}

/** An entry, and whose it is. */
export interface OwnEntry {
  readonly accountId: AccountId;
  readonly id: EntryId;
}

/** As `noteChanges`, of any accounts. */
export async function noteOwn(
  connection: SqlConnection,
  changed: readonly OwnEntry[],
): Promise<void> {
  if (changed.length === 0) return;
  const counts = new Map<AccountId, number>();
  const numbers = changed.map(({ accountId }) => {
    counts.set(accountId, (counts.get(accountId) ?? 0) + 1);
    return counts.get(accountId)!;
  });
  await connection.run(
    `WITH raised AS (
       UPDATE mailbox SET modseq = modseq + asked.changes
       FROM unnest($1::bigint[], $2::bigint[]) AS asked (account_id, changes)
       WHERE mailbox.account_id = asked.account_id
       RETURNING mailbox.account_id, modseq - asked.changes AS before)
     UPDATE filing SET modseq = raised.before + changed.number
     FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS changed (account_id, id, number)
       JOIN raised ON raised.account_id = changed.account_id
     WHERE filing.account_id = changed.account_id AND filing.id = changed.id`,
    [...counts.keys()],
    [...counts.values()],
    changed.map(({ accountId }) => accountId),
    changed.map(({ id }) => id),
    numbers,
  );
  for (const accountId of counts.keys()) connection.changedMailboxes.add(accountId);
}

/** Counts entries that became unread (1), or were read (-1). */
export async function countUnread(
  connection: SqlConnection,
  accountId: AccountId,
  changed: readonly { readonly id: EntryId; readonly aside: number }[],
  by: 1 | -1,
): Promise<void> {
  if (changed.length === 0) return;
  await connection.run(
    `WITH counted AS (
       UPDATE mailbox SET unread = unread + $2, unread_aside = unread_aside + $3,
         modseq = modseq + cardinality($4::bigint[])
       WHERE account_id = $1 RETURNING modseq - cardinality($4) AS before)
     UPDATE filing SET modseq = counted.before + changed.number
     FROM counted CROSS JOIN unnest($4) WITH ORDINALITY AS changed (id, number)
     WHERE filing.account_id = $1 AND filing.id = changed.id`,
    accountId,
    by * changed.length,
    by * changed.filter(({ aside }) => aside === 1).length,
    changed.map(({ id }) => id),
  );
  connection.changedMailboxes.add(accountId);
}

/** Files an entry that was stored just now. */
export async function fileFirst(
  connection: SqlConnection,
  { accountId, id }: OwnEntry,
  { sealed, aside }: SealedFiling,
): Promise<Fill> {
  return await connection.one<Fill>(
    `WITH counted AS (
       UPDATE mailbox SET modseq = modseq + 1, bytes = bytes + octet_length($3::bytea),
         inbox_aside = inbox_aside + (box = 'inbox')::int * $4::bigint,
         sent_aside = sent_aside + (box = 'sent')::int * $4,
         unread_aside = unread_aside + (read_at IS NULL)::int * $4
       FROM entry
       WHERE mailbox.account_id = $1 AND entry.account_id = $1 AND entry.id = $2
       RETURNING modseq, inbox + sent AS messages, bytes, max_messages, max_bytes),
     turned AS (UPDATE entry SET aside = 1 WHERE account_id = $1 AND id = $2 AND $4 = 1),
     filed AS (
       UPDATE filing SET sealed = $3, version = version + 1, modseq = counted.modseq
       FROM counted WHERE filing.account_id = $1 AND filing.id = $2)
     SELECT messages, bytes, max_messages, max_bytes FROM counted`,
    accountId,
    id,
    sealed,
    aside ? 1 : 0,
  );
}

/** Forgets the oldest of so many tombstones of an account, once they are far more than it may have. */
export async function trimTombstones(
  connection: SqlConnection,
  accountId: AccountId,
  count: number,
): Promise<void> {
  const { most, atOnce } = tombstones;
  const dropped = Math.floor((count - most) / atOnce) * atOnce;
  if (dropped <= 0) return;
  await connection.run(
    `WITH reached AS (
       SELECT modseq AS until FROM gone WHERE account_id = $1 ORDER BY modseq LIMIT 1 OFFSET $2 - 1),
     dropped AS (
       DELETE FROM gone USING reached WHERE account_id = $1 AND modseq <= until)
     UPDATE mailbox SET gone = gone - $2, gone_until = until FROM reached WHERE account_id = $1`,
    accountId,
    dropped,
  );
}

/** Drops some tombstones of a closed account, and returns how many. */
export async function forgetTombstones(
  connection: SqlConnection,
  accountId: AccountId,
): Promise<number> {
  return await connection.run(
    `DELETE FROM gone WHERE account_id = $1 AND modseq <= (
       SELECT max(modseq) FROM (
         SELECT modseq FROM gone WHERE account_id = $1 ORDER BY modseq
         LIMIT ${tombstones.atOnce}) AS oldest)`,
    accountId,
  );
}
