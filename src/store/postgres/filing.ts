/** How entries are filed and copied, and the feed of what changed, in SQL. */
import { equalBytes } from "../../model/bytes.ts";
import { type AccountId, type EntryId, entryId } from "../../model/ids.ts";
import type { Quota } from "../administration_store.ts";
import { accountClosed, noRoomToFile, noSuchAccount } from "../failures.ts";
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
import { isOverQuota } from "../rules/quota.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { isWaiting } from "./rows/entry.ts";
import { countUnread, type FilingColumns, filingOf } from "./rows/filing.ts";
import { insertCopies, type OriginalEntry, writeFilings } from "./rows/refiling.ts";

const filingJobs = { fileEntries, copyEntries, markUnread, replaceFolders };

export function filingStore(database: Access): FilingStore {
  return {
    ...database.writes(filingJobs),
    filedEntries: (accountId, ids) => database.ask(filedEntries, accountId, ids),
    changes: (query) => database.ask(changes, query),
    folders: (accountId) => database.ask(folders, accountId),
  };
}

type FeedRow = Omit<FiledEntry, "filing"> & FilingColumns;

/** Columns of an entry and of its filing, `$1` being its account. */
const entryPart = "entry.id, box, stored_at, read_at, sealed_bytes, envelope_digest, aside";
const filingPart = "place, modseq, version, sealed";

function filedOf({ place, modseq, version, aside, sealed, ...entry }: FeedRow): FiledEntry {
  return { ...entry, filing: filingOf({ place, modseq, version, aside, sealed }) };
}

/** A change, or none, beside the counts of the mailbox; what went has no box. */
type ChangeRow =
  & { readonly newest: number; readonly goneUntil: number; readonly folders: number }
  & (FeedRow | { id: EntryId; box: null; modseq: number } | { id: null; box: null });

async function changes(connection: SqlConnection, query: ChangesQuery): Promise<Changes> {
  const { accountId, since, known, limit, aside } = query;
  const rows = await connection.all<ChangeRow>(
    changesStatement(aside),
    accountId,
    since,
    limit,
    since === 0 ? null : Math.max(since, known),
  );
  const { newest, goneUntil, folders } = rows[0] ?? { newest: 0, goneUntil: 0, folders: 0 };
  if (isTooLongAgo(query, { modseq: newest, goneUntil })) {
    return { modseq: 0, newest, reset: true, entries: [], gone: [], more: true, folders };
  }
  const changed = rows.filter((row) => row.id !== null);
  const counts = changed.map(({ modseq }) => modseq).sort((a, b) => a - b);
  const more = counts.length >= limit;
  const modseq = more ? counts[limit - 1]! : newest;
  const told = changed.filter((row) => row.modseq <= modseq);
  return {
    modseq,
    newest,
    reset: false,
    entries: told.flatMap((row) => row.box === null ? [] : changedEntry(row)),
    gone: told.flatMap((row) => row.box === null ? row.id : []),
    more,
    folders,
  };
}

function changedEntry(
  { newest: _, goneUntil: __, folders: ___, ...row }: FeedRow & ChangeRow,
): FiledEntry {
  return filedOf(row);
}

/**
 * Builds the statement for a page: by the counts of the narrow rows, and a look at each entry. What went is told behind
 * a count of its own; null: none of it.
 */
function changesStatement(aside: boolean): string {
  return `SELECT mailbox.modseq AS newest, gone_until, folder_list.version AS folders, change.*
    FROM mailbox JOIN folder_list USING (account_id)
    LEFT JOIN LATERAL (
      (SELECT ${entryPart}, ${filingPart} FROM filing
       CROSS JOIN LATERAL (
         SELECT * FROM entry WHERE entry.account_id = $1 AND entry.id = filing.id LIMIT 1) AS entry
       WHERE filing.account_id = $1 AND modseq > $2 ${aside ? "AND aside = 1" : ""}
       ORDER BY modseq LIMIT $3)
      UNION ALL
      (SELECT id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, modseq, NULL, NULL FROM gone
       WHERE account_id = $1 AND modseq > $4 ORDER BY modseq LIMIT $3)) AS change ON true
    WHERE account_id = $1`;
}

