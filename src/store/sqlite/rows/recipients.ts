/** The recipients of a message and their copies, in SQL. */
import type { AccountName } from "../../../model/address.ts";
import type { AccountId } from "../../../model/ids.ts";
import { noRoom } from "../../failures.ts";
import { isOverQuota } from "../../rules/quota.ts";
import {
  type FoundAccount,
  type ResolvedRecipients,
  resolveRecipients,
} from "../../rules/recipients.ts";
import type { NewMessage, SendTerms, StoredCopy } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import { blocks } from "./blocked.ts";
import { insertEntry } from "./copy.ts";
import type { SharedByCopies } from "../../rules/rows.ts";
import { allocateEntry, inboxAllocation } from "./place.ts";
import { chargedSender, isFullWith } from "./sharing.ts";

/** @throws {MailError} `over_quota` as `noRoom` */
export function deliverNow(
  connection: SqlConnection,
  shared: SharedByCopies,
  copies: ReadonlyMap<AccountId, StoredCopy>,
  { storedAt, quota }: Pick<NewMessage, "storedAt" | "quota">,
  expiresAt: number | null,
): void {
  const full: { id: AccountId; isOver: boolean }[] = [];
  const senderId = chargedSender(shared);
  for (const [ownerId, copy] of copies) {
    const taking = { storedAt, bytes: shared.bodyBytes + copy.envelope.length };
    const place = allocateEntry(connection, inboxAllocation, ownerId, taking);
    const more = { ownerId, senderId, bytes: taking.bytes };
    if (isFullWith(connection, place, more, quota)) {
      full.push({ id: ownerId, isOver: isOverQuota(place, quota) });
    }
    insertEntry(connection, shared, { place, box: "inbox", readAt: null, copy, expiresAt });
    connection.changedInboxes.add(ownerId);
  }
  if (full.length === 0) return;
  throw noRoom(full.map(({ id, isOver }) => ({ name: nameOf(connection, id), isOver })));
}

/** Finds the name of an account. */
export function nameOf(connection: SqlConnection, id: AccountId): AccountName {
  return connection.one<{ name: AccountName }>("SELECT name FROM account WHERE id = ?", id).name;
}

/**
 * Finds the account of each recipient by its name, and applies the terms. `senders`: all that the sender may be blocked by.
 * @throws {MailError} as the rule does
 */
export function findRecipients(
  connection: SqlConnection,
  recipients: NewMessage["recipients"],
  terms: SendTerms,
  senders: readonly string[],
): ResolvedRecipients<AccountId> {
  const sql = `SELECT id AS account, fingerprint FROM account WHERE name = ? AND closed_at IS NULL`;
  const found = recipients.map(({ name }) => {
    const account = connection.get<Omit<FoundAccount<AccountId>, "blocks">>(sql, name);
    return account ? { ...account, blocks: blocks(connection, account.account, senders) } : null;
  });
  return resolveRecipients(recipients, found, terms);
}
