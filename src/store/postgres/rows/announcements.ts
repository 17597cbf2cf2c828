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
  OR EXISTS (SELECT 1 FROM message WHERE message.id = entry.message_id AND released_at > $4))`;

/** What holds now: not what lapsed, nor what a clock that was ahead seems to have said. */
export async function announcedIn(
  connection: SqlConnection,
  { accountId, retention, now }: Look,
): Promise<Announced> {
  const { announcedFor, lapsedBy } = retentionTimes(retention, now);
  return await connection.one<Announced>(
    `SELECT max(at) AS told_at, coalesce(max(last_id), 0) AS last_id,
       coalesce(max(last_id) FILTER (WHERE goes_at <= $1), 0) AS due_in_inbox,
       coalesce(max(last_id) FILTER (WHERE goes_at <= $2), 0) AS due_in_sent
     FROM retention_notice WHERE account_id = $3 AND at <= $4 AND goes_at > $5`,
    announcedFor.inbox,
    announcedFor.sent,
    accountId,
    now,
    lapsedBy,
  );
}

/**
 * The first entries that are to be announced now, one a box; null: there are none, or it is too soon. What waits, or was
 * delivered late, is no reason to announce anything before its own time comes near: it would be announced over and over.
 */
export async function toAnnounce(connection: SqlConnection, look: Look): Promise<First[] | null> {
  const { toldAt, lastId } = await announcedIn(connection, look);
  if (isTooSoon(look.retention, toldAt, look.now)) return null;
  const { announcedBy } = retentionTimes(look.retention, look.now);
  const old = await firstBehind(connection, look.accountId, lastId, { sparedUntil: announcedBy })
    .filter(({ latest }) => latest <= announcedBy);
  return old.length === 0 ? null : old;
}

/** The first entry of each box behind an id; where some are to be passed over, neither announcements nor what is spared. */
export async function firstBehind(
  connection: SqlConnection,
  accountId: AccountId,
  id: number,
  passOver: { readonly sparedUntil: number } | null = null,
): Promise<First[]> {
  const isWanted = passOver === null ? "" : `AND NOT EXISTS (
      SELECT 1 FROM retention_notice WHERE account_id = entry.account_id AND entry_id = entry.id)
    AND NOT (box = 'sent' AND ${isSpared})`;
  const until = passOver === null ? [] : [passOver.sparedUntil];
  return (["inbox", "sent"] as const).flatMap(async (box) =>
    await connection.all<First>(
      `SELECT id, stored_at, latest FROM entry 
       WHERE account_id = $1 AND box = $2 AND id > $3 ${isWanted} ORDER BY id LIMIT 1`,
      accountId,
      box,
      id,
      ...until,
    )
  );
}

/** Puts an announcement into the inbox where there is something to announce. */
export async function announce(connection: SqlConnection, look: Look): Promise<void> {
  const firsts = await toAnnounce(connection, look);
  if (firsts === null) return;
  const { accountId, retention, now } = look;
  const { lastId: before } = await announcedIn(connection, look);
  const lastId = await lastUntil(connection, accountId, retentionTimes(retention, now).announcedBy);
  const oldest = Math.min(...firsts.map(({ latest }) => latest));
  await insertRetentionNotice(connection, accountId, {
    lastId,
    messages: await countBetween(connection, accountId, before, lastId),
    oldest: Math.min(...firsts.map(({ storedAt }) => storedAt)),
    at: now,
    goesAt: goesAt(retention, oldest, now),
  });
}

/** Finds the last id that is as old as that, by halves. */
async function lastUntil(
  connection: SqlConnection,
  accountId: AccountId,
  time: number,
): Promise<number> {
  let low = 0;
  let high = await connection.one<{ next: number }>(
    "SELECT next_entry AS next FROM mailbox WHERE account_id = $1",
    accountId,
  ).next;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const behind = await firstBehind(connection, accountId, middle - 1)
      .toSorted((a, b) => a.id - b.id)[0];
    if (behind !== undefined && behind.latest <= time) low = behind.id;
    else high = middle;
  }
  return low;
}

async function countBetween(
  connection: SqlConnection,
  accountId: AccountId,
  before: number,
  last: number,
): Promise<number> {
  const within = "account_id = $1 AND id > $2 AND id <= $3";
  return await connection.one<{ messages: number }>(
    `SELECT (SELECT count(*) FROM entry 
         WHERE box IN ('inbox', 'sent') AND ${within})
       - (SELECT count(*) FROM retention_notice JOIN entry USING (account_id)
         WHERE box = 'inbox' AND id = entry_id AND ${within}) AS messages`,
    accountId,
    before,
    last,
  ).messages;
}

async function insertRetentionNotice(
  connection: SqlConnection,
  accountId: AccountId,
  retentionNotice: Omit<RetentionNotice, "id"> & { readonly lastId: number },
): Promise<void> {
  const { lastId, messages, oldest, at } = retentionNotice;
  const { id, latest } = await allocateEntry(connection, inboxAllocation, accountId, {
    storedAt: at,
    bytes: 0,
  });
  connection.changedInboxes.add(accountId);
  await connection.run(
    `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, sealed_bytes,
       envelope_digest, envelope, charged_to)
     VALUES ($1, $2, 'inbox', ${systemId}, ${systemId}, $3, $4, 0, zeroblob(32), '', $1)`,
    accountId,
    id,
    at,
    latest,
  );
  await connection.run(`UPDATE message SET holders = holders + 1 WHERE id = ${systemId}`);
  await connection.run(
    `INSERT INTO retention_notice (account_id, entry_id, last_id, messages, oldest, at, goes_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
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
export async function forgetLapsed(
  connection: SqlConnection,
  { accountId, retention, now }: Look,
): Promise<void> {
  await connection.run(
    `DELETE FROM retention_notice WHERE account_id = $1 AND goes_at <= $2
       AND NOT EXISTS (SELECT 1 FROM entry WHERE account_id = retention_notice.account_id
         AND box = 'inbox' AND id = entry_id)`,
    accountId,
    retentionTimes(retention, now).lapsedBy,
  );
}
