/**
 * Announcements of mail that is due to go, in SQL. `latest` rises with the id of an entry, so that one look at the first
 * entry of a box tells whether there is anything to do, and no index has to be kept by age: every message would pay.
 */
import type { AccountId, EntryId } from "../../../model/ids.ts";
import type { Retention, RetentionNotice } from "../../../model/retention.ts";
import { goesAt, isTooSoon, retentionTimes } from "../../rules/retention.ts";
import type { SqlConnection } from "../connection.ts";
import { allocateEntry, inboxAllocation } from "./place.ts";

/** The account row of the server itself, and the message of what it says by itself. */
const systemId = 0;

/** One mailbox at one moment. */
export interface Look {
  readonly accountId: AccountId;
  readonly retention: Retention;
  readonly now: number;
}

export interface First {
  readonly id: EntryId;
  readonly storedAt: number;
  /** The highest `storedAt` up to this id. */
  readonly latest: number;
}

/** Up to which ids entries were announced, and of which of them the time has come; 0: none. */
interface Announced {
  readonly toldAt: number | null;
  readonly lastId: number;
  readonly dueInInbox: number;
  readonly dueInSent: number;
}

/** An own copy outlives the wait, and is as old as what its recipients got. */
export const isSpared = `(
  EXISTS (SELECT 1 FROM held WHERE held.message_id = entry.message_id AND cancelled_at IS NULL)
  OR EXISTS (SELECT 1 FROM message WHERE message.id = entry.message_id AND released_at > ?4))`;

/** What holds now: not what lapsed, nor what a clock that was ahead seems to have said. */
export function announcedIn(
  connection: SqlConnection,
  { accountId, retention, now }: Look,
): Announced {
  const { announcedFor, lapsedBy, lapsedForSent } = retentionTimes(retention, now);
  return connection.one<Announced>(
    `SELECT max(at) AS toldAt, coalesce(max(last_id), 0) AS lastId,
       coalesce(max(last_id) FILTER (WHERE goes_at <= ?), 0) AS dueInInbox,
       coalesce(max(last_id) FILTER (WHERE goes_at <= ? AND goes_at > ?), 0) AS dueInSent
     FROM retention_notice WHERE account_id = ? AND at <= ? AND goes_at > ?`,
    announcedFor.inbox,
    announcedFor.sent,
    lapsedForSent,
    accountId,
    now,
    lapsedBy,
  );
}

/**
 * The first entries that are to be announced now, one a box; null: there are none, or it is too soon. What waits, or was
 * delivered late, is no reason to announce anything before its own time comes near: it would be announced over and over.
 */
export function toAnnounce(connection: SqlConnection, look: Look): First[] | null {
  const { toldAt, lastId } = announcedIn(connection, look);
  if (isTooSoon(look.retention, toldAt, look.now)) return null;
  const { announcedBy } = retentionTimes(look.retention, look.now);
  const old = firstBehind(connection, look.accountId, lastId, { sparedUntil: announcedBy })
    .filter(({ latest }) => latest <= announcedBy);
  return old.length === 0 ? null : old;
}

/** The first entry of each box behind an id; where some are to be passed over, neither announcements nor what is spared. */
export function firstBehind(
  connection: SqlConnection,
  accountId: AccountId,
  id: number,
  passOver: { readonly sparedUntil: number } | null = null,
): First[] {
  const isWanted = passOver === null ? "" : `AND NOT EXISTS (
      SELECT 1 FROM retention_notice WHERE account_id = entry.account_id AND entry_id = entry.id)
    AND NOT (box = 'sent' AND ${isSpared})`;
  const until = passOver === null ? [] : [passOver.sparedUntil];
  return (["inbox", "sent"] as const).flatMap((box) =>
    connection.all<First>(
      `SELECT id, stored_at AS storedAt, latest FROM entry INDEXED BY entry_by_box
       WHERE account_id = ?1 AND box = ?2 AND id > ?3 ${isWanted} ORDER BY id LIMIT 1`,
      accountId,
      box,
      id,
      ...until,
    )
  );
}

/** Puts an announcement into the inbox where there is something to announce. */
export function announce(connection: SqlConnection, look: Look): void {
  const firsts = toAnnounce(connection, look);
  if (firsts === null) return;
  const { accountId, retention, now } = look;
  const { lastId: before } = announcedIn(connection, look);
  const lastId = lastUntil(connection, accountId, retentionTimes(retention, now).announcedBy);
  const oldest = Math.min(...firsts.map(({ latest }) => latest));
  insertRetentionNotice(connection, accountId, {
    lastId,
    messages: countBetween(connection, accountId, before, lastId),
    oldest: Math.min(...firsts.map(({ storedAt }) => storedAt)),
    at: now,
    goesAt: goesAt(retention, oldest, now),
  });
}

/** Finds the last id that is as old as that, by halves. */
function lastUntil(connection: SqlConnection, accountId: AccountId, time: number): number {
  let low = 0;
  let high = connection.one<{ next: number }>(
    "SELECT next_entry AS next FROM mailbox WHERE account_id = ?",
    accountId,
  ).next;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const behind = firstBehind(connection, accountId, middle - 1)
      .toSorted((a, b) => a.id - b.id)[0];
    if (behind !== undefined && behind.latest <= time) low = behind.id;
    else high = middle;
  }
  return low;
}

function countBetween(
  connection: SqlConnection,
  accountId: AccountId,
  before: number,
  last: number,
): number {
  const within = "account_id = ?1 AND id > ?2 AND id <= ?3";
  return connection.one<{ messages: number }>(
    `SELECT (SELECT count(*) FROM entry INDEXED BY entry_by_box
         WHERE box IN ('inbox', 'sent') AND ${within})
       - (SELECT count(*) FROM retention_notice JOIN entry USING (account_id)
         WHERE box = 'inbox' AND id = entry_id AND ${within}) AS messages`,
    accountId,
    before,
    last,
  ).messages;
}

function insertRetentionNotice(
  connection: SqlConnection,
  accountId: AccountId,
  retentionNotice: Omit<RetentionNotice, "id"> & { readonly lastId: number },
): void {
  const { lastId, messages, oldest, at } = retentionNotice;
  const { id, latest } = allocateEntry(connection, inboxAllocation, accountId, {
    storedAt: at,
    bytes: 0,
  });
  connection.changedInboxes.add(accountId);
  connection.run(
    `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, sealed_bytes,
       envelope_digest, envelope, charged_to)
     VALUES (?1, ?2, 'inbox', ${systemId}, ${systemId}, ?3, ?4, 0, zeroblob(32), x'', ?1)`,
    accountId,
    id,
    at,
    latest,
  );
  connection.run(`UPDATE message SET holders = holders + 1 WHERE id = ${systemId}`);
  connection.run(
    `INSERT INTO retention_notice (account_id, entry_id, last_id, messages, oldest, at, goes_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    accountId,
    id,
    lastId,
    messages,
    oldest,
    at,
    retentionNotice.goesAt,
  );
}

/** Drops what does not hold any more of announcements whose entry is gone. */
export function forgetLapsed(connection: SqlConnection, { accountId, retention, now }: Look): void {
  connection.run(
    `DELETE FROM retention_notice WHERE account_id = ? AND goes_at <= ?
       AND NOT EXISTS (SELECT 1 FROM entry WHERE account_id = retention_notice.account_id
         AND box = 'inbox' AND id = entry_id)`,
    accountId,
    retentionTimes(retention, now).lapsedBy,
  );
}
