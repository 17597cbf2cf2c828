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
export function noteChanges(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): void {
  const raised = connection.get<{ modseq: number }>(
    "UPDATE mailbox SET modseq = modseq + ? WHERE account_id = ? RETURNING modseq",
    ids.length,
    accountId,
  );
  if (raised === undefined) return; // of a closed account
  const first = raised.modseq - ids.length + 1;
  const sql = "UPDATE filing SET modseq = ? WHERE account_id = ? AND id = ?";
  for (const [at, id] of ids.entries()) connection.run(sql, first + at, accountId, id);
  connection.changedMailboxes.add(accountId);
}

/** Notes that the sender's own copy of a message changed. */
export function noteOwnChange(connection: SqlConnection, messageId: MessageId): void {
  const own = connection.one<{ senderId: AccountId; id: EntryId }>(
    "SELECT sender_id AS senderId, entry_id AS id FROM message WHERE id = ?",
    messageId,
  );
  noteChanges(connection, own.senderId, [own.id]);
}

/** Counts entries that became unread (1), or were read (-1). */
export function countUnread(
  connection: SqlConnection,
  accountId: AccountId,
  changed: readonly { readonly id: EntryId; readonly aside: number }[],
  by: 1 | -1,
): void {
  if (changed.length === 0) return;
  connection.run(
    `UPDATE mailbox SET unread = unread + ?, unread_aside = unread_aside + ? WHERE account_id = ?`,
    by * changed.length,
    by * changed.filter(({ aside }) => aside === 1).length,
    accountId,
  );
  noteChanges(connection, accountId, changed.map(({ id }) => id));
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
export function setFiling(
  connection: SqlConnection,
  row: FiledRow,
  { sealed, aside, moves }: SealedFiling & { readonly moves: boolean },
): CountedFill {
  const turned = (aside ? 1 : 0) - row.aside;
  const counted = connection.one<CountedFill>(
    `UPDATE mailbox SET modseq = modseq + 1, next_entry = next_entry + ?, bytes = bytes + ?,
       inbox_aside = inbox_aside + ?, sent_aside = sent_aside + ?, unread_aside = unread_aside + ?
     WHERE account_id = ? RETURNING modseq, next_entry - 1 AS last, inbox + sent AS messages, bytes,
       max_messages AS maxMessages, max_bytes AS maxBytes`,
    moves ? 1 : 0,
    sealed.length - row.bytes,
    turned * row.inbox,
    turned * (1 - row.inbox),
    turned * row.unread,
    row.accountId,
  );
  connection.run(
    `UPDATE filing SET sealed = ?, version = version + 1, modseq = ?, place = coalesce(?, place)
     WHERE account_id = ? AND id = ?`,
    sealed,
    counted.modseq,
    moves ? counted.last : null,
    row.accountId,
    row.id,
  );
  if (turned !== 0) setAside(connection, row, aside);
  connection.changedMailboxes.add(row.accountId);
  return counted;
}

function setAside(connection: SqlConnection, { accountId, id, inbox }: FiledRow, aside: boolean) {
  const sql = "UPDATE entry SET aside = ? WHERE account_id = ? AND box = ? AND id = ?";
  connection.run(sql, aside ? 1 : 0, accountId, inbox ? "inbox" : "sent", id);
}

/** Files an entry that was stored just now. */
export function fileFirst(
  connection: SqlConnection,
  { accountId, id }: { readonly accountId: AccountId; readonly id: EntryId },
  filing: SealedFiling,
): Fill {
  const row = connection.one<Pick<FiledRow, "inbox" | "unread">>(
    `SELECT box = 'inbox' AS inbox, read_at IS NULL AS unread FROM entry
     WHERE account_id = ? AND box IN ('inbox', 'sent') AND id = ?`,
    accountId,
    id,
  );
  return setFiling(connection, { accountId, id, bytes: 0, aside: 0, ...row }, {
    ...filing,
    moves: false,
  });
}

/** Drops the filing of an entry that went, and returns for how many bytes it counted. */
export function dropFiling(connection: SqlConnection, accountId: AccountId, id: EntryId): number {
  return connection.get<{ bytes: number }>(
    `DELETE FROM filing WHERE account_id = ? AND id = ?
     RETURNING coalesce(length(sealed), 0) AS bytes`,
    accountId,
    id,
  )?.bytes ?? 0;
}

/** Remembers that an entry went; `tombstones` are those of the account with this one. */
export function insertTombstone(
  connection: SqlConnection,
  accountId: AccountId,
  gone: { readonly id: EntryId; readonly modseq: number; readonly tombstones: number },
): void {
  const sql = "INSERT INTO gone (account_id, modseq, id) VALUES (?, ?, ?)";
  connection.run(sql, accountId, gone.modseq, gone.id);
  if (gone.tombstones < tombstones.most + tombstones.atOnce) return;
  const { until } = connection.one<{ until: number }>(
    `SELECT modseq AS until FROM gone WHERE account_id = ? ORDER BY modseq LIMIT 1 OFFSET ?`,
    accountId,
    tombstones.atOnce - 1,
  );
  const dropped = "DELETE FROM gone WHERE account_id = ? AND modseq <= ?";
  connection.run(dropped, accountId, until);
  connection.run(
    "UPDATE mailbox SET gone = gone - ?, gone_until = ? WHERE account_id = ?",
    tombstones.atOnce,
    until,
    accountId,
  );
}

/** Drops some tombstones of a closed account, and returns how many. */
export function forgetTombstones(connection: SqlConnection, accountId: AccountId): number {
  return connection.change(
    `DELETE FROM gone WHERE account_id = ?1 AND modseq IN (
       SELECT modseq FROM gone WHERE account_id = ?1 LIMIT ${tombstones.atOnce})`,
    accountId,
  );
}
