/** Mail that is kept for a time only, in SQL. */
import type { AccountId, EntryId } from "../../model/ids.ts";
import type { RetentionNotice } from "../../model/retention.ts";
import { letOthersIn } from "../../model/promises.ts";
import type { Quota } from "../administration_store.ts";
import type { RetentionStore } from "../retention_store.ts";
import { retentionTimes } from "../rules/retention.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import {
  announce,
  announcedIn,
  type First,
  firstBehind,
  forgetLapsed,
  isSpared,
  type Look,
  toAnnounce,
} from "./rows/announcements.ts";
import { removeEntries, takenOutAtOnce } from "./rows/take_out.ts";

export const retentionJobs = { retain };

export function retentionStore(
  database: Access,
  sweeper: Sweeper,
): RetentionStore {
  const jobs = database.writes(retentionJobs);
  return {
    retain: async (retention, now, after, quota) => {
      await letOthersIn(); // a round is many looks: others come in between
      const { found, next } = await database.read(findToRetain, { retention, now }, after);
      if (found === null) return next;
      const look = { accountId: found, retention, now };
      const { more, sweepable } = await jobs.retain(look, quota);
      if (sweepable) sweeper.sweep();
      return more ? found - 1 : found;
    },
    retentionNotices: (accountId, ids) => database.read(retentionNotices, accountId, ids),
  };
}

/** Mailboxes that one look of the reading thread is for: less than a millisecond. */
const lookedAt = 32;
/** Entries that one look takes from each box. */
const atOnce = 64;

/** Finds the next account behind one that there is something to do for, or where to look on; null: nowhere. */
export async function findToRetain(
  connection: SqlConnection,
  at: Omit<Look, "accountId">,
  after: number,
): Promise<{ readonly found: AccountId | null; readonly next: number | null }> {
  const accounts = await connection.all<{ id: AccountId }>(
    "SELECT account_id AS id FROM mailbox WHERE account_id > $1 ORDER BY account_id LIMIT $2",
    after,
    lookedAt,
  );
  const found = accounts.find(async ({ id }) => await isDue(connection, { ...at, accountId: id }));
  const next = accounts.length < lookedAt ? null : accounts.at(-1)!.id;
  return { found: found?.id ?? null, next };
}

async function isDue(connection: SqlConnection, look: Look): Promise<boolean> {
  if (!await hasOld(connection, look)) return false; // most mailboxes, most of the time
  return await dueEntries(connection, look).length > 0 ||
    await toAnnounce(connection, look) !== null;
}

/** Tells whether anything is old enough to be announced. */
async function hasOld(connection: SqlConnection, look: Look): Promise<boolean> {
  const firsts = await firstBehind(connection, look.accountId, 0);
  const { announcedBy } = retentionTimes(look.retention, look.now);
  return firsts.some(({ latest }) => latest <= announcedBy);
}

/** Returns ids of entries that go now: announced long enough ago, and old enough. */
export async function dueEntries(connection: SqlConnection, look: Look): Promise<EntryId[]> {
  const { accountId, retention, now } = look;
  const { storedBy } = retentionTimes(retention, now);
  const { dueInInbox, dueInSent } = await announcedIn(connection, look);
  const old = async (box: "inbox" | "sent", lastId: number, until: number) =>
    await connection.all<First>(
      `SELECT id, latest FROM entry 
       WHERE account_id = $1 AND box = $2 AND id <= $3 AND NOT (box = 'sent' AND ${isSpared})
       ORDER BY id LIMIT $5`,
      accountId,
      box,
      lastId,
      until,
      atOnce,
    ).filter(({ latest }) => latest <= until).map(({ id }) => id);
  const ids = [
    ...old("inbox", dueInInbox, storedBy.inbox),
    ...old("sent", dueInSent, storedBy.sent),
    ...await oldAnnouncements(connection, look),
  ];
  return [...new Set(ids)];
}

/** Announcements go without one. */
async function oldAnnouncements(
  connection: SqlConnection,
  { accountId, retention, now }: Look,
): Promise<EntryId[]> {
  return await connection.all<{ id: EntryId }>(
    `SELECT entry_id AS id FROM retention_notice WHERE account_id = $1 AND at <= $2
       AND EXISTS (SELECT 1 FROM entry WHERE account_id = retention_notice.account_id
         AND box = 'inbox' AND id = entry_id)
     LIMIT $3`,
    accountId,
    retentionTimes(retention, now).storedBy.inbox,
    atOnce,
  ).map(({ id }) => id);
}

/** Takes out a part of what was kept long enough; announces what comes next. See `Store.retain`. */
async function retain(
  connection: SqlConnection,
  look: Look,
  quota?: Quota,
): Promise<{ more: boolean; sweepable: boolean }> {
  const isOpen = "SELECT 1 FROM mailbox WHERE account_id = $1";
  if (await connection.get(isOpen, look.accountId) === undefined) {
    return { more: false, sweepable: false };
  }
  const due = await dueEntries(connection, look).slice(0, takenOutAtOnce)
    .map((id) => ({ accountId: look.accountId, id }));
  const sweepable = await removeEntries(connection, due, {
    reason: "not_kept",
    at: look.now,
    quota,
  });
  await announce(connection, look);
  await forgetLapsed(connection, look);
  return { more: due.length === takenOutAtOnce, sweepable };
}

async function retentionNotices(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<RetentionNotice[]> {
  return ids.flatMap(async (id) =>
    await connection.all<RetentionNotice>(
      `SELECT id, messages, oldest, at, goes_at
       FROM entry JOIN retention_notice ON retention_notice.account_id = entry.account_id AND entry_id = id
       WHERE entry.account_id = $ACCOUNT AND entry.id = $ID`,
      accountId,
      id,
    )
  );
}
