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
import { entryColumns, entryOf, type EntryRow, isWaiting, withFiling } from "./rows/entry.ts";
import { countUnread, noteOwn, type OwnEntry } from "./rows/filing.ts";
import { goneColumns, noteGone, releaseMessage } from "./rows/gone.ts";
import type { Gone } from "../rules/rows.ts";

const mailboxJobs = { saveSummaries, markRead, deleteEntries };

export function mailboxStore(database: Access): MailboxStore {
  const { saveSummaries, markRead, deleteEntries } = database.writes(mailboxJobs);
  return {
    list: (query) => database.ask(list, query),
    entries: (accountId, ids) => database.ask(entries, accountId, ids),
    saveSummaries,
    markRead: (accountId, ids, readAt, receipts = new Map()) =>
      markRead(accountId, ids, readAt, [...receipts]),
    deleteEntries,
  };
}

/** An entry, or none, beside the counts of its box. */
type PageRow = { readonly total: number; readonly unread: number } & (EntryRow | { id: null });

async function list(connection: SqlConnection, query: ListQuery): Promise<ListPage> {
  const { sql, values } = listStatement(query);
  const rows = await connection.all<PageRow>(sql, ...values);
  const { total = 0, unread = 0 } = rows[0] ?? {};
  return { total, unread, entries: rows.flatMap((row) => row.id === null ? [] : pageEntry(row)) };
}

function pageEntry({ total: _, unread: __, ...row }: PageRow & EntryRow): Entry {
  return entryOf(row);
}

/** Builds the statement for a page, in which the counts are, too. */
function listStatement(query: ListQuery): { sql: string; values: SqlValue[] } {
  const { accountId, box, before, limit, unread, from, since, aside } = query;
  const values: SqlValue[] = [accountId, box, limit];
  const bound = (value: SqlValue) => `$${values.push(value)}`;
  const conditions = ["account_id = $1", "box = $2"];
  if (unread) conditions.push("read_at IS NULL");
  if (aside !== null) conditions.push(`aside = ${aside ? 1 : 0}`);
  if (from !== null) {
    conditions.push(`sender_id = (SELECT account.id FROM account WHERE name = ${bound(from)})`);
  }
  if (before !== null) conditions.push(`id < ${bound(before)}`);
  if (since !== null) {
    const time = bound(since);
    conditions.push(`id > last_until($1, ${time}::bigint - 1)`);
    conditions.push(`stored_at >= ${time}`); // not what came while the clock was wrong
  }
  const count = (name: string) =>
    aside === null ? name : aside ? `${name}_aside` : `${name} - ${name}_aside`;
  return {
    sql: `SELECT counts.*, page.* FROM (
        SELECT ${count(box)} AS total, ${box === "inbox" ? count("unread") : 0} AS unread
        FROM mailbox WHERE account_id = $1) AS counts
      LEFT JOIN LATERAL (
        SELECT ${entryColumns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
        FROM entry ${withFiling} WHERE ${conditions.join(" AND ")}
        ORDER BY entry.id DESC LIMIT $3) AS page ON true`,
    values,
  };
}

async function entries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<(Entry | null)[]> {
  const rows = await connection.all<EntryRow | { id: null }>(
    `SELECT found.* FROM unnest($2::bigint[]) AS asked (id)
     LEFT JOIN LATERAL (
       SELECT ${entryColumns}, envelope FROM entry ${withFiling}
       WHERE account_id = $1 AND entry.id = asked.id LIMIT 1) AS found ON true`,
    accountId,
    ids,
  );
  return rows.map((row) => row.id === null ? null : entryOf(row));
}

async function saveSummaries(
  connection: SqlConnection,
  accountId: AccountId,
  summaries: readonly EntrySummary[],
  quota?: Quota,
  keyring?: KeyringUpdate | null,
): Promise<void> {
  await connection.lock([accountId]);
  if (keyring) await replaceKeyring(connection, accountId, keyring);
  const sizes = await connection.all<{ id: EntryId; envelope: number; before: number }>(
    `SELECT id, octet_length(envelope) AS envelope, coalesce(octet_length(summary), 0) AS before
     FROM entry WHERE account_id = $1 AND id = ANY($2)`,
    accountId,
    summaries.map(({ id }) => id),
  );
  const envelopes = new Map(sizes.map(({ id, envelope }) => [id, envelope]));
  const there = summaries.filter(({ id }) => envelopes.has(id));
  for (const { id, summary } of there) requireSummaryFits(summary.length, envelopes.get(id)!);
  const last = new Map(there.map(({ id, summary }) => [id, summary]));
  if (last.size === 0) return;
  const grown = sizes.reduce((sum, { id, before }) => sum + last.get(id)!.length - before, 0);
  const fill = await connection.one<Fill>(
    `WITH saved AS (
       UPDATE entry SET summary = given.summary
       FROM unnest($3::bigint[], $4::bytea[]) AS given (id, summary)
       WHERE account_id = $1 AND entry.id = given.id)
     UPDATE mailbox SET bytes = bytes + $2 WHERE account_id = $1
     RETURNING inbox + sent AS messages, bytes, max_messages, max_bytes`,
    accountId,
    grown,
    [...last.keys()],
    [...last.values()],
  );
  if (grown > 0 && isOverQuota(fill, quota)) throw noRoomForSummaries();
}

/** An unread entry, as it is marked. */
interface Read {
  readonly id: EntryId;
  readonly aside: number;
  readonly messageId: MessageId;
  readonly senderId: AccountId;
  readonly burn: boolean;
}

