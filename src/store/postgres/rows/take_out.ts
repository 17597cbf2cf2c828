/** Entries taken out when their time is up, in SQL: the unread ones go back to who sent them here. */
import type { AccountName } from "../../../model/address.ts";
import type { BounceReason } from "../../../model/bounce.ts";
import type { AccountId, EntryId } from "../../../model/ids.ts";
import type { Quota } from "../../administration_store.ts";
import { comesBack } from "../../rules/entries.ts";
import type { SqlConnection } from "../connection.ts";
import { goneColumns, noteGone, releaseMessage } from "./gone.ts";
import type { Gone } from "../../rules/rows.ts";
import { bounce } from "./return_to_sender.ts";

/** Of one transaction: no send waits for long. */
export const takenOutAtOnce = 64;

/** An entry whose time is up. */
export interface DueEntry {
  readonly accountId: AccountId;
  readonly id: EntryId;
}

type GoneEntry = Gone & {
  readonly accountId: AccountId;
  readonly senderId: AccountId;
  readonly recipient: AccountName;
  readonly awaited: boolean;
};

/** Locks the mailboxes that change when entries are taken out: their owners', and those of who sent them. */
export async function lockOwners(
  connection: SqlConnection,
  entries: readonly DueEntry[],
): Promise<void> {
  const senders = await connection.all<{ id: AccountId }>(
    `SELECT DISTINCT message.sender_id AS id
     FROM unnest($1::bigint[], $2::bigint[]) AS due (account_id, id)
       JOIN entry USING (account_id, id) JOIN message ON message.id = entry.message_id`,
    ...keysOf(entries),
  );
  await connection.lock([
    ...entries.map(({ accountId }) => accountId),
    ...senders.map(({ id }) => id),
  ]);
}

function keysOf(entries: readonly DueEntry[]): [accounts: AccountId[], ids: EntryId[]] {
  return [entries.map(({ accountId }) => accountId), entries.map(({ id }) => id)];
}

/**
 * Takes out those entries that are there, each unread one back to who sent it here. One that was to expire may have been
 * read since it was found, and stays. See `lockOwners`.
 */
export async function removeEntries(
  connection: SqlConnection,
  entries: readonly DueEntry[],
  why: {
    readonly reason: BounceReason;
    readonly at: number;
    /** Of the sender who gets it back, as in a message. */
    readonly quota: Quota | undefined;
  },
): Promise<void> {
  if (entries.length === 0) return;
  const gone = await connection.all<GoneEntry>(
    `WITH gone AS (
       DELETE FROM entry USING unnest($1::bigint[], $2::bigint[]) AS due (account_id, id)
       WHERE entry.account_id = due.account_id AND entry.id = due.id
         AND ($3::text <> 'expired' OR expires_at <= $4::bigint)
       RETURNING entry.account_id, entry.sender_id, ${goneColumns})
     SELECT gone.*, (SELECT name FROM account WHERE account.id = gone.account_id) AS recipient,
       (SELECT count(*) FROM delivery
         WHERE message_id = gone.message AND recipient_id = gone.account_id
           AND receipt IS NULL) > 0 AS awaited
     FROM gone ORDER BY account_id, id`,
    ...keysOf(entries),
    why.reason,
    why.at,
  );
  for (const [accountId, ofAccount] of Map.groupBy(gone, ({ accountId }) => accountId)) {
    await noteGone(connection, accountId, ...ofAccount);
  }
  // Before the messages are let go of, or their bodies would go.
  const backs = gone.filter(bounces).map(({ message: messageId, senderId, recipient }) => {
    return { messageId, senderId, recipient, reason: why.reason };
  });
  await bounce(connection, backs, why);
  await releaseMessage(connection, ...gone);
}

function bounces({ inbox, unread, wasRead, awaited }: GoneEntry): boolean {
  const isUnread = unread === 1 && wasRead === 0;
  return comesBack({ box: inbox === 1 ? "inbox" : "sent", isUnread, isAwaited: awaited });
}
