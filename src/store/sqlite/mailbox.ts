/** Listing, marking and deleting entries, in SQL. A list reads the rows it shows and no others. */
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import type { KeyringUpdate } from "../account_store.ts";
import type { Quota } from "../administration_store.ts";
import { noRoomForSummaries } from "../failures.ts";
import { systemAccountId } from "../inbound_store.ts";
import type { Entry, EntrySummary, ListPage, ListQuery, MailboxStore } from "../mailbox_store.ts";
import { requireDeletable } from "../rules/entries.ts";
import { type Fill, isOverQuota } from "../rules/quota.ts";
import { requireSummaryFits } from "../rules/summaries.ts";
import type { Access } from "./access.ts";
import { replaceKeyring } from "./accounts.ts";
import type { SqlConnection, SqlValue } from "./connection.ts";
import { noteRead } from "./rows/burn.ts";
import { entryColumns, entryOf, type EntryRow, withFiling } from "./rows/entry.ts";
import { countUnread, noteOwnChange } from "./rows/filing.ts";
import { blankEntry, goneColumns, noteGone, releaseMessage } from "./rows/gone.ts";
import type { Gone } from "../rules/rows.ts";
import { heldState } from "./rows/held.ts";
import { ofAccount } from "./schema.ts";
import type { Sweeper } from "./sweeper.ts";

export const mailboxJobs = { saveSummaries, markRead, deleteEntries };

export function mailboxStore(
  database: Access,
  sweeper: Sweeper,
): MailboxStore {
  const { saveSummaries, markRead, deleteEntries } = database.writes(mailboxJobs);
  return {
    list: (query) => database.read(list, query),
    entries: (accountId, ids) => database.read(entries, accountId, ids),
    saveSummaries,
    markRead: async (accountId, ids, readAt, receipts = new Map()) => {
      if ((await markRead(accountId, ids, readAt, [...receipts])).burnt) {
        await sweeper.leaveNothing();
      }
    },
    deleteEntries: async (accountId, ids, versions) => {
      const { deleted, sweepable } = await deleteEntries(accountId, ids, versions);
      if (sweepable) sweeper.sweep();
      return deleted;
    },
  };
}

type Condition = readonly [sql: string, ...values: SqlValue[]];

function list(connection: SqlConnection, query: ListQuery): ListPage {
  const rows = query.since === null
    ? readRows(connection, query)
    : readRowsSince(connection, query, query.since);
  return {
    ...countsOf(connection, query),
    entries: rows.map((row) => entryOf(connection, row)),
  };
}

function countsOf(connection: SqlConnection, { accountId, box, aside }: ListQuery) {
  const [own, others] = aside === null ? [1, 1] : aside ? [0, 1] : [1, 0];
  const counts = connection.get<{ inbox: number; sent: number; unread: number }>(
    `SELECT inbox * ?1 + inbox_aside * ?2 AS inbox, sent * ?1 + sent_aside * ?2 AS sent,
       unread * ?1 + unread_aside * ?2 AS unread FROM mailbox WHERE account_id = ?3`,
    own!,
    others! - own!,
    accountId,
  );
  return { total: counts?.[box] ?? 0, unread: box === "inbox" ? counts?.unread ?? 0 : 0 };
}

function readRows(connection: SqlConnection, query: ListQuery): EntryRow[] {
  const { sql, values } = listStatement(query);
  return connection.all<EntryRow>(sql, ...values);
}

/** `latest` rises with the id: the first row with a lower one ends the list, and no older row is looked at. */
function readRowsSince(connection: SqlConnection, query: ListQuery, since: number): EntryRow[] {
  const found: EntryRow[] = [];
  for (let before = query.before; found.length < query.limit;) {
    const rows = readRows(connection, { ...query, before });
    const reached = rows.filter(({ latest }) => latest >= since);
    found.push(...reached.filter(({ storedAt }) => storedAt >= since)); // not what came while the clock was wrong
    if (reached.length < query.limit) break;
    before = rows.at(-1)!.id;
  }
  return found.slice(0, query.limit);
}

