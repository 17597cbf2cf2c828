/** Listing, marking and deleting entries, in SQL. A list reads the rows it shows and no others. */
import type { Delivery } from "../../model/message.ts";
import { noSuchMessage, stillHeld } from "../failures.ts";
import { dropBody } from "./bodies.ts";
import { noteRead, readersLeave } from "./burn.ts";
import type { Connection, Value } from "./connection.ts";
import { forgetHeld, heldState } from "./held.ts";
import { ofAccount } from "./schema.ts";
import { systemAccountId } from "../arrival_store.ts";
import type { Entry, ListPage, ListQuery } from "../mailbox_store.ts";
import type { ArrivalsQuery } from "../watch_store.ts";

type EntryRow = Omit<Entry, "deliveries" | "heldUntil" | "cancelledAt" | "burn"> & {
  readonly burn: number;
  readonly messageId: number;
  /** The highest `storedAt` up to this id. */
  readonly latest: number;
};

/** What a statement that deletes an entry returns. */
export const goneColumns = `message_id AS message, box = 'inbox' AS inbox,
  read_at IS NULL AS unread, burn IS NOT NULL AS burn, sealed_bytes + length(envelope) AS bytes`;

/** An entry that was deleted; 1 where it was that. */
export interface Gone {
  readonly message: number;
  readonly inbox: number;
  readonly unread: number;
  /** It was to be erased when read. */
  readonly burn: number;
  /** What it counted for. */
  readonly bytes: number;
}

type Condition = readonly [sql: string, ...values: Value[]];

const columns = `id, box, (SELECT name FROM account WHERE account.id = sender_id) AS "from",
  stored_at AS storedAt, latest, read_at AS readAt, sealed_bytes AS sealedBytes,
  envelope_digest AS envelopeDigest, message_id AS messageId, burn IS NOT NULL AS burn, summary`;

export function list(connection: Connection, query: ListQuery): ListPage {
  const rows = query.since === null
    ? readRows(connection, query)
    : readRowsSince(connection, query, query.since);
  return {
    ...countsOf(connection, query),
    entries: rows.map((row) => entryOf(connection, row)),
  };
}

function countsOf(connection: Connection, { accountId, box }: ListQuery) {
  const counts = connection.get<{ inbox: number; sent: number; unread: number }>(
    "SELECT inbox, sent, unread FROM mailbox WHERE account_id = ?",
    accountId,
  );
  return { total: counts?.[box] ?? 0, unread: box === "inbox" ? counts?.unread ?? 0 : 0 };
}

function readRows(connection: Connection, query: ListQuery): EntryRow[] {
  const { sql, values } = listStatement(query);
  return connection.all<EntryRow>(sql, ...values);
}

