/**
 * Announcements of mail that is due to go, in SQL. `latest` rises with the id of an entry, so that one look at the first
 * entry of a box tells whether there is anything to do, and no index has to be kept by age: every message would pay.
 */
import type { AccountId, EntryId } from "../../../model/ids.ts";
import type { Retention, RetentionNotice } from "../../../model/retention.ts";
import { goesAt, isTooSoon, retentionTimes } from "../../rules/retention.ts";
import type { SqlConnection } from "../connection.ts";
import { isWaiting } from "./entry.ts";
import { systemMessageId } from "./gone.ts";
import { allocateEntry, inboxAllocation } from "./place.ts";

/** The account row of the server itself. */
const systemId = 0;
/** Entries that one look takes from each box. */
const atOnce = 64;

/** A moment, and how long mail is kept. */
export interface RetentionMoment {
  readonly retention: Retention;
  readonly now: number;
}

/** What there is to do in one mailbox. */
export interface Look {
  readonly accountId: AccountId;
  /** When something was announced last; null: nothing that holds is. */
  readonly toldAt: number | null;
  /** Up to which id entries were announced; 0: none. */
  readonly lastId: number;
  /** What goes now, announced long enough ago and old enough, and from whom it came; null: nothing. */
  readonly due: readonly (readonly [EntryId, AccountId])[] | null;
  /** The first entries that are to be announced, one a box; null: there are none. */
  readonly firsts: readonly { readonly storedAt: number; readonly latest: number }[] | null;
}

/** An own copy outlives the wait, and is as old as what its recipients got. */
function isSpared(until: string): string {
  return `(${isWaiting} OR EXISTS (
    SELECT 1 FROM message WHERE message.id = entry.message_id AND released_at > ${until} OFFSET 0))`;
}

/**
 * Looks at mailboxes. What holds now is neither what lapsed, nor what a clock that was ahead seems to have said. What
 * waits, or was delivered late, is no reason to announce anything before its own time comes near: it would be announced
 * over and over. Announcements go without one.
 */
const lookStatement = `
  SELECT asked.account_id, told_at, last_id,
    (SELECT json_agg(json_build_array(id, sender_id)) FROM (
       SELECT id, sender_id FROM (
         SELECT id, sender_id, latest FROM entry
         WHERE account_id = asked.account_id AND box = 'inbox' AND id <= due_in_inbox
         ORDER BY id LIMIT $9) AS inbox
       WHERE latest <= $6
       UNION ALL
       SELECT id, sender_id FROM (
         SELECT id, sender_id, latest FROM entry
         WHERE account_id = asked.account_id AND box = 'sent' AND id <= due_in_sent
           AND NOT ${isSpared("$7")}
         ORDER BY id LIMIT $9) AS sent
       WHERE latest <= $7
       UNION ALL
       SELECT entry_id, ${systemId} FROM (
         SELECT entry_id FROM retention_notice
         WHERE account_id = asked.account_id AND at <= $6 AND EXISTS (
           SELECT 1 FROM entry WHERE account_id = asked.account_id AND id = entry_id)
         LIMIT $9) AS told
     ) AS due) AS due,
    (SELECT json_agg(json_build_object('storedAt', stored_at, 'latest', latest)) FROM (
       (SELECT stored_at, latest FROM entry
        WHERE account_id = asked.account_id AND box = 'inbox' AND id > last_id AND NOT EXISTS (
          SELECT 1 FROM retention_notice
          WHERE account_id = asked.account_id AND entry_id = entry.id)
        ORDER BY id LIMIT 1)
       UNION ALL
       (SELECT stored_at, latest FROM entry
        WHERE account_id = asked.account_id AND box = 'sent' AND id > last_id
          AND NOT ${isSpared("$8")}
        ORDER BY id LIMIT 1)
     ) AS first WHERE latest <= $8) AS firsts
  FROM unnest($1::bigint[]) AS asked (account_id)
  CROSS JOIN LATERAL (
    SELECT max(at) AS told_at, coalesce(max(last_id), 0) AS last_id,
      coalesce(max(last_id) FILTER (WHERE goes_at <= $3), 0) AS due_in_inbox,
      coalesce(max(last_id) FILTER (WHERE goes_at <= $4 AND goes_at > $10), 0) AS due_in_sent
    FROM retention_notice
    WHERE account_id = asked.account_id AND at <= $2 AND goes_at > $5) AS announced`;

