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
import { ofAccount } from "./schema.ts";

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

const feedColumns = `filing.id, box, stored_at AS storedAt, read_at AS readAt,
  sealed_bytes AS sealedBytes, envelope_digest AS envelopeDigest, ${filingColumns}`;

function filedOf({ place, modseq, version, aside, sealed, ...entry }: FeedRow): FiledEntry {
  return { ...entry, filing: filingOf({ place, modseq, version, aside, sealed }) };
}

function changes(connection: SqlConnection, query: ChangesQuery): Changes {
  const { accountId, since, known, limit } = query;
  const mailbox = connection.get<{ modseq: number; goneUntil: number; folders: number }>(
    `SELECT modseq, gone_until AS goneUntil, version AS folders
     FROM mailbox JOIN folder_list USING (account_id) WHERE account_id = ?`,
    accountId,
  ) ?? { modseq: 0, goneUntil: 0, folders: 0 };
  const { modseq: newest, folders } = mailbox;
  if (isTooLongAgo(query, mailbox)) {
    return { modseq: 0, newest, reset: true, entries: [], gone: [], more: true, folders };
  }
  if (since === newest) { // what most of those find who ask
    return { modseq: newest, newest, reset: false, entries: [], gone: [], more: false, folders };
  }
  const entries = connection.all<FeedRow>(feedStatement(query.aside), accountId, since, limit);
  const lost = since === 0 ? [] : connection.all<{ modseq: number; id: EntryId }>(
    "SELECT modseq, id FROM gone WHERE account_id = ? AND modseq > ? ORDER BY modseq LIMIT ?",
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
    FROM filing INDEXED BY filing_by_modseq CROSS JOIN entry INDEXED BY entry_by_box
      ON entry.account_id = filing.account_id AND box IN ('inbox', 'sent') AND entry.id = filing.id
    WHERE filing.account_id = ? AND modseq > ? ${aside ? "AND aside = 1" : ""}
    ORDER BY modseq LIMIT ?`;
}

function findFiled(connection: SqlConnection, accountId: AccountId, id: EntryId): FeedRow | null {
  const sql = `SELECT ${feedColumns} FROM entry CROSS JOIN filing USING (account_id, id)
    WHERE ${ofAccount}`;
  return connection.get<FeedRow>(sql, accountId, id) ?? null;
}

function filedEntries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): (FiledEntry | null)[] {
  return ids.map((id) => {
    const row = findFiled(connection, accountId, id);
    return row && filedOf(row);
  });
}

function fileEntries(
  connection: SqlConnection,
  accountId: AccountId,
  filings: readonly NewFiling[],
  quota?: Quota,
): FilingAnswer[] {
  let growth = 0;
  let fill: Fill | null = null;
  const answers = filings.map((filing): FilingAnswer => {
    const row = findFiled(connection, accountId, filing.id);
    const fate = fateOfFiling(row, filing, equalBytes);
    if (row === null || fate !== "filed") {
      return { outcome: fate === "repeated" ? "filed" : fate, entry: row && filedOf(row) };
    }
    const bytes = row.sealed?.length ?? 0;
    growth += growthOf(filing.sealed.length, bytes);
    const counted = setFiling(connection, { accountId, bytes, ...countedOf(row) }, filing);
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

function copyEntries(
  connection: SqlConnection,
  accountId: AccountId,
  copies: readonly NewCopy[],
  quota?: Quota,
): (EntryId | null)[] {
  const originals = copies.map(({ id }) => findOriginal(connection, accountId, id));
  requireCopyable(originals.flatMap((entry) =>
    entry === null ? [] : {
      id: entry.id,
      burns: entry.burn === 1,
      waits: entry.inbox === 0 && heldState(connection, entry.messageId).heldUntil !== null,
      isNotice: entry.notice === 1,
    }
  ));
  return originals.map((entry, at) => {
    if (entry === null) return null;
    const { id, fill } = copyOne(connection, accountId, entry, copies[at]!);
    if (isOverQuota(fill, quota)) throw noRoomToFile();
    return id;
  });
}

/** What the server made itself has no message of its own, or that of whom it tells something. */
function findOriginal(
  connection: SqlConnection,
  accountId: AccountId,
  id: EntryId,
): Original | null {
  return connection.get<Original>(
    `SELECT entry.id, message_id AS messageId, box = 'inbox' AS inbox, read_at IS NULL AS unread,
       burn IS NOT NULL AS burn, stored_at AS storedAt, sealed_bytes + length(envelope) AS bytes,
       entry.sender_id = 0 AND (message_id = 0 OR message.sender_id <> 0) AS notice
     FROM entry JOIN message ON message.id = message_id WHERE ${ofAccount}`,
    accountId,
    id,
  ) ?? null;
}

function copyOne(
  connection: SqlConnection,
  accountId: AccountId,
  { id, messageId, inbox, unread, storedAt, bytes }: Original,
  copy: NewCopy,
): { readonly id: EntryId; readonly fill: Fill } {
  const allocation = inbox === 0 ? sentAllocation : unread === 1 ? inboxAllocation : readPlace;
  const place = allocateEntry(connection, allocation, accountId, { storedAt, bytes });
  connection.run(
    `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at,
       was_read, expires_at, charged_to, sealed_bytes, envelope_digest, envelope)
     SELECT account_id, ?3, box, sender_id, message_id, stored_at, ?4, read_at,
       was_read, expires_at, account_id, sealed_bytes, envelope_digest, envelope
     FROM entry WHERE account_id = ?1 AND box IN ('inbox', 'sent') AND id = ?2`,
    accountId,
    id,
    place.id,
    place.latest,
  );
  connection.run("UPDATE message SET holders = holders + 1 WHERE id = ?", messageId);
  return { id: place.id, fill: fileFirst(connection, place, copy) };
}

function markUnread(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): void {
  const sql = `UPDATE entry SET read_at = NULL, was_read = 1
    WHERE account_id = ? AND box = 'inbox' AND id = ? AND read_at IS NOT NULL RETURNING id, aside`;
  const marked = ids.flatMap((id) =>
    connection.get<{ id: EntryId; aside: number }>(sql, accountId, id) ?? []
  );
  countUnread(connection, accountId, marked, 1);
}

function folders(connection: SqlConnection, accountId: AccountId): StoredFolders {
  const sql = "SELECT version, sealed FROM folder_list WHERE account_id = ?";
  const row = connection.get<StoredFolders>(sql, accountId);
  if (row === undefined) throw noSuchAccount(accountId);
  return row;
}

function replaceFolders(
  connection: SqlConnection,
  accountId: AccountId,
  { expectedVersion, version, sealed }: FoldersUpdate,
): boolean {
  const changed = connection.change(
    "UPDATE folder_list SET version = ?, sealed = ? WHERE account_id = ? AND version = ?",
    version,
    sealed,
    accountId,
    expectedVersion,
  );
  if (changed > 0) connection.changedMailboxes.add(accountId);
  return changed > 0;
}