/** Builds the statement for a page. Without statistics SQLite may choose a poor index: so it is named. */
export function listStatement(query: ListQuery): { sql: string; values: SqlValue[] } {
  const conditions: Condition[] = [
    ["account_id = ?", query.accountId],
    ["box = ?", query.box],
  ];
  if (query.unread) conditions.push(["read_at IS NULL"]);
  if (query.aside !== null) conditions.push([`aside = ${query.aside ? 1 : 0}`]);
  if (query.from !== null) {
    conditions.push(["sender_id = (SELECT account.id FROM account WHERE name = ?)", query.from]);
  }
  if (query.before !== null) conditions.push(["id < ?", query.before]);
  const where = conditions.map(([sql]) => sql).join(" AND ");
  return {
    sql: `SELECT ${entryColumns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
      FROM entry INDEXED BY ${
      indexFor(query)
    } ${withFiling} WHERE ${where} ORDER BY id DESC LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), query.limit],
  };
}

function indexFor(query: ListQuery): string {
  if (query.unread) return "entry_unread";
  if (query.aside === true) return "entry_aside";
  return query.from === null ? "entry_by_box" : "entry_by_sender";
}

function entries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): (Entry | null)[] {
  const sql = `SELECT ${entryColumns}, envelope FROM entry ${withFiling} WHERE ${ofAccount}`;
  return ids.map((id) => {
    const row = connection.get<EntryRow>(sql, accountId, id);
    return row === undefined ? null : entryOf(connection, row);
  });
}

function saveSummaries(
  connection: SqlConnection,
  accountId: AccountId,
  summaries: readonly EntrySummary[],
  quota?: Quota,
  keyring?: KeyringUpdate | null,
): void {
  if (keyring) replaceKeyring(connection, accountId, keyring);
  const grown = summaries.reduce(
    (sum, summary) => sum + saveSummary(connection, accountId, summary),
    0,
  );
  if (grown === 0) return;
  const fill = connection.one<Fill>(
    `UPDATE mailbox SET bytes = bytes + ? WHERE account_id = ?
     RETURNING inbox + sent AS messages, bytes, max_messages AS maxMessages, max_bytes AS maxBytes`,
    grown,
    accountId,
  );
  if (grown > 0 && isOverQuota(fill, quota)) throw noRoomForSummaries();
}

/** Returns by how many bytes the entry is longer now; 0 where it is not there. */
function saveSummary(
  connection: SqlConnection,
  accountId: AccountId,
  { id, summary }: EntrySummary,
): number {
  const sizes = connection.get<{ envelope: number; before: number }>(
    `SELECT length(envelope) AS envelope, coalesce(length(summary), 0) AS before
     FROM entry WHERE ${ofAccount}`,
    accountId,
    id,
  );
  if (sizes === undefined) return 0;
  requireSummaryFits(summary.length, sizes.envelope);
  connection.run(`UPDATE entry SET summary = ? WHERE ${ofAccount}`, summary, accountId, id);
  return summary.length - sizes.before;
}

/** Marks entries, erases those of them that are to burn, and returns whether there were such. */
function markRead(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  readAt: number,
  receipts: readonly (readonly [id: EntryId, receipt: Uint8Array])[],
): { readonly burnt: boolean } {
  const sql = `UPDATE entry SET read_at = ?, expires_at = NULL
    WHERE ${ofAccount} AND read_at IS NULL
    RETURNING id, message_id AS messageId, sender_id AS senderId, aside, burn IS NOT NULL AS burn`;
  const byId = new Map(receipts);
  const marked: Read[] = [];
  const burnt: EntryId[] = [];
  for (const id of ids) {
    const read = connection.get<Read>(sql, readAt, accountId, id);
    if (read === undefined) continue;
    const receipt = byId.get(id);
    if (receipt !== undefined) giveReceipt(connection, read, accountId, receipt);
    marked.push(read);
    if (read.burn === 0) continue;
    noteRead(connection, read.messageId);
    burnt.push(id);
  }
  countUnread(connection, accountId, marked, -1);
  if (burnt.length > 0) deleteEntries(connection, accountId, burnt);
  return { burnt: burnt.length > 0 };
}

interface Read {
  readonly id: EntryId;
  readonly aside: number;
  readonly messageId: MessageId;
  readonly senderId: AccountId;
  readonly burn: number;
}

/** What came back was not delivered to whoever reads the notice of it, also where it was sent to them too. */
function giveReceipt(
  connection: SqlConnection,
  { messageId, senderId }: Read,
  reader: AccountId,
  receipt: Uint8Array,
): void {
  if (senderId === systemAccountId) return;
  const sql = `UPDATE delivery SET receipt = ?
    WHERE message_id = ? AND recipient_id = ? AND receipt IS NULL`;
  if (connection.change(sql, receipt, messageId, reader) === 0) return;
  connection.changedInboxes.add(senderId);
  noteOwnChange(connection, messageId);
}

/** Deletes as `MailboxStore` says, and tells whether bodies are left to sweep. */
function deleteEntries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  versions?: readonly number[],
): { deleted: EntryId[]; sweepable: boolean } {
  if (versions === undefined) return deleteAll(connection, accountId, new Set(ids));
  const meant = ids.filter((id, at) =>
    isAsKnown(connection, accountId, { id, version: versions[at]! })
  );
  return deleteAll(connection, accountId, new Set(meant));
}

/** True for an entry whose filing has this version, and that does not wait to be sent. */
function isAsKnown(
  connection: SqlConnection,
  accountId: AccountId,
  { id, version }: { readonly id: EntryId; readonly version: number },
): boolean {
  const found = connection.get<{ version: number; box: string; message: MessageId }>(
    `SELECT version, box, message_id AS message FROM entry CROSS JOIN filing USING (account_id, id)
     WHERE ${ofAccount}`,
    accountId,
    id,
  );
  if (found === undefined || found.version !== version) return false;
  return found.box === "inbox" || heldState(connection, found.message).heldUntil === null;
}

function deleteAll(
  connection: SqlConnection,
  accountId: AccountId,
  ids: ReadonlySet<EntryId>,
): { deleted: EntryId[]; sweepable: boolean } {
  const sql = `DELETE FROM entry WHERE ${ofAccount}
    RETURNING ${goneColumns}`;
  const missing: EntryId[] = [];
  const held: EntryId[] = [];
  let sweepable = false;
  for (const id of ids) blankEntry(connection, accountId, id);
  for (const id of ids) {
    const gone = connection.get<Gone>(sql, accountId, id);
    if (gone === undefined) missing.push(id);
    else {
      if (!gone.inbox && heldState(connection, gone.message).heldUntil !== null) held.push(id);
      noteGone(connection, accountId, gone);
      sweepable = releaseMessage(connection, gone) || sweepable;
    }
  }
  requireDeletable({ missing, held });
  return { deleted: [...ids], sweepable };
}
