/** The recipients of a message and their copies, in SQL. */
import { keyChanged, noSuchRecipient, overQuota } from "../../failures.ts";
import type { NewMessage, SendTerms, StoredCopy } from "../../send_store.ts";
import type { Connection } from "../connection.ts";
import { type Common, insertEntry, isOver, sizeOf } from "./copy.ts";
import { inboxPlace, takePlace } from "./place.ts";

type Recipient = NewMessage["recipients"][number];

export const allOrNone: SendTerms = { partial: false, unknown: [], expiresAt: null };

/** @throws {MailError} `over_quota` naming all whose mailbox is full */
export function deliverNow(
  connection: Connection,
  common: Common,
  copies: ReadonlyMap<number, StoredCopy>,
  { storedAt, quota }: Pick<NewMessage, "storedAt" | "quota">,
  expiresAt: number | null,
): void {
  const full: number[] = [];
  for (const [recipientId, copy] of copies) {
    const taking = { storedAt, bytes: common.bodyBytes + sizeOf(copy) };
    const place = takePlace(connection, inboxPlace, recipientId, taking);
    if (isOver(place, quota)) full.push(recipientId);
    insertEntry(connection, common, { place, box: "inbox", readAt: null, copy, expiresAt });
    connection.arrivals.add(recipientId);
  }
  if (full.length > 0) throw overQuota(full.map((id) => nameOf(connection, id)));
}

function nameOf(connection: Connection, id: number): string {
  return connection.one<{ name: string }>("SELECT name FROM account WHERE id = ?", id).name;
}

/** Returns the copies by account id, somebody named twice gets the first; and who gets none. */
export function resolveRecipients(
  connection: Connection,
  recipients: readonly Recipient[],
  { partial, unknown }: SendTerms,
): { copies: Map<number, StoredCopy>; gone: readonly string[] } {
  const accounts = recipients.map(({ name, fingerprint }) =>
    connection.get<{ id: number; current: number }>(
      "SELECT id, fingerprint = ? AS current FROM account WHERE name = ? AND closed_at IS NULL",
      fingerprint,
      name,
    )
  );
  const namesWhere = (bad: (account: typeof accounts[number]) => boolean) =>
    recipients.filter((_, at) => bad(accounts[at])).map(({ name }) => name);
  const gone = [...namesWhere((account) => account === undefined), ...unknown];
  if (gone.length > 0 && !partial) throw noSuchRecipient(gone);
  const changed = namesWhere((account) => account?.current === 0);
  if (changed.length > 0) throw keyChanged(changed);

  const copies = new Map<number, StoredCopy>();
  for (const [at, { copy }] of recipients.entries()) {
    const account = accounts[at];
    if (account !== undefined && !copies.has(account.id)) copies.set(account.id, copy);
  }
  return { copies, gone };
}