/** Finds one row an id, in order. */
async function findFiled(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(FeedRow | null)[]> {
  const rows = await connection.all<FeedRow | { id: null }>(
    `SELECT found.* FROM unnest($2::bigint[]) AS asked (id)
     LEFT JOIN LATERAL (
       SELECT ${entryPart}, ${filingPart} FROM entry JOIN filing USING (account_id, id)
       WHERE entry.account_id = $1 AND entry.id = asked.id LIMIT 1) AS found ON true`,
    accountId,
    ids,
  );
  return rows.map((row) => row.id === null ? null : row);
}

async function filedEntries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(FiledEntry | null)[]> {
  return (await findFiled(connection, accountId, ids)).map((row) => row && filedOf(row));
}

/** What filings of an account were counted up to. */
interface Counts {
  modseq: number;
  /** The highest place that there is. */
  last: number;
  /** The highest `storedAt` that there was. */
  latest: number;
}

/** @throws {MailError} `denied` for an account that was closed while a session of it was open */
async function countsOf(connection: SqlConnection, accountId: AccountId): Promise<Counts> {
  const sql = "SELECT modseq, next_entry - 1 AS last, latest FROM mailbox WHERE account_id = $1";
  const counts = await connection.get<Counts>(sql, accountId);
  if (counts === undefined) throw accountClosed();
  return counts;
}

async function fileEntries(
  connection: SqlConnection,
  accountId: AccountId,
  filings: readonly NewFiling[],
  quota?: Quota,
): Promise<FilingAnswer[]> {
  await connection.lock([accountId]);
  const counts = await countsOf(connection, accountId);
  const found = await findFiled(connection, accountId, filings.map(({ id }) => id));
  const before = new Map(found.flatMap((row) => row === null ? [] : [[row.id, row]]));
  const after = new Map<EntryId, FeedRow>();
  let growth = 0;
  const answers = filings.map((filing): FilingAnswer => {
    const row = after.get(filing.id) ?? before.get(filing.id) ?? null;
    const fate = fateOfFiling(row, filing, equalBytes);
    if (row === null || fate !== "filed") {
      return { outcome: fate === "repeated" ? "filed" : fate, entry: row && filedOf(row) };
    }
    growth += growthOf(filing.sealed.length, row.sealed?.length ?? 0);
    const filed = rowAfter(row, filing, counts);
    after.set(filing.id, filed);
    return { outcome: "filed", entry: filedOf(filed) };
  });
  if (after.size === 0) return answers;
  const changed = [...after.values()].map((row) => ({ before: before.get(row.id)!, after: row }));
  const fill = await writeFilings(connection, { accountId, ...counts }, changed);
  if (growth > 0 && isOverQuota(fill, quota)) throw noRoomToFile();
  return answers;
}

/** The row as it is filed next, which is counted. */
function rowAfter(row: FeedRow, { sealed, aside, moves }: NewFiling, counts: Counts): FeedRow {
  const place = moves ? ++counts.last : row.place;
  const modseq = ++counts.modseq;
  return { ...row, sealed, aside: aside ? 1 : 0, version: row.version + 1, modseq, place };
}

async function copyEntries(
  connection: SqlConnection,
  accountId: AccountId,
  copies: readonly NewCopy[],
  quota?: Quota,
): Promise<(EntryId | null)[]> {
  await connection.lock([accountId]);
  const originals = await findOriginals(connection, accountId, copies.map(({ id }) => id));
  requireCopyable(originals.filter((entry) => entry !== null));
  if (originals.every((entry) => entry === null)) return originals.map(() => null);
  const counts = await countsOf(connection, accountId);
  const made = originals.map((original, at) => {
    if (original === null) return null;
    counts.latest = Math.max(counts.latest, original.storedAt);
    counts.modseq += 2; // it comes, and is filed
    const { modseq, latest } = counts;
    const { sealed, aside } = copies[at]!;
    return { id: entryId(++counts.last), original, modseq, latest, sealed, aside };
  });
  const there = made.filter((copy) => copy !== null);
  const fill = await insertCopies(connection, { accountId, ...counts }, there);
  if (isOverQuota(fill, quota)) throw noRoomToFile();
  return made.map((copy) => copy?.id ?? null);
}

/**
 * Finds one an id, in order. What the server made itself has no message of its own, or that of whom it tells something.
 */
async function findOriginals(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(OriginalEntry | null)[]> {
  const rows = await connection.all<OriginalEntry | { id: null }>(
    `SELECT found.* FROM unnest($2::bigint[]) AS asked (id)
     LEFT JOIN LATERAL (
       SELECT entry.id, message_id, (box = 'inbox')::int AS inbox,
         (read_at IS NULL)::int AS unread, stored_at, sealed_bytes + octet_length(envelope) AS bytes,
         burn IS NOT NULL AS burns, ${isWaiting} AS waits,
         entry.sender_id = 0 AND (message_id = 0 OR message.sender_id <> 0) AS is_notice
       FROM entry JOIN message ON message.id = message_id
       WHERE entry.account_id = $1 AND entry.id = asked.id LIMIT 1) AS found ON true`,
    accountId,
    ids,
  );
  return rows.map((row) => row.id === null ? null : row);
}

async function markUnread(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<void> {
  await connection.lock([accountId]);
  // Found by their ids alone, not by the box.
  const marked = await connection.all<{ id: EntryId; aside: number }>(
    `UPDATE entry SET read_at = NULL, was_read = 1
     WHERE account_id = $1 AND id = ANY($2) AND (box = 'inbox') IS TRUE AND read_at IS NOT NULL
     RETURNING id, aside`,
    accountId,
    ids,
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
  await connection.lock([]);
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
