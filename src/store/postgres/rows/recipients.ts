/** The recipients of a message and their copies, in SQL. */
import type { AccountName } from "../../../model/address.ts";
import type { AccountId } from "../../../model/ids.ts";
import { overQuota } from "../../failures.ts";
import {
  type FoundAccount,
  type ResolvedRecipients,
  resolveRecipients,
} from "../../rules/recipients.ts";
import type { NewMessage, SendTerms, StoredCopy } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import { blocks } from "./blocked.ts";
import { type Common, insertEntry } from "./copy.ts";
import { allocateEntry, inboxAllocation } from "./place.ts";
import { chargedSender, isFullWith } from "./sharing.ts";

/** @throws {MailError} `over_quota` naming all whose mailbox is full, at least for this sender */
export async function deliverNow(
  connection: SqlConnection,
  common: Common,
  copies: ReadonlyMap<AccountId, StoredCopy>,
  { storedAt, quota }: Pick<NewMessage, "storedAt" | "quota">,
  expiresAt: number | null,
): Promise<void> {
  const full: AccountId[] = [];
  const senderId = chargedSender(common);
  for (const [ownerId, copy] of copies) {
    const taking = { storedAt, bytes: common.bodyBytes + copy.envelope.length };
    const place = await allocateEntry(connection, inboxAllocation, ownerId, taking);
    const more = { ownerId, senderId, bytes: taking.bytes };
    if (await isFullWith(connection, place, more, quota)) full.push(ownerId);
    await insertEntry(connection, common, { place, box: "inbox", readAt: null, copy, expiresAt });
    connection.changedInboxes.add(ownerId);
  }
  if (full.length > 0) throw overQuota(full.map(async (id) => await nameOf(connection, id)));
}

/** Finds the name of an account. */
export async function nameOf(connection: SqlConnection, id: AccountId): Promise<AccountName> {
  return await connection.one<{ name: AccountName }>("SELECT name FROM account WHERE id = $1", id)
    .name;
}

/**
 * Finds the account of each recipient by its name, and applies the terms. `senders`: all that the sender may be blocked by.
 * @throws {MailError} as the rule does
 */
export async function findRecipients(
  connection: SqlConnection,
  recipients: NewMessage["recipients"],
  terms: SendTerms,
  senders: readonly string[],
): Promise<ResolvedRecipients<AccountId>> {
  const sql =
    `SELECT id AS account, fingerprint FROM account WHERE name = $1 AND closed_at IS NULL`;
  const found = recipients.map(async ({ name }) => {
    const account = await connection.get<Omit<FoundAccount<AccountId>, "blocks">>(sql, name);
    return account
      ? { ...account, blocks: await blocks(connection, account.account, senders) }
      : null;
  });
  return resolveRecipients(recipients, found, terms);
}
