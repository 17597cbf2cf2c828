/** What one sender has in a mailbox, in SQL: summed by two indexes that have all that it takes. */
import type { AccountId } from "../../../model/ids.ts";
import { type Amount, type Fill, isFullFor } from "../../rules/quota.ts";
import type { Quota } from "../../administration_store.ts";
import type { SqlConnection } from "../connection.ts";
import type { SharedByCopies } from "../../rules/rows.ts";

/** Tells whether a mailbox, with one more message of so many bytes in it, has no room for it. */
export function isFullWith(
  connection: SqlConnection,
  fill: Fill,
  { ownerId, senderId, bytes }: {
    readonly ownerId: AccountId;
    readonly senderId: AccountId;
    readonly bytes: number;
  },
  quota: Quota | undefined,
): boolean {
  const used = () => {
    const there = usedBy(connection, ownerId, senderId);
    return { messages: there.messages + 1, bytes: there.bytes + bytes };
  };
  return isFullFor(fill, quota, { senderId, ownerId, used });
}

/** Whose share a message takes. */
export function chargedSender({ chargedTo, senderId }: SharedByCopies): AccountId {
  return chargedTo ?? senderId;
}

function usedBy(connection: SqlConnection, ownerId: AccountId, senderId: AccountId): Amount {
  return connection.one<{ messages: number; bytes: number }>(
    `SELECT sum(messages) AS messages, sum(bytes) AS bytes FROM (
       SELECT count(*) AS messages, coalesce(sum(sealed_bytes + length(envelope)), 0) AS bytes
       FROM entry INDEXED BY entry_by_sender
       WHERE account_id = ?1 AND box = 'inbox' AND sender_id = ?2 AND charged_to IS NULL
       UNION ALL
       SELECT count(*), coalesce(sum(sealed_bytes + length(envelope)), 0)
       FROM entry INDEXED BY entry_charged WHERE account_id = ?1 AND charged_to = ?2)`,
    ownerId,
    senderId,
  );
}
