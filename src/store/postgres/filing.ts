/** How entries are filed and copied, and the feed of what changed, in SQL. */
import { equalBytes } from "../../model/bytes.ts";
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import type { Quota } from "../administration_store.ts";
import { noRoomToFile, noSuchAccount } from "../failures.ts";
import type {
  Changes,
  ChangesQuery,
  FiledEntry,
  FilingAnswer,
  FilingStore,
  FoldersUpdate,
  NewCopy,
  NewFiling,
  StoredFolders,
} from "../filing_store.ts";
import { fateOfFiling, growthOf, isTooLongAgo, requireCopyable } from "../rules/filings.ts";
import { type Fill, isOverQuota } from "../rules/quota.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import {
  type CountedFill,
  countUnread,
  type FiledRow,
  fileFirst,
  type FilingColumns,
  filingColumns,
  filingOf,
  setFiling,
} from "./rows/filing.ts";
import { heldState } from "./rows/held.ts";
import { allocateEntry, inboxAllocation, readPlace, sentAllocation } from "./rows/place.ts";

export const filingJobs = { fileEntries, copyEntries, markUnread, replaceFolders };

export function filingStore(database: Access): FilingStore {
  return {
    ...database.writes(filingJobs),
    filedEntries: (accountId, ids) => database.read(filedEntries, accountId, ids),
    changes: (query) => database.read(changes, query),
    folders: (accountId) => database.read(folders, accountId),
  };
}

type FeedRow = Omit<FiledEntry, "filing"> & FilingColumns;

const feedColumns = `filing.id, box, stored_at, read_at,
  sealed_bytes, envelope_digest, ${filingColumns}`;

function filedOf({ place, modseq, version, aside, sealed, ...entry }: FeedRow): FiledEntry {
  return { ...entry, filing: filingOf({ place, modseq, version, aside, sealed }) };
}

async function changes(connection: SqlConnection, query: ChangesQuery): Promise<Changes> {
  const { accountId, since, known, limit } = query;
  const mailbox = await connection.get<{ modseq: number; goneUntil: number; folders: number }>(
    `SELECT modseq, gone_until, version AS folders
     FROM mailbox JOIN folder_list USING (account_id) WHERE account_id = $1`,
    accountId,
  ) ?? { modseq: 0, goneUntil: 0, folders: 0 };
  const { modseq: newest, folders } = mailbox;
  if (isTooLongAgo(query, mailbox)) {
    return { modseq: 0, newest, reset: true, entries: [], gone: [], more: true, folders };
  }
  const entries = await connection.all<FeedRow>(
    feedStatement(query.aside),
    accountId,
    since,
    limit,
  );
  const lost = since === 0 ? [] : await connection.all<{ modseq: number; id: EntryId }>(
    "SELECT modseq, id FROM gone WHERE account_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3",
    accountId,
    Math.max(since, known),
    limit,
  );
  const counts = [...entries, ...lost].map(({ modseq }) => modseq).sort((a, b) => a - b);
  const more = counts.length >= limit;
  const modseq = more ? counts[limit - 1]! : newest;
  return {
    modseq,
    newest,
    reset: false,
    entries: entries.filter((row) => row.modseq <= modseq).map(filedOf),
    gone: lost.filter((row) => row.modseq <= modseq).map(({ id }) => id),
    more,
    folders,
  };
}

/** Builds the statement for a page: by the counts of the narrow rows, and a look at each entry. */
export function feedStatement(aside: boolean): string {
  return `SELECT ${feedColumns}
    FROM filing CROSS JOIN entry 
      ON entry.account_id = filing.account_id AND box IN ('inbox', 'sent') AND entry.id = filing.id
    WHERE filing.account_id = $1 AND modseq > $2 ${aside ? "AND aside = 1" : ""}
    ORDER BY modseq LIMIT $3`;
}

