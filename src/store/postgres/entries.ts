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
import { blankEntry, type Gone, goneColumns, noteGone, releaseMessage } from "./rows/gone.ts";
import { heldState } from "./rows/held.ts";

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

async function list(connection: SqlConnection, query: ListQuery): Promise<ListPage> {
  const rows = query.since === null
    ? await readRows(connection, query)
    : await readRowsSince(connection, query, query.since);
  return {
    ...await countsOf(connection, query),
    entries: rows.map(async (row) => await entryOf(connection, row)),
  };
}

async function countsOf(connection: SqlConnection, { accountId, box, aside }: ListQuery) {
  const [own, others] = aside === null ? [1, 1] : aside ? [0, 1] : [1, 0];
  const counts = await connection.get<{ inbox: number; sent: number; unread: number }>(
    `SELECT inbox * $1 + inbox_aside * $2 AS inbox, sent * $1 + sent_aside * $2 AS sent,
       unread * $1 + unread_aside * $2 AS unread FROM mailbox WHERE account_id = $3`,
    own!,
    others! - own!,
    accountId,
  );
  return { total: counts?.[box] ?? 0, unread: box === "inbox" ? counts?.unread ?? 0 : 0 };
}

async function readRows(connection: SqlConnection, query: ListQuery): Promise<EntryRow[]> {
  const { sql, values } = listStatement(query);
  return await connection.all<EntryRow>(sql, ...values);
}

/** `latest` rises with the id: the first row with a lower one ends the list, and no older row is looked at. */
async function readRowsSince(
  connection: SqlConnection,
  query: ListQuery,
  since: number,
): Promise<EntryRow[]> {
  const found: EntryRow[] = [];
  for (let before = query.before; found.length < query.limit;) {
    const rows = await readRows(connection, { ...query, before });
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
    ["account_id = $1", query.accountId],
    ["box = $1", query.box],
  ];
  if (query.unread) conditions.push(["read_at IS NULL"]);
  if (query.aside !== null) conditions.push([`aside = ${query.aside ? 1 : 0}`]);
  if (query.from !== null) {
    conditions.push(["sender_id = (SELECT account.id FROM account WHERE name = $1)", query.from]);
  }
  if (query.before !== null) conditions.push(["id < ?", query.before]);
  const where = conditions.map(([sql]) => sql).join(" AND ");
  return {
    sql: `SELECT ${entryColumns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
      FROM entry INDEXED BY ${
      indexFor(query)
    } ${withFiling} WHERE ${where} ORDER BY id DESC LIMIT $1`,
    values: [...conditions.flatMap(([, ...values]) => values), query.limit],
  };
}

function indexFor(query: ListQuery): string {
  if (query.unread) return "entry_unread";
  if (query.aside === true) return "entry_aside";
  return query.from === null ? "entry_by_box" : "entry_by_sender";
}

async function entries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(Entry | null)[]> {
  const sql =
    `SELECT ${entryColumns}, envelope FROM entry ${withFiling} WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`;
  return ids.map(async (id) => {
    const row = await connection.get<EntryRow>(sql, accountId, id);
    return row === undefined ? null : await entryOf(connection, row);
  });
}

async function saveSummaries(
  connection: SqlConnection,
  accountId: AccountId,
  summaries: readonly EntrySummary[],
  quota?: Quota,
  keyring?: KeyringUpdate | null,
): Promise<void> {
  if (keyring) await replaceKeyring(connection, accountId, keyring);
  const grown = summaries.reduce(
    async (sum, summary) => sum + await saveSummary(connection, accountId, summary),
    0,
  );
  if (grown === 0) return;
  const fill = await connection.one<Fill>(
    `UPDATE mailbox SET bytes = bytes + $1 WHERE account_id = $2
     RETURNING inbox + sent AS messages, bytes, max_messages, max_bytes`,
    grown,
    accountId,
  );
  if (grown > 0 && isOverQuota(fill, quota)) throw noRoomForSummaries();
}