/** `latest` rises with the id: the first row with a lower one ends the list, and no older row is looked at. */
function readRowsSince(connection: Connection, query: ListQuery, since: number): EntryRow[] {
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
export function listStatement(query: ListQuery): { sql: string; values: Value[] } {
  const conditions: Condition[] = [
    ["account_id = ?", query.accountId],
    ["box = ?", query.box],
  ];
  if (query.unread) conditions.push(["read_at IS NULL"]);
  if (query.from !== null) {
    conditions.push(["sender_id = (SELECT account.id FROM account WHERE name = ?)", query.from]);
  }
  if (query.before !== null) conditions.push(["id < ?", query.before]);
  const where = conditions.map(([sql]) => sql).join(" AND ");
  return {
    sql: `SELECT ${columns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
      FROM entry INDEXED BY ${indexFor(query)} WHERE ${where} ORDER BY id DESC LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), query.limit],
  };
}

function indexFor(query: ListQuery): string {
  if (query.unread) return "entry_unread";
  return query.from === null ? "entry_by_box" : "entry_by_sender";
}

export function arrivals(connection: Connection, query: ArrivalsQuery): Entry[] {
  const { sql, values } = arrivalsStatement(query);
  return connection.all<EntryRow>(sql, ...values).map((row) => entryOf(connection, row));
}

/** Builds the statement for a page the other way, by the same indices. */
export function arrivalsStatement(
  { accountId, after, limit, unread }: ArrivalsQuery,
): { sql: string; values: Value[] } {
  return {
    sql: `SELECT ${columns}, CASE WHEN summary IS NULL THEN envelope END AS envelope
      FROM entry INDEXED BY ${unread ? "entry_unread" : "entry_by_box"}
      WHERE account_id = ? AND box = 'inbox' AND id > ? ${unread ? "AND read_at IS NULL" : ""}
      ORDER BY id LIMIT ?`,
    values: [accountId, after, limit],
  };
}

export function entries(
  connection: Connection,
  accountId: number,
  ids: readonly number[],
): (Entry | null)[] {
  const sql = `SELECT ${columns}, envelope FROM entry WHERE ${ofAccount}`;
  return ids.map((id) => {
    const row = connection.get<EntryRow>(sql, accountId, id);
    return row === undefined ? null : entryOf(connection, row);
  });
}

function entryOf(connection: Connection, row: EntryRow): Entry {
  const { messageId, latest: _, burn, ...rest } = row;
  const entry = { ...rest, burn: burn === 1 };
  if (entry.box === "inbox") return { ...entry, deliveries: [], ...notHeld };
  const sent = deliveries(connection, messageId);
  return { ...entry, deliveries: sent, ...heldState(connection, messageId) };
}

const notHeld = { heldUntil: null, cancelledAt: null };

function deliveries(connection: Connection, messageId: number): Delivery[] {
  return connection.all<Delivery>(
    `SELECT account.name AS recipient, delivery.receipt
     FROM delivery CROSS JOIN account ON account.id = delivery.recipient_id
     WHERE delivery.message_id = ? ORDER BY delivery.position`,
    messageId,
  );
}

export function saveSummaries(
  connection: Connection,
  { accountId, summaries }: {
    accountId: number;
    summaries: readonly { readonly id: number; readonly summary: Uint8Array }[];
  },
): void {
  const sql = `UPDATE entry SET summary = ? WHERE ${ofAccount}`;
  for (const { id, summary } of summaries) connection.run(sql, summary, accountId, id);
}

/** Marks entries, erases those of them that are to burn, and returns whether there were such. */
export function markRead(
  connection: Connection,
  { accountId, ids, readAt, receipts }: {
    accountId: number;
    ids: readonly number[];
    readAt: number;
    receipts: readonly { readonly id: number; readonly receipt: Uint8Array }[];
  },
): { readonly burnt: boolean } {
  const sql = `UPDATE entry SET read_at = ? WHERE ${ofAccount} AND read_at IS NULL
    RETURNING message_id AS messageId, sender_id AS senderId, burn IS NOT NULL AS burn`;
  const byId = new Map(receipts.map(({ id, receipt }) => [id, receipt]));
  let marked = 0;
  const burnt: number[] = [];
  for (const id of ids) {
    const read = connection.get<Read>(sql, readAt, accountId, id);
    if (read === undefined) continue;
    const receipt = byId.get(id);
    if (receipt !== undefined) giveReceipt(connection, read, accountId, receipt);
    marked++;
    if (read.burn === 0) continue;
    noteRead(connection, read.messageId);
    burnt.push(id);
  }
  const counted = "UPDATE mailbox SET unread = unread - ? WHERE account_id = ?";
  if (marked > 0) connection.run(counted, marked, accountId);
  if (burnt.length > 0) deleteEntries(connection, { accountId, ids: burnt });
  return { burnt: burnt.length > 0 };
}

interface Read {
  readonly messageId: number;
  readonly senderId: number;
  readonly burn: number;
}

/** What came back was not delivered to whoever reads the notice of it, also where it was sent to them too. */
function giveReceipt(
  connection: Connection,
  { messageId, senderId }: Read,
  reader: number,
  receipt: Uint8Array,
): void {
  if (senderId === systemAccountId) return;
  const sql = "UPDATE delivery SET receipt = ? WHERE message_id = ? AND recipient_id = ?";
  if (connection.run(sql, receipt, messageId, reader) > 0) connection.arrivals.add(senderId);
}

/** Deletes all or none and returns whether bodies are left to sweep. */
export function deleteEntries(
  connection: Connection,
  { accountId, ids }: { accountId: number; ids: readonly number[] },
): boolean {
  const sql = `DELETE FROM entry WHERE ${ofAccount}
    RETURNING ${goneColumns}`;
  const missing: number[] = [];
  const held: number[] = [];
  let sweepable = false;
  for (const id of new Set(ids)) {
    const gone = connection.get<Gone>(sql, accountId, id);
    if (gone === undefined) missing.push(id);
    else {
      if (!gone.inbox && heldState(connection, gone.message).heldUntil !== null) held.push(id);
      uncount(connection, accountId, gone);
      sweepable = letGo(connection, gone) || sweepable;
    }
  }
  if (missing.length > 0) throw noSuchMessage(missing);
  if (held.length > 0) throw stillHeld(held);
  return sweepable;
}

export function uncount(connection: Connection, accountId: number, gone: Gone): void {
  const { inbox, unread, bytes } = gone;
  connection.run(
    `UPDATE mailbox SET inbox = inbox - ?, sent = sent - ?, unread = unread - ?, bytes = bytes - ?
     WHERE account_id = ?`,
    inbox,
    1 - inbox,
    unread,
    bytes,
    accountId,
  );
}

/** Lets one entry go of a message; with the last go the body and the deliveries. Returns whether there is something to sweep. */
export function letGo(connection: Connection, { message, inbox, burn }: Gone): boolean {
  const isBurnt = inbox && burn ? readersLeave(connection, message) : false;
  const sql = "UPDATE message SET holders = holders - 1 WHERE id = ? RETURNING holders";
  if (connection.one<{ holders: number }>(sql, message).holders > 0) return isBurnt;
  connection.run("DELETE FROM delivery WHERE message_id = ?", message);
  forgetHeld(connection, message);
  return dropBody(connection, message) || isBurnt;
}
