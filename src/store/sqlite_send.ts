/** Sending, in SQL: one transaction that stores a message with every recipient or with none. */
import { conflict, keyChanged, noSuchRecipient, overQuota, ownOverQuota } from "./failures.ts";
import { type HeldBody, holdBody } from "./sqlite_bodies.ts";
import type { Connection } from "./sqlite_connection.ts";
import type { Box } from "../model/message.ts";
import type { NewMessage, Quota, StoredCopy } from "./store.ts";

type Recipient = NewMessage["recipients"][number];

/** What all copies of a message share. */
interface Common {
  readonly senderId: number;
  readonly messageId: number;
  readonly bodyBytes: number;
  readonly storedAt: number;
}

/** The place that a new entry takes in its account. */
interface Place {
  readonly accountId: number;
  readonly id: number;
  /** The highest `storedAt` of the account up to this entry. */
  readonly latest: number;
}

/** How full a mailbox is with a new entry, and what it may hold; null: what the server says. */
interface Fill {
  readonly messages: number;
  readonly bytes: number;
  readonly maxMessages: number | null;
  readonly maxBytes: number | null;
}

export function send(
  connection: Connection,
  message: NewMessage,
): { id: number; repeated: boolean } {
  const earlier = connection.get<{ id: number; same: number }>(
    `SELECT entry_id AS id, content_tag = ? AS same FROM message
     WHERE sender_id = ? AND idempotency_key = ?`,
    message.contentTag,
    message.senderId,
    message.idempotencyKey,
  );
  if (earlier === undefined) return { id: store(connection, message), repeated: false };
  if (!earlier.same) throw conflict();
  return { id: earlier.id, repeated: true };
}

function store(connection: Connection, message: NewMessage): number {
  const { senderId, storedAt, own } = message;
  const recipients = resolveRecipients(connection, message.recipients);
  const body = holdBody(connection, message);
  const taking = { storedAt, bytes: body.bytes + sizeOf(own) };
  const place = takePlace(connection, sentPlace, senderId, taking);
  if (isOver(place, message.quota)) throw ownOverQuota();
  const holders = recipients.size + 1;
  const messageId = insertMessage(connection, message, { body, entryId: place.id, holders });
  const common = { senderId, messageId, bodyBytes: body.bytes, storedAt };
  insertEntry(connection, common, { place, box: "sent", readAt: storedAt, copy: own });
  let position = 0;
  const full: number[] = [];
  for (const [recipientId, copy] of recipients) {
    const taking = { storedAt, bytes: body.bytes + sizeOf(copy) };
    const place = takePlace(connection, inboxPlace, recipientId, taking);
    if (isOver(place, message.quota)) full.push(recipientId);
    insertEntry(connection, common, { place, box: "inbox", readAt: null, copy });
    insertDelivery(connection, messageId, recipientId, position++);
  }
  if (full.length > 0) throw overQuota(full.map((id) => nameOf(connection, id)));
  return place.id;
}

/** What a copy takes beside the body. */
function sizeOf({ bodyHeader, envelope }: StoredCopy): number {
  return bodyHeader.length + envelope.length;
}

/** A bound of 0 is none. */
function isOver({ messages, bytes, maxMessages, maxBytes }: Fill, quota: Quota | undefined) {
  const most = {
    messages: maxMessages ?? quota?.maxMessages ?? 0,
    bytes: maxBytes ?? quota?.maxBytes ?? 0,
  };
  return most.messages > 0 && messages > most.messages || most.bytes > 0 && bytes > most.bytes;
}

function nameOf(connection: Connection, id: number): string {
  return connection.one<{ name: string }>("SELECT name FROM account WHERE id = ?", id).name;
}

/** Returns the copies by account id; somebody named twice gets the first. */
function resolveRecipients(
  connection: Connection,
  recipients: readonly Recipient[],
): Map<number, StoredCopy> {
  const accounts = recipients.map(({ name, fingerprint }) =>
    connection.get<{ id: number; current: number }>(
      "SELECT id, fingerprint = ? AS current FROM account WHERE name = ?",
      fingerprint,
      name,
    )
  );
  const namesWhere = (bad: (account: typeof accounts[number]) => boolean) =>
    recipients.filter((_, at) => bad(accounts[at])).map(({ name }) => name);
  const unknown = namesWhere((account) => account === undefined);
  if (unknown.length > 0) throw noSuchRecipient(unknown);
  const changed = namesWhere((account) => !account?.current);
  if (changed.length > 0) throw keyChanged(changed);

  const copies = new Map<number, StoredCopy>();
  for (const [at, { copy }] of recipients.entries()) {
    const { id } = accounts[at]!;
    if (!copies.has(id)) copies.set(id, copy);
  }
  return copies;
}

const sentPlace = placeStatement("sent = sent + 1");
const inboxPlace = placeStatement("inbox = inbox + 1, unread = unread + 1");

function placeStatement(counted: string): string {
  return `UPDATE mailbox SET next_entry = next_entry + 1, latest = max(latest, ?),
      bytes = bytes + ?, ${counted}
    WHERE account_id = ? RETURNING account_id AS accountId, next_entry - 1 AS id, latest,
      inbox + sent AS messages, bytes, max_messages AS maxMessages, max_bytes AS maxBytes`;
}

/** Counts a new entry of so many bytes, which a delete takes off again. */
function takePlace(
  connection: Connection,
  sql: string,
  account: number,
  { storedAt, bytes }: { storedAt: number; bytes: number },
): Place & Fill {
  return connection.one<Place & Fill>(sql, storedAt, bytes, account);
}

function insertMessage(
  connection: Connection,
  message: NewMessage,
  { body, entryId, holders }: { body: HeldBody; entryId: number; holders: number },
): number {
  return connection.insert(
    `INSERT INTO message (sender_id, idempotency_key, content_tag, entry_id, holders, body_id, body)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    message.senderId,
    message.idempotencyKey,
    message.contentTag,
    entryId,
    holders,
    body.id,
    body.short,
  );
}

function insertEntry(
  connection: Connection,
  common: Common,
  { place, box, readAt, copy }: { place: Place; box: Box; readAt: number | null; copy: StoredCopy },
): void {
  if (box === "inbox") connection.arrivals.add(place.accountId);
  connection.run(
    `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at,
       sealed_bytes, envelope_digest, body_header, envelope)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    place.accountId,
    place.id,
    box,
    common.senderId,
    common.messageId,
    common.storedAt,
    place.latest,
    readAt,
    copy.bodyHeader.length + common.bodyBytes,
    copy.envelopeDigest,
    copy.bodyHeader,
    copy.envelope,
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
