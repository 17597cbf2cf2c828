/** Entries taken out when their time is up, in SQL: the unread ones go back to who sent them here. */
import type { AccountName } from "../../../model/address.ts";
import type { BounceReason } from "../../../model/bounce.ts";
import type { AccountId, EntryId } from "../../../model/ids.ts";
import type { Quota } from "../../administration_store.ts";
import { comesBack } from "../../rules/entries.ts";
import type { SqlConnection } from "../connection.ts";
import { ofAccount } from "../schema.ts";
import { blankEntry, goneColumns, noteGone, releaseMessage } from "./gone.ts";
import type { Gone } from "../../rules/rows.ts";
import { bounce } from "./return_to_sender.ts";

/** Of one transaction: no send waits for long. */
export const takenOutAtOnce = 64;

/** An entry whose time is up. */
export interface DueEntry {
  readonly accountId: AccountId;
  readonly id: EntryId;
}

/** Takes entries out, each unread one back to who sent it here; returns whether bodies are left to sweep. */
export function removeEntries(
  connection: SqlConnection,
  entries: readonly DueEntry[],
  why: {
    readonly reason: BounceReason;
    readonly at: number;
    /** Of the sender who gets it back, as in a message. */
    readonly quota: Quota | undefined;
  },
): boolean {
  for (const { accountId, id } of entries) blankEntry(connection, accountId, id);
  let sweepable = false;
  for (const { accountId, id } of entries) {
    const gone = connection.one<
      Gone & { senderId: AccountId; recipient: AccountName; awaited: number }
    >(
      `DELETE FROM entry WHERE ${ofAccount}
       RETURNING ${goneColumns}, sender_id AS senderId,
         (SELECT name FROM account WHERE id = account_id) AS recipient,
         EXISTS (SELECT 1 FROM delivery
           WHERE message_id = entry.message_id AND recipient_id = account_id
             AND receipt IS NULL) AS awaited`,
      accountId,
      id,
    );
    const { message: messageId, senderId, recipient } = gone;
    noteGone(connection, accountId, gone);
    // Before the message is let go of, or its body would go.
    const box = gone.inbox ? "inbox" : "sent";
    if (comesBack({ box, isUnread: gone.unread > gone.wasRead, isAwaited: gone.awaited === 1 })) {
      bounce(connection, { messageId, senderId, recipient, ...why });
    }
    sweepable = releaseMessage(connection, gone) || sweepable;
  }
  return sweepable;
}
