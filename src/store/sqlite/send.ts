/** Sending, in SQL: one transaction that stores a message with every recipient or with none. */
import { conflict, keyChanged, noSuchRecipient, overQuota, ownOverQuota } from "../failures.ts";
import { type HeldBody, holdBody } from "./bodies.ts";
import type { Connection } from "./connection.ts";
import { type Common, insertEntry, isOver, sizeOf } from "./copy.ts";
import { heldState, hold } from "./held.ts";
import { inboxPlace, sentPlace, takePlace } from "./place.ts";
import { returnedAtSend, returnToSender } from "./returned.ts";
import type { NewMessage, SendTerms, StoredCopy, Submitted } from "../send_store.ts";

type Recipient = NewMessage["recipients"][number];

export const allOrNone: SendTerms = { partial: false, unknown: [], expiresAt: null };

/** A message that is stored. */
interface Taken {
  readonly messageId: number;
  readonly id: number;
  readonly repeated: boolean;
}

export function send(
  connection: Connection,
  message: NewMessage,
): { id: number; repeated: boolean } {
  const { id, repeated } = take(connection, message, allOrNone);
  return { id, repeated };
}

export function submit(
  connection: Connection,
  { message, terms }: { message: NewMessage; terms: SendTerms },
): Submitted {
  const { messageId, id, repeated } = take(connection, message, terms);
  const { heldUntil } = heldState(connection, messageId);
  return { id, repeated, returned: returnedAtSend(connection, messageId), heldUntil };
}

function take(connection: Connection, message: NewMessage, terms: SendTerms): Taken {
  const earlier = connection.get<{ messageId: number; id: number; same: number }>(
    `SELECT id AS messageId, entry_id AS id, content_tag = ? AS same FROM message
     WHERE sender_id = ? AND idempotency_key = ?`,
    message.contentTag,
    message.senderId,
    message.idempotencyKey,
  );
  if (earlier === undefined) return { ...store(connection, message, terms), repeated: false };
  if (!earlier.same) throw conflict();
  return { messageId: earlier.messageId, id: earlier.id, repeated: true };
}

function store(connection: Connection, message: NewMessage, terms: SendTerms) {
  const { senderId, storedAt, own } = message;
  const { burn = false, deliverAt = null, expiresAt } = terms;
  const { copies, gone } = resolveRecipients(connection, message.recipients, terms);
  const body = holdBody(connection, message);
  const taking = { storedAt, bytes: body.bytes + sizeOf(own) };
  const place = takePlace(connection, sentPlace, senderId, taking);
  if (isOver(place, message.quota)) throw ownOverQuota();
  const holders = deliverAt === null ? copies.size + 1 : 1;
  const readersLeft = burn ? copies.size : null;
  const kept = { body, entryId: place.id, holders, readersLeft };
  const messageId = insertMessage(connection, message, kept);
  const common = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn };
  insertEntry(connection, common, {
    place,
    box: "sent",
    readAt: storedAt,
    copy: own,
    expiresAt: null,
  });
  let position = 0;
  for (const recipientId of copies.keys()) {
    insertDelivery(connection, messageId, recipientId, position++);
  }
  if (deliverAt === null) deliverNow(connection, common, copies, message, expiresAt);
  else hold(connection, common, copies, { deliverAt, expiresAt });
  for (const recipient of gone) {
    const back = { messageId, senderId, recipient, at: storedAt };
    returnToSender(connection, { ...back, reason: "no_such_account" });
  }
  return { messageId, id: place.id };
}

/** @throws {MailError} `over_quota` naming all whose mailbox is full */
function deliverNow(
  connection: Connection,
  common: Common,
  copies: ReadonlyMap<number, StoredCopy>,
  { storedAt, quota }: NewMessage,
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

export function nameOf(connection: Connection, id: number): string {
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

export function insertMessage(
  connection: Connection,
  message: Pick<NewMessage, "senderId" | "idempotencyKey" | "contentTag">,
  { body, entryId, holders, readersLeft }: {
    body: HeldBody;
    entryId: number;
    holders: number;
    readersLeft: number | null;
  },
): number {
  return connection.insert(
    `INSERT INTO message
       (sender_id, idempotency_key, content_tag, entry_id, holders, body_id, body, readers_left)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    message.senderId,
    message.idempotencyKey,
    message.contentTag,
    entryId,
    holders,
    body.id,
    body.short,
    readersLeft,
  );
}

function insertDelivery(
  connection: Connection,
  messageId: number,
  recipientId: number,
  position: number,
): void {
  const sql = "INSERT INTO delivery (message_id, recipient_id, position) VALUES (?, ?, ?)";
  connection.run(sql, messageId, recipientId, position);
}

export function findSend(
  connection: Connection,
  senderId: number,
  idempotencyKey: Uint8Array,
): number | null {
  const sql = "SELECT entry_id AS id FROM message WHERE sender_id = ? AND idempotency_key = ?";
  return connection.get<{ id: number }>(sql, senderId, idempotencyKey)?.id ?? null;
}