/** Returns by how many bytes the entry is longer now; 0 where it is not there. */
async function saveSummary(
  connection: SqlConnection,
  accountId: AccountId,
  { id, summary }: EntrySummary,
): Promise<number> {
  const sizes = await connection.get<{ envelope: number; before: number }>(
    `SELECT octet_length(envelope) AS envelope, coalesce(octet_length(summary), 0) AS before
     FROM entry WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`,
    accountId,
    id,
  );
  if (sizes === undefined) return 0;
  requireSummaryFits(summary.length, sizes.envelope);
  await connection.run(
    `UPDATE entry SET summary = $1 WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`,
    summary,
    accountId,
    id,
  );
  return summary.length - sizes.before;
}

/** Marks entries, erases those of them that are to burn, and returns whether there were such. */
async function markRead(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  readAt: number,
  receipts: readonly (readonly [id: EntryId, receipt: Uint8Array])[],
): Promise<{ readonly burnt: boolean }> {
  const sql =
    `UPDATE entry SET read_at = $1 WHERE entry.account_id = $ACCOUNT AND entry.id = $ID AND read_at IS NULL
    RETURNING id, message_id, sender_id, aside, burn IS NOT NULL AS burn`;
  const byId = new Map(receipts);
  const marked: Read[] = [];
  const burnt: EntryId[] = [];
  for (const id of ids) {
    const read = await connection.get<Read>(sql, readAt, accountId, id);
    if (read === undefined) continue;
    const receipt = byId.get(id);
    if (receipt !== undefined) await giveReceipt(connection, read, accountId, receipt);
    marked.push(read);
    if (read.burn === 0) continue;
    await noteRead(connection, read.messageId);
    burnt.push(id);
  }
  await countUnread(connection, accountId, marked, -1);
  if (burnt.length > 0) await deleteEntries(connection, accountId, burnt);
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
async function giveReceipt(
  connection: SqlConnection,
  { messageId, senderId }: Read,
  reader: AccountId,
  receipt: Uint8Array,
): Promise<void> {
  if (senderId === systemAccountId) return;
  const sql = `UPDATE delivery SET receipt = $1
    WHERE message_id = $2 AND recipient_id = $3 AND receipt IS NULL`;
  if (await connection.run(sql, receipt, messageId, reader) === 0) return;
  connection.changedInboxes.add(senderId);
  await noteOwnChange(connection, messageId);
}

/** Deletes as `MailboxStore` says, and tells whether bodies are left to sweep. */
async function deleteEntries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  versions?: readonly number[],
): Promise<{ deleted: EntryId[]; sweepable: boolean }> {
  if (versions === undefined) return await deleteAll(connection, accountId, new Set(ids));
  const meant = ids.filter(async (id, at) =>
    await isAsKnown(connection, accountId, { id, version: versions[at]! })
  );
  return await deleteAll(connection, accountId, new Set(meant));
}

/** True for an entry whose filing has this version, and that does not wait to be sent. */
async function isAsKnown(
  connection: SqlConnection,
  accountId: AccountId,
  { id, version }: { readonly id: EntryId; readonly version: number },
): Promise<boolean> {
  const found = await connection.get<{ version: number; box: string; message: MessageId }>(
    `SELECT version, box, message_id AS message FROM entry JOIN filing USING (account_id, id)
     WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`,
    accountId,
    id,
  );
  if (found === undefined || found.version !== version) return false;
  return found.box === "inbox" || await heldState(connection, found.message).heldUntil === null;
}

async function deleteAll(
  connection: SqlConnection,
  accountId: AccountId,
  ids: ReadonlySet<EntryId>,
): Promise<{ deleted: EntryId[]; sweepable: boolean }> {
  const sql = `DELETE FROM entry WHERE entry.account_id = $ACCOUNT AND entry.id = $ID
    RETURNING ${goneColumns}`;
  const missing: EntryId[] = [];
  const held: EntryId[] = [];
  let sweepable = false;
  for (const id of ids) await blankEntry(connection, accountId, id);
  for (const id of ids) {
    const gone = await connection.get<Gone>(sql, accountId, id);
    if (gone === undefined) missing.push(id);
    else {
      if (!gone.inbox && await heldState(connection, gone.message).heldUntil !== null) {
        held.push(id);
      }
      await noteGone(connection, accountId, gone);
      sweepable = await releaseMessage(connection, gone) || sweepable;
    }
  }
  requireDeletable({ missing, held });
  return { deleted: [...ids], sweepable };
}