/** Marks entries, and erases those of them that are to burn. What comes after the look is as if it came after the call. */
async function markRead(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  readAt: number,
  receipts: readonly (readonly [id: EntryId, receipt: Uint8Array])[],
): Promise<void> {
  const unread = await connection.all<Pick<Read, "id" | "senderId" | "burn">>(
    `SELECT id, sender_id, burn IS NOT NULL AS burn FROM entry
     WHERE account_id = $1 AND id = ANY($2) AND (read_at IS NULL) IS TRUE`, // by id, not by unread
    accountId,
    ids,
  );
  if (unread.length === 0) return;
  const byId = new Map(receipts);
  const told = unread.filter(({ id, burn }) => burn || byId.has(id));
  await connection.lock([accountId, ...told.map(({ senderId }) => senderId)]);
  const marked = await connection.all<Read>(
    `UPDATE entry SET read_at = $3, expires_at = NULL
     WHERE account_id = $1 AND id = ANY($2) AND (read_at IS NULL) IS TRUE
     RETURNING id, message_id, sender_id, aside, burn IS NOT NULL AS burn`,
    accountId,
    unread.map(({ id }) => id),
    readAt,
  );
  const asked = new Map(ids.map((id, at) => [id, at]));
  const inOrder = marked.toSorted((a, b) => asked.get(a.id)! - asked.get(b.id)!);
  await giveReceipts(connection, accountId, inOrder, byId);
  await countUnread(connection, accountId, inOrder, -1);
  const burning = inOrder.filter(({ burn }) => burn);
  if (burning.length === 0) return;
  await noteRead(connection, ...burning.map(({ messageId }) => messageId));
  const burnt = burning.map(({ id }) => id);
  await deleteAll(connection, accountId, burnt, new Set(burnt));
}

/** What came back was not delivered to whoever reads the notice of it, also where it was sent to them too. */
async function giveReceipts(
  connection: SqlConnection,
  reader: AccountId,
  read: readonly Read[],
  receipts: ReadonlyMap<EntryId, Uint8Array>,
): Promise<void> {
  const given = new Map<MessageId, Uint8Array>();
  for (const { id, messageId, senderId } of read) {
    const receipt = receipts.get(id);
    if (receipt === undefined || senderId === systemAccountId || given.has(messageId)) continue;
    given.set(messageId, receipt);
  }
  if (given.size === 0) return;
  const changed = await connection.all<OwnEntry>(
    `UPDATE delivery SET receipt = given.receipt
     FROM unnest($2::bigint[], $3::bytea[]) AS given (id, receipt)
       JOIN message ON message.id = given.id
     WHERE message_id = given.id AND recipient_id = $1 AND delivery.receipt IS NULL
     RETURNING message.sender_id AS account_id, message.entry_id AS id`,
    reader,
    [...given.keys()],
    [...given.values()],
  );
  for (const { accountId } of changed) connection.changedInboxes.add(accountId);
  await noteOwn(connection, changed);
}

/** Deletes as `MailboxStore` says. What comes after the look is as if it came after the call. */
async function deleteEntries(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  versions?: readonly number[],
): Promise<EntryId[]> {
  const wanted = [...new Set(ids)];
  const there = await connection.all<{ id: EntryId; burning: AccountId | null }>(
    `SELECT id, CASE WHEN burn IS NOT NULL AND box = 'inbox' THEN sender_id END AS burning
     FROM entry WHERE account_id = $1 AND id = ANY($2)`,
    accountId,
    wanted,
  );
  await connection.lock([accountId, ...there.flatMap(({ burning }) => burning ?? [])]);
  const seen = new Set(there.map(({ id }) => id));
  if (versions === undefined) {
    await deleteAll(connection, accountId, wanted, seen);
    return wanted;
  }
  const known = ids.map((id, at) => ({ id, version: versions[at]! }));
  const deletable = await findDeletable(connection, accountId, known);
  const meant = wanted.filter((id) => seen.has(id) && deletable.has(id));
  if (meant.length > 0) await deleteAll(connection, accountId, meant, seen);
  return meant;
}

/** Finds what has a filing of the version that it is known in, and does not wait to be sent. */
async function findDeletable(
  connection: SqlConnection,
  accountId: AccountId,
  known: readonly { readonly id: EntryId; readonly version: number }[],
): Promise<ReadonlySet<EntryId>> {
  const rows = await connection.all<{ id: EntryId }>(
    `SELECT entry.id FROM unnest($2::bigint[], $3::bigint[]) AS known (id, version)
       JOIN filing ON filing.account_id = $1 AND filing.id = known.id
       JOIN entry ON entry.account_id = $1 AND entry.id = known.id
     WHERE filing.version = known.version AND NOT ${isWaiting}`,
    accountId,
    known.map(({ id }) => id),
    known.map(({ version }) => version),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Deletes entries, if they are among those that were seen. @throws {MailError} as `MailboxStore.deleteEntries` does */
async function deleteAll(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
  seen: ReadonlySet<EntryId>,
): Promise<void> {
  const rows = await connection.all<Gone & { readonly waits: boolean }>(
    `DELETE FROM entry WHERE account_id = $1 AND id = ANY($2)
     RETURNING ${goneColumns}, ${isWaiting} AS waits`,
    accountId,
    ids.filter((id) => seen.has(id)),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const gone = ids.flatMap((id) => byId.get(id) ?? []);
  requireDeletable({
    missing: ids.filter((id) => !byId.has(id)),
    held: gone.filter(({ waits }) => waits).map(({ id }) => id),
  });
  await noteGone(connection, accountId, ...gone);
  await releaseMessage(connection, ...gone);
}
