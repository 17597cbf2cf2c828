/** The recipients of a message and their copies, in SQL. */
import type { AccountName } from "../../../model/address.ts";
import type { AccountId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { noRoom } from "../../failures.ts";
import {
  type FoundAccount,
  type ResolvedRecipients,
  resolveRecipients,
} from "../../rules/recipients.ts";
import type { NewMessage, SendTerms, StoredCopy } from "../../send_store.ts";
import type { SqlConnection } from "../connection.ts";
import { packed } from "./copy.ts";
import type { SharedByCopies } from "../../rules/rows.ts";
import { chargedSender, sharesOf } from "./sharing.ts";

/** Puts copies into inboxes, which are locked. @throws {MailError} `over_quota` as `noRoom` */
export async function deliverNow(
  connection: SqlConnection,
  shared: SharedByCopies,
  copies: ReadonlyMap<AccountId, StoredCopy>,
  { storedAt, quota }: Pick<NewMessage, "storedAt" | "quota">,
  expiresAt: number | null,
): Promise<void> {
  const { digests, starts, lengths, envelopes } = packed([...copies.values()]);
  const answers = await connection.all<{ name: AccountName; hasRoom: boolean }>(
    `SELECT (SELECT name FROM account WHERE id = owner) AS name,
       deliver(owner, $1, $2, $3, $4, $5, digest, substring($6::bytea FROM start::int FOR bytes::int),
         $7, $8, $9, $10, $11, $12) AS has_room
     FROM unnest($13::bigint[], $14::bytea[], $15::bigint[], $16::bigint[])
       AS copy (owner, digest, start, bytes)`,
    shared.senderId,
    shared.chargedTo,
    shared.messageId,
    storedAt,
    shared.bodyBytes,
    envelopes,
    expiresAt,
    shared.burn,
    ...sharesOf(quota, chargedSender(shared)),
    [...copies.keys()],
    digests,
    starts,
    lengths,
  );
  const full = answers.filter(({ hasRoom }) => !hasRoom).map(({ name }) => name);
  if (full.length > 0) {
    throw noRoom(
      await connection.all<{ name: AccountName; isOver: boolean }>(
        `SELECT name, is_over(id, $2, $3, $4) AS is_over FROM account WHERE name = ANY ($1)`,
        full,
        quota?.maxMessages ?? 0,
        quota?.maxBytes ?? 0,
        limits.minEntryBytes,
      ),
    );
  }
  noteNewMail(connection, copies.keys());
}

/** Has those told into whose inbox something was put. */
export function noteNewMail(connection: SqlConnection, owners: Iterable<AccountId>): void {
  for (const owner of owners) {
    connection.changedInboxes.add(owner);
    connection.changedMailboxes.add(owner);
  }
}

/** Finds the name of an account. */
export async function nameOf(connection: SqlConnection, id: AccountId): Promise<AccountName> {
  return (await connection.one<{ name: AccountName }>("SELECT name FROM account WHERE id = $1", id))
    .name;
}

/** Locks the mailboxes of recipients, and of another account, and returns them all. */
export async function lockRecipients(
  connection: SqlConnection,
  recipients: NewMessage["recipients"],
  others: readonly AccountId[],
): Promise<AccountId[]> {
  const rows = await connection.all<{ id: AccountId }>(
    "SELECT id FROM account WHERE name = ANY ($1)",
    recipients.map(({ name }) => name),
  );
  const locked = [...others, ...rows.map(({ id }) => id)];
  await connection.lock(locked);
  return locked;
}

/**
 * Finds the account of each recipient by its name among those that are locked, and applies the terms. `senders`: all
 * that the sender may be blocked by.
 * @throws {MailError} as the rule does
 */
export async function findRecipients(
  connection: SqlConnection,
  recipients: NewMessage["recipients"],
  terms: SendTerms,
  { locked, senders }: {
    readonly locked: readonly AccountId[];
    readonly senders: readonly string[];
  },
): Promise<ResolvedRecipients<AccountId>> {
  const rows = await connection.all<FoundAccount<AccountId> & { readonly name: AccountName }>(
    `SELECT id AS account, name, fingerprint, blocks(id, $3) AS blocks
     FROM account WHERE id = ANY ($1::bigint[]) AND name = ANY ($2) AND closed_at IS NULL`,
    locked,
    recipients.map(({ name }) => name),
    senders,
  );
  const byName = new Map(rows.map((row) => [row.name, row]));
  return resolveRecipients(
    recipients,
    recipients.map(({ name }) => byName.get(name) ?? null),
    terms,
  );
}
