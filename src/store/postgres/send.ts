/** Sending, in SQL: one transaction that stores a message with every recipient or with none. */
import type { ContentTag, IdempotencyKey } from "../../model/digests.ts";
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import { tagOf } from "../../model/keyring.ts";
import { limits } from "../../model/limits.ts";
import { ownOverQuota } from "../failures.ts";
import { isOverQuota } from "../rules/quota.ts";
import { allOrNone, wanted } from "../rules/recipients.ts";
import { requireSameContent } from "../rules/repeats.ts";
import type { NewMessage, SendStore, SendTerms, StoredSubmission } from "../send_store.ts";
import type { Access } from "./access.ts";
import { replaceKeyring } from "./accounts.ts";
import { rateValues, type SqlConnection } from "./connection.ts";
import { hold } from "./held.ts";
import { holdBody, shortBytes } from "./rows/body.ts";
import { insertEntry, packed } from "./rows/copy.ts";
import { heldState } from "./rows/held.ts";
import { insertDeliveries, insertMessage } from "./rows/message.ts";
import { allocateEntry, sentAllocation } from "./rows/place.ts";
import {
  deliverNow,
  findRecipients,
  lockRecipients,
  nameOf,
  noteNewMail,
} from "./rows/recipients.ts";
import { bounce, bouncedAtSend } from "./rows/return_to_sender.ts";
import { sharesOf } from "./rows/sharing.ts";

/** What a sender is told of a message without terms. */
type Sent = Awaited<ReturnType<SendStore["send"]>>;

/** A message that is stored. */
interface Taken extends Sent {
  readonly messageId: MessageId;
}

const jobs = { sendLong, submit };

export function sendStore(database: Access): SendStore {
  const { sendLong, submit } = database.writes(jobs);
  return {
    send: (message) =>
      isShort(message) ? database.call(sendShort, message, crypto.randomUUID()) : sendLong(message),
    submit,
    findSend: (accountId, key) => database.ask(findSend, accountId, key),
  };
}

type ShortMessage = NewMessage & { readonly body: Uint8Array };

function isShort(message: NewMessage): message is ShortMessage {
  return message.body instanceof Uint8Array && message.body.length <= shortBytes;
}

/** By one function call: see `send` in schema.ts. `call` is the same however often it is tried. */
async function sendShort(
  connection: SqlConnection,
  message: ShortMessage,
  call: string,
): Promise<Sent> {
  const { senderId, own, recipients, keyring = null } = message;
  const copies = packed(recipients.map(({ copy }) => copy));
  const { actor, rate } = connection.cause;
  const sent = await connection.one<{ id: EntryId; repeated: boolean; told: AccountId[] }>(
    `SELECT sent_id AS id, was_repeated AS repeated, told FROM send($1, $2, $3, $4, $5, $6, $7, $8, $9,
       $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
       $29, $30, $31, $32)`,
    actor?.id ?? null,
    actor?.epoch ?? null,
    actor?.device ?? null,
    call,
    senderId,
    message.idempotencyKey,
    message.contentTag,
    message.storedAt,
    message.body,
    own.envelopeDigest,
    own.envelope,
    recipients.map(({ name }) => name),
    recipients.map(({ fingerprint }) => fingerprint),
    copies.digests,
    copies.starts,
    copies.lengths,
    copies.envelopes,
    ...sharesOf(message.quota, senderId),
    keyring?.expectedVersion ?? null,
    keyring?.after ?? null,
    keyring?.version ?? null,
    keyring && tagOf(keyring),
    keyring?.sealed ?? null,
    limits.maxKeyringBytes,
    limits.maxKeyringParts,
    ...rateValues(rate),
  );
  if (!sent.repeated) connection.changedMailboxes.add(senderId);
  noteNewMail(connection, sent.told);
  return { id: sent.id, repeated: sent.repeated };
}

async function sendLong(connection: SqlConnection, message: NewMessage): Promise<Sent> {
  const { id, repeated } = await take(connection, message, allOrNone);
  return { id, repeated };
}

async function submit(
  connection: SqlConnection,
  message: NewMessage,
  terms: SendTerms,
): Promise<StoredSubmission> {
  const { messageId, id, repeated } = await take(connection, message, terms);
  const { heldUntil } = await heldState(connection, messageId);
  return { id, repeated, bounced: await bouncedAtSend(connection, messageId), heldUntil };
}

async function take(
  connection: SqlConnection,
  message: NewMessage,
  terms: SendTerms,
): Promise<Taken> {
  const locked = await lockRecipients(connection, message.recipients, [message.senderId]);
  const earlier = await connection.get<{ messageId: MessageId; id: EntryId; tag: ContentTag }>(
    `SELECT id AS message_id, entry_id AS id, content_tag AS tag FROM message
     WHERE sender_id = $1 AND idempotency_key = $2`,
    message.senderId,
    message.idempotencyKey,
  );
  if (earlier === undefined) {
    return { ...await store(connection, message, terms, locked), repeated: false };
  }
  requireSameContent(earlier.tag, message.contentTag);
  return { messageId: earlier.messageId, id: earlier.id, repeated: true };
}

async function store(
  connection: SqlConnection,
  message: NewMessage,
  terms: SendTerms,
  locked: readonly AccountId[],
): Promise<Omit<Taken, "repeated">> {
  const { senderId, storedAt, own, quota } = message;
  const { burn = false, deliverAt = null, expiresAt } = terms;
  if (message.keyring) await replaceKeyring(connection, senderId, message.keyring);
  const senders = [await nameOf(connection, senderId)];
  const found = await findRecipients(connection, message.recipients, terms, { locked, senders });
  const { copies, gone } = found;
  const delivered = deliverAt === null ? wanted(found) : copies;
  const body = await holdBody(connection, message);
  const taking = { storedAt, bytes: body.bytes + own.envelope.length };
  const place = await allocateEntry(connection, sentAllocation, senderId, taking);
  if (isOverQuota(place, quota)) throw ownOverQuota();
  const holders = deliverAt === null ? delivered.size + 1 : 1;
  const readersLeft = burn ? delivered.size : null;
  const kept = { body, entryId: place.id, holders, readersLeft };
  const messageId = await insertMessage(connection, message, kept);
  const common = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn, chargedTo: null };
  await insertEntry(connection, common, {
    place,
    box: "sent",
    readAt: storedAt,
    copy: own,
    expiresAt: null,
  });
  await insertDeliveries(connection, messageId, [...copies.keys()]);
  if (deliverAt === null) await deliverNow(connection, common, delivered, message, expiresAt);
  else await hold(connection, common, copies, { deliverAt, expiresAt });
  const back = { messageId, senderId, reason: "no_such_account" } as const;
  const backs = gone.map((recipient) => ({ ...back, recipient }));
  await bounce(connection, backs, { at: storedAt, quota });
  return { messageId, id: place.id };
}

async function findSend(
  connection: SqlConnection,
  senderId: AccountId,
  idempotencyKey: IdempotencyKey,
): Promise<EntryId | null> {
  const sql = "SELECT entry_id AS id FROM message WHERE sender_id = $1 AND idempotency_key = $2";
  const found = await connection.get<{ id: EntryId }>(sql, senderId, idempotencyKey);
  return found?.id ?? null;
}
