/** Mail that is kept for a time only, in SQL. A mailbox is looked at again once it is locked, and so is whose job it is. */
import type { AccountId, EntryId } from "../../model/ids.ts";
import type { RetentionNotice } from "../../model/retention.ts";
import type { Quota } from "../administration_store.ts";
import type { RetentionStore } from "../retention_store.ts";
import { retentionTimes } from "../rules/retention.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { isTakenOver } from "./process/jobs.ts";
import {
  announce,
  forgetLapsed,
  type Look,
  look,
  type RetentionMoment,
  toAnnounce,
} from "./rows/announcements.ts";
import { removeEntries, takenOutAtOnce } from "./rows/take_out.ts";

const retentionJobs = { retain };

export function retentionStore(database: Access): RetentionStore {
  const jobs = database.writes(retentionJobs);
  return {
    retain: async (retention, now, after, quota) => {
      const moment = { retention, now };
      const { found, next } = await database.read(findToRetain, moment, after);
      if (found === null) return next;
      const progress = await jobs.retain(found, moment, quota);
      if (progress === "taken over") return after;
      return progress === "some" ? found - 1 : found;
    },
    retentionNotices: (accountId, ids) => database.ask(retentionNotices, accountId, ids),
  };
}

/** Mailboxes that one look is for. */
const lookedAt = 32;

/** Finds the next account behind one that there is something to do for, or where to look on; null: nowhere. */
async function findToRetain(
  connection: SqlConnection,
  moment: RetentionMoment,
  after: number,
): Promise<{ readonly found: AccountId | null; readonly next: number | null }> {
  const accounts = await connection.all<{ id: AccountId; isOld: boolean }>(
    `SELECT account_id AS id, coalesce((SELECT latest FROM entry
       WHERE entry.account_id = mailbox.account_id ORDER BY entry.id LIMIT 1) <= $2, false) AS is_old
     FROM mailbox WHERE account_id > $1 ORDER BY account_id LIMIT $3`,
    after,
    retentionTimes(moment.retention, moment.now).announcedBy,
    lookedAt,
  );
  const next = accounts.length < lookedAt ? null : accounts.at(-1)!.id;
  const old = accounts.filter(({ isOld }) => isOld).map(({ id }) => id);
  if (old.length === 0) return { found: null, next }; // most of the time
  const looks = await look(connection, old, moment);
  const found = looks.find((one) => one.due !== null || toAnnounce(one, moment) !== null);
  return { found: found?.accountId ?? null, next };
}

/** How far a step came: `some` where there may be more to take out, `taken over` where the job is another process's. */
type Progress = "all" | "some" | "taken over";

/** Takes out a part of what was kept long enough, and announces what comes next. See `Store.retain`. */
async function retain(
  connection: SqlConnection,
  accountId: AccountId,
  moment: RetentionMoment,
  quota?: Quota,
): Promise<Progress> {
  const seen = dueOf(await look(connection, [accountId], moment));
  await connection.lock([accountId, ...seen.values()]);
  const isOpen = "SELECT 1 FROM mailbox WHERE account_id = $1";
  if (await connection.get(isOpen, accountId) === undefined) return "all";
  if (await isTakenOver(connection, "retention")) return "taken over";
  const due = [...dueOf(await look(connection, [accountId], moment)).keys()]
    .filter((id) => seen.has(id)).slice(0, takenOutAtOnce).map((id) => ({ accountId, id }));
  await removeEntries(connection, due, { reason: "not_kept", at: moment.now, quota });
  const [after] = await look(connection, [accountId], moment);
  await announce(connection, after!, moment);
  await forgetLapsed(connection, accountId, moment);
  return due.length === takenOutAtOnce ? "some" : "all";
}

/** What goes of a mailbox, and from whom each came: an announcement may be named twice. */
function dueOf([one]: readonly Look[]): ReadonlyMap<EntryId, AccountId> {
  return new Map(one!.due);
}

async function retentionNotices(
  connection: SqlConnection,
  accountId: AccountId,
  ids: readonly EntryId[],
): Promise<RetentionNotice[]> {
  return await connection.all<RetentionNotice>(
    `SELECT told.* FROM unnest($2::bigint[]) AS asked (id)
     CROSS JOIN LATERAL (
       SELECT entry.id, messages, oldest, at, goes_at
       FROM entry JOIN retention_notice USING (account_id)
       WHERE account_id = $1 AND entry.id = asked.id AND entry_id = asked.id LIMIT 1) AS told`,
    accountId,
    ids,
  );
}