/** Looks at mailboxes at one moment; one answer an account, in order. */
export async function look(
  connection: SqlConnection,
  accounts: readonly AccountId[],
  { retention, now }: RetentionMoment,
): Promise<Look[]> {
  const times = retentionTimes(retention, now);
  const { storedBy, announcedFor, lapsedBy, lapsedForSent, announcedBy } = times;
  return await connection.all<Look>(
    lookStatement,
    accounts,
    now,
    announcedFor.inbox,
    announcedFor.sent,
    lapsedBy,
    storedBy.inbox,
    storedBy.sent,
    announcedBy,
    atOnce,
    lapsedForSent,
  );
}

/** The first entries that are to be announced now; null: there are none, or it is too soon. */
export function toAnnounce(
  { firsts, toldAt }: Look,
  { retention, now }: RetentionMoment,
): Look["firsts"] {
  return isTooSoon(retention, toldAt, now) ? null : firsts;
}

/** Puts an announcement into the inbox where there is something to announce. */
export async function announce(
  connection: SqlConnection,
  looked: Look,
  moment: RetentionMoment,
): Promise<void> {
  const firsts = toAnnounce(looked, moment);
  if (firsts === null) return;
  const { accountId, lastId: before } = looked;
  const { retention, now } = moment;
  const oldest = Math.min(...firsts.map(({ latest }) => latest));
  const { announcedBy } = retentionTimes(retention, now);
  await insertRetentionNotice(connection, accountId, {
    ...await untold(connection, accountId, before, announcedBy),
    oldest: Math.min(...firsts.map(({ storedAt }) => storedAt)),
    at: now,
    goesAt: goesAt(retention, oldest, now),
  });
}

/** Finds the last entry that is as old as that, and how many there are behind another, without announcements. */
async function untold(
  connection: SqlConnection,
  accountId: AccountId,
  before: number,
  time: number,
): Promise<{ readonly lastId: number; readonly messages: number }> {
  return await connection.one(
    `SELECT last_id,
       (SELECT count(*) FROM entry WHERE account_id = $1 AND id > $2 AND id <= last_id)
       - (SELECT count(*) FROM retention_notice
          WHERE account_id = $1 AND entry_id > $2 AND entry_id <= last_until.last_id AND EXISTS (
            SELECT 1 FROM entry WHERE account_id = $1 AND id = entry_id)) AS messages
     FROM last_until($1, $3) AS last_until (last_id)`,
    accountId,
    before,
    time,
  );
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
    `WITH told AS (
       INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, sealed_bytes,
         envelope_digest, envelope, charged_to)
       VALUES ($1, $2, 'inbox', ${systemId}, ${systemMessageId}, $3, $4, 0, $5, '', $1))
     INSERT INTO retention_notice (account_id, entry_id, last_id, messages, oldest, at, goes_at)
     VALUES ($1, $2, $6, $7, $8, $3, $9)`,
    accountId,
    id,
    at,
    latest,
    new Uint8Array(32),
    lastId,
    messages,
    oldest,
    retentionNotice.goesAt,
  );
}

/** Drops what does not hold any more of announcements whose entry is gone. */
export async function forgetLapsed(
  connection: SqlConnection,
  accountId: AccountId,
  { retention, now }: RetentionMoment,
): Promise<void> {
  await connection.run(
    `DELETE FROM retention_notice WHERE account_id = $1 AND goes_at <= $2 AND NOT EXISTS (
       SELECT 1 FROM entry WHERE account_id = $1 AND id = entry_id)`,
    accountId,
    retentionTimes(retention, now).lapsedBy,
  );
}
