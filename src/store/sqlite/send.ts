/** Sending, in SQL: one transaction that stores a message with every recipient or with none. */
import type { ContentTag, IdempotencyKey } from "../../model/digests.ts";
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import { ownOverQuota } from "../failures.ts";
import { isOverQuota } from "../rules/quota.ts";
import { allOrNone, wanted } from "../rules/recipients.ts";
import { requireSameContent } from "../rules/repeats.ts";
import type { NewMessage, SendStore, SendTerms, StoredSubmission } from "../send_store.ts";
import type { Access } from "./access.ts";
import { replaceKeyring } from "./accounts.ts";
import type { SqlConnection } from "./connection.ts";
import { hold } from "./held.ts";
import { holdBody } from "./rows/body.ts";
import { insertEntry } from "./rows/copy.ts";
import { heldState } from "./rows/held.ts";
import { insertDelivery, insertMessage } from "./rows/message.ts";
import { allocateEntry, sentAllocation } from "./rows/place.ts";
import { deliverNow, findRecipients, nameOf } from "./rows/recipients.ts";
import { bounce, bouncedAtSend } from "./rows/return_to_sender.ts";

/** A message that is stored. */
interface Taken {
  readonly messageId: MessageId;
  readonly id: EntryId;
  readonly repeated: boolean;
}

export const sendJobs = { send, submit };

export function sendStore(database: Access): SendStore {
  return {
    ...database.writes(sendJobs),
    findSend: (accountId, key) => database.read(findSend, accountId, key),
  };
}

function send(
  connection: SqlConnection,
  message: NewMessage,
): { id: EntryId; repeated: boolean } {
  const { id, repeated } = take(connection, message, allOrNone);
  return { id, repeated };
}

function submit(
  connection: SqlConnection,
  message: NewMessage,
  terms: SendTerms,
): StoredSubmission {
  const { messageId, id, repeated } = take(connection, message, terms);
  const { heldUntil } = heldState(connection, messageId);
  return { id, repeated, bounced: bouncedAtSend(connection, messageId), heldUntil };
}

function take(connection: SqlConnection, message: NewMessage, terms: SendTerms): Taken {
  const earlier = connection.get<{ messageId: MessageId; id: EntryId; tag: ContentTag }>(
    `SELECT id AS messageId, entry_id AS id, content_tag AS tag FROM message
     WHERE sender_id = ? AND idempotency_key = ?`,
    message.senderId,
    message.idempotencyKey,
  );
  if (earlier === undefined) return { ...store(connection, message, terms), repeated: false };
  requireSameContent(earlier.tag, message.contentTag);
  return { messageId: earlier.messageId, id: earlier.id, repeated: true };
}

function store(connection: SqlConnection, message: NewMessage, terms: SendTerms) {
  const { senderId, storedAt, own } = message;
  const { burn = false, deliverAt = null, expiresAt } = terms;
  if (message.keyring) replaceKeyring(connection, senderId, message.keyring);
  const senders = [nameOf(connection, senderId)];
  const found = findRecipients(connection, message.recipients, terms, senders);
  const { copies, gone } = found;
  const delivered = deliverAt === null ? wanted(found) : copies;
  const body = holdBody(connection, message);
  const taking = { storedAt, bytes: body.bytes + own.envelope.length };
  const place = allocateEntry(connection, sentAllocation, senderId, taking);
  if (isOverQuota(place, message.quota)) throw ownOverQuota();
  const holders = deliverAt === null ? delivered.size + 1 : 1;
  const readersLeft = burn ? delivered.size : null;
  const kept = { body, entryId: place.id, holders, readersLeft };
  const messageId = insertMessage(connection, message, kept);
  const shared = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn, chargedTo: null };
  insertEntry(connection, shared, {
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
  if (deliverAt === null) deliverNow(connection, shared, delivered, message, expiresAt);
  else hold(connection, shared, copies, { deliverAt, expiresAt });
  for (const recipient of gone) {
    const back = { messageId, senderId, recipient, at: storedAt, quota: message.quota };
    bounce(connection, { ...back, reason: "no_such_account" });
  }
  return { messageId, id: place.id };
}

function findSend(
  connection: SqlConnection,
  senderId: AccountId,
  idempotencyKey: IdempotencyKey,
): EntryId | null {
  const sql = "SELECT entry_id AS id FROM message WHERE sender_id = ? AND idempotency_key = ?";
  return connection.get<{ id: EntryId }>(sql, senderId, idempotencyKey)?.id ?? null;
}
