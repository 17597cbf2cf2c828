/**
 * How entries are filed, in SQL, and the count of changes that each change raises. An arrival raises it with its place
 * (place.ts), a loss in gone.ts; all else is noted here.
 */
import type { AccountId, EntryId, MessageId } from "../../../model/ids.ts";
import type { SealedFiling } from "../../filing_store.ts";
import type { EntryFiling } from "../../mailbox_store.ts";
import { tombstones } from "../../rules/filings.ts";
import type { Fill } from "../../rules/quota.ts";
import type { SqlConnection } from "../connection.ts";

export const filingColumns = "place, modseq, version, aside, sealed";

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
  const raised = await connection.get<{ modseq: number }>(
    "UPDATE mailbox SET modseq = modseq + $1 WHERE account_id = $2 RETURNING modseq",
    ids.length,
    accountId,
  );
  if (raised === undefined) return; // of a closed account
  const first = raised.modseq - ids.length + 1;
  const sql = "UPDATE filing SET modseq = $1 WHERE account_id = $2 AND id = $3";
  for (const [at, id] of ids.entries()) await connection.run(sql, first + at, accountId, id);
  connection.changedMailboxes.add(accountId);
}

/** Notes that the sender's own copy of a message changed. */
export async function noteOwnChange(
  connection: SqlConnection,
  messageId: MessageId,
): Promise<void> {
  const own = await connection.one<{ senderId: AccountId; id: EntryId }>(
    "SELECT sender_id, entry_id AS id FROM message WHERE id = $1",
    messageId,
  );
  await noteChanges(connection, own.senderId, [own.id]);
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
    `UPDATE mailbox SET unread = unread + $1, unread_aside = unread_aside + $2 WHERE account_id = $3`,
    by * changed.length,
    by * changed.filter(({ aside }) => aside === 1).length,
    accountId,
  );
  await noteChanges(connection, accountId, changed.map(({ id }) => id));
}

/** An entry as it is filed, and where that counts. */
export interface FiledRow {
  readonly accountId: AccountId;
  readonly id: EntryId;
  /** Bytes of its filing. */
  readonly bytes: number;
  readonly aside: number;
  readonly inbox: number;
  readonly unread: number;
}

/** How full a mailbox is, and the counts that it came to. */
export interface CountedFill extends Fill {
  readonly modseq: number;
  /** The highest place that there is. */
  readonly last: number;
}

/** Files an entry for its next version. */
export async function setFiling(
  connection: SqlConnection,
  row: FiledRow,
  { sealed, aside, moves }: SealedFiling & { readonly moves: boolean },
): Promise<CountedFill> {
  const turned = (aside ? 1 : 0) - row.aside;
  const counted = await connection.one<CountedFill>(
    `UPDATE mailbox SET modseq = modseq + 1, next_entry = next_entry + $1, bytes = bytes + $2,
       inbox_aside = inbox_aside + $3, sent_aside = sent_aside + $4, unread_aside = unread_aside + $5
     WHERE account_id = $6 RETURNING modseq, next_entry - 1 AS last, inbox + sent AS messages, bytes,
       max_messages, max_bytes`,
    moves ? 1 : 0,
    sealed.length - row.bytes,
    turned * row.inbox,
    turned * (1 - row.inbox),
    turned * row.unread,
    row.accountId,
  );
  await connection.run(
    `UPDATE filing SET sealed = $1, version = version + 1, modseq = $2, place = coalesce($3, place)
     WHERE account_id = $4 AND id = $5`,
    sealed,
    counted.modseq,
    moves ? counted.last : null,
    row.accountId,
    row.id,
  );
  if (turned !== 0) await setAside(connection, row, aside);
  connection.changedMailboxes.add(row.accountId);
  return counted;
}

async function setAside(
  connection: SqlConnection,
  { accountId, id, inbox }: FiledRow,
  aside: boolean,
) {
  const sql = "UPDATE entry SET aside = $1 WHERE account_id = $2 AND box = $3 AND id = $4";
  await connection.run(sql, aside ? 1 : 0, accountId, inbox ? "inbox" : "sent", id);
}

/** Files an entry that was stored just now. */
export async function fileFirst(
  connection: SqlConnection,
  { accountId, id }: { readonly accountId: AccountId; readonly id: EntryId },
  filing: SealedFiling,
): Promise<Fill> {
  const row = await connection.one<Pick<FiledRow, "inbox" | "unread">>(
    `SELECT box = 'inbox' AS inbox, read_at IS NULL AS unread FROM entry
     WHERE account_id = $1 AND box IN ('inbox', 'sent') AND id = $2`,
    accountId,
    id,
  );
  return await setFiling(connection, { accountId, id, bytes: 0, aside: 0, ...row }, {
    ...filing,
    moves: false,
  });
}

/** Drops the filing of an entry that went, and returns for how many bytes it counted. */
export async function dropFiling(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Promise<number> {
  return await connection.get<{ bytes: number }>(
    `DELETE FROM filing WHERE account_id = $1 AND id = $2
     RETURNING coalesce(octet_length(sealed), 0) AS bytes`,
    accountId,
    id,
  )?.bytes ?? 0;
}

/** Remembers that an entry went; `tombstones` are those of the account with this one. */
export async function insertTombstone(
  connection: SqlConnection,
  accountId: AccountId,
  gone: { readonly id: EntryId; readonly modseq: number; readonly tombstones: number },
): Promise<void> {
  const sql = "INSERT INTO gone (account_id, modseq, id) VALUES ($1, $2, $3)";
  await connection.run(sql, accountId, gone.modseq, gone.id);
  if (gone.tombstones < tombstones.most + tombstones.atOnce) return;
  const { until } = await connection.one<{ until: number }>(
    `SELECT modseq AS until FROM gone WHERE account_id = $1 ORDER BY modseq LIMIT 1 OFFSET $2`,
    accountId,
    tombstones.atOnce - 1,
  );
  const dropped = "DELETE FROM gone WHERE account_id = $1 AND modseq <= $2";
  await connection.run(dropped, accountId, until);
  await connection.run(
    "UPDATE mailbox SET gone = gone - $1, gone_until = $2 WHERE account_id = $3",
    tombstones.atOnce,
    until,
    accountId,
  );
}

/** Drops some tombstones of a closed account, and returns how many. */
export async function forgetTombstones(
  connection: SqlConnection,
  accountId: AccountId,
): Promise<number> {
  return await connection.run(
    `DELETE FROM gone WHERE account_id = $1 AND modseq IN (
       SELECT modseq FROM gone WHERE account_id = $1 LIMIT ${tombstones.atOnce})`,
    accountId,
  );
}