async function findFiled(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Promise<FeedRow | null> {
  const sql = `SELECT ${feedColumns} FROM entry JOIN filing USING (account_id, id)
    WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`;
  return await connection.get<FeedRow>(sql, accountId, id) ?? null;
}

async function filedEntries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(FiledEntry | null)[]> {
  return ids.map(async (id) => {
    const row = await findFiled(connection, accountId, id);
    return row && filedOf(row);
  });
}

async function fileEntries(
  connection: SqlConnection,
  accountId: AccountId,
  filings: readonly NewFiling[],
  quota?: Quota,
): Promise<FilingAnswer[]> {
  let growth = 0;
  let fill: Fill | null = null;
  const answers = filings.map(async (filing): Promise<FilingAnswer> => {
    const row = await findFiled(connection, accountId, filing.id);
    const fate = fateOfFiling(row, filing, equalBytes);
    if (row === null || fate !== "filed") {
      return { outcome: fate === "repeated" ? "filed" : fate, entry: row && filedOf(row) };
    }
    const bytes = row.sealed?.length ?? 0;
    growth += growthOf(filing.sealed.length, bytes);
    const counted = await setFiling(connection, { accountId, bytes, ...countedOf(row) }, filing);
    fill = counted;
    return { outcome: "filed", entry: filedOf(rowAfter(row, filing, counted)) };
  });
  if (fill !== null && growth > 0 && isOverQuota(fill, quota)) throw noRoomToFile();
  return answers;
}

/** The row as `setFiling` has made it. */
function rowAfter(
  row: FeedRow,
  { sealed, aside, moves }: NewFiling,
  { modseq, last }: CountedFill,
): FeedRow {
  const place = moves ? last : row.place;
  return { ...row, sealed, aside: aside ? 1 : 0, version: row.version + 1, modseq, place };
}

function countedOf({ id, aside, box, readAt }: FeedRow): Omit<FiledRow, "accountId" | "bytes"> {
  return { id, aside, inbox: box === "inbox" ? 1 : 0, unread: readAt === null ? 1 : 0 };
}

/** An entry that is to be copied; 1 where it is that. */
interface Original {
  readonly id: EntryId;
  readonly messageId: MessageId;
  readonly inbox: number;
  readonly unread: number;
  readonly burn: number;
  readonly notice: number;
  readonly storedAt: number;
  /** Of body and envelope. */
  readonly bytes: number;
}

async function copyEntries(
  connection: SqlConnection,
  accountId: AccountId,
  copies: readonly NewCopy[],
  quota?: Quota,
): Promise<(EntryId | null)[]> {
  const originals = copies.map(async ({ id }) => await findOriginal(connection, accountId, id));
  requireCopyable(originals.flatMap(async (entry) =>
    entry === null ? [] : {
      id: entry.id,
      burns: entry.burn === 1,
      waits: entry.inbox === 0 && await heldState(connection, entry.messageId).heldUntil !== null,
      isNotice: entry.notice === 1,
    }
  ));
  return originals.map(async (entry, at) => {
    if (entry === null) return null;
    const { id, fill } = await copyOne(connection, accountId, entry, copies[at]!);
    if (isOverQuota(fill, quota)) throw noRoomToFile();
    return id;
  });
}

/** What the server made itself has no message of its own, or that of whom it tells something. */
async function findOriginal(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Promise<Original | null> {
  return await connection.get<Original>(
    `SELECT entry.id, message_id, box = 'inbox' AS inbox, read_at IS NULL AS unread,
       burn IS NOT NULL AS burn, stored_at, sealed_bytes + octet_length(envelope) AS bytes,
       entry.sender_id = 0 AND (message_id = 0 OR message.sender_id <> 0) AS notice
     FROM entry JOIN message ON message.id = message_id WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`,
    accountId,
    id,
  ) ?? null;
}

async function copyOne(
  connection: SqlConnection,
  accountId: AccountId,
  { id, messageId, inbox, unread, storedAt, bytes }: Original,
  copy: NewCopy,
): Promise<{ readonly id: EntryId; readonly fill: Fill }> {
  const allocation = inbox === 0 ? sentAllocation : unread === 1 ? inboxAllocation : readPlace;
  const place = await allocateEntry(connection, allocation, accountId, { storedAt, bytes });
  await connection.run(
    `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at,
       was_read, expires_at, charged_to, sealed_bytes, envelope_digest, envelope)
     SELECT account_id, $3, box, sender_id, message_id, stored_at, $4, read_at,
       was_read, expires_at, account_id, sealed_bytes, envelope_digest, envelope
     FROM entry WHERE account_id = $1 AND box IN ('inbox', 'sent') AND id = $2`,
    accountId,
    id,
    place.id,
    place.latest,
  );
  await connection.run("UPDATE message SET holders = holders + 1 WHERE id = $1", messageId);
  return { id: place.id, fill: await fileFirst(connection, place, copy) };
}

async function markUnread(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<void> {
  const sql = `UPDATE entry SET read_at = NULL, was_read = 1
    WHERE account_id = $1 AND box = 'inbox' AND id = $2 AND read_at IS NOT NULL RETURNING id, aside`;
  const marked = ids.flatMap(async (id) =>
    await connection.get<{ id: EntryId; aside: number }>(sql, accountId, id) ?? []
  );
  await countUnread(connection, accountId, marked, 1);
}

async function folders(connection: SqlConnection, accountId: AccountId): Promise<StoredFolders> {
  const sql = "SELECT version, sealed FROM folder_list WHERE account_id = $1";
  const row = await connection.get<StoredFolders>(sql, accountId);
  if (row === undefined) throw noSuchAccount(accountId);
  return row;
}

async function replaceFolders(
  connection: SqlConnection,
  accountId: AccountId,
  { expectedVersion, version, sealed }: FoldersUpdate,
): Promise<boolean> {
  const changed = await connection.run(
    "UPDATE folder_list SET version = $1, sealed = $2 WHERE account_id = $3 AND version = $4",
    version,
    sealed,
    accountId,
    expectedVersion,
  );
  if (changed > 0) connection.changedMailboxes.add(accountId);
  return changed > 0;
}
