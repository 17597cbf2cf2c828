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
import type { Access, GroupedCall } from "./access.ts";
import { replaceKeyring } from "./accounts.ts";
import { rateValues, type SqlConnection, type SqlValue } from "./connection.ts";
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
      isShort(message)
        ? database.together(sendShort, { message, call: crypto.randomUUID() })
        : sendLong(message),
    submit,
    findSend: (accountId, key) => database.ask(findSend, accountId, key),
  };
}

type ShortMessage = NewMessage & { readonly body: Uint8Array };

function isShort(message: NewMessage): message is ShortMessage {
  return message.body instanceof Uint8Array && message.body.length <= shortBytes;
}

interface ShortSend {
  readonly message: ShortMessage;
  /** Names the call: the same however often it is tried. */
  readonly call: string;
}

/** By one statement: see `send` in schema.ts. */
async function sendShort(
  connection: SqlConnection,
  sends: readonly GroupedCall<ShortSend>[],
): Promise<Sent[]> {
  const text = texts.getOrInsertComputed(sends.length, sendText);
  const values = sends.flatMap(sendValues);
  if (sends.length > 1) {
    const messages = sends.map(({ asked }) => asked.message);
    const names = messages.flatMap(({ recipients }) => recipients.map(({ name }) => name));
    values.push(messages.map(({ senderId }) => senderId), names);
  }
  const rows = await connection.all<Answer>(text, ...values);
  return sends.map(({ asked }, at) => {
    const { id, repeated, told } = rows.find((row) => row.at === at)!;
    if (!repeated) connection.changedMailboxes.add(asked.message.senderId);
    noteNewMail(connection, told);
    return { id, repeated };
  });
}

interface Answer extends Sent {
  /** Which of the messages it is about; no order of rows is promised. */
  readonly at: number;
  readonly told: readonly AccountId[];
}

/** By how many messages there are. */
const texts = new Map<number, string>();

function sendText(count: number): string {
  const sends = Array.from({ length: count }, (_, at) => {
    const places = Array.from({ length: parameters }, (_, n) => `$${at * parameters + n + 1}`);
    return `SELECT ${at} AS at, sent_id AS id, was_repeated AS repeated, told
      FROM send(${places.join(", ")})`;
  });
  if (count === 1) return sends[0]!;
  const [ids, names] = [count * parameters + 1, count * parameters + 2];
  const locking =
    `SELECT NULL AS at, NULL AS id, NULL AS repeated, NULL AS told FROM lock_together($${ids}, $${names})`;
  return [locking, ...sends].join(" UNION ALL ");
}

/** Of `send`: as many as `sendValues` returns. */
const parameters = 32;

function sendValues({ cause: { actor, rate }, asked }: GroupedCall<ShortSend>): SqlValue[] {
  const { message, call } = asked;
  const { senderId, own, recipients, keyring = null } = message;
  const copies = packed(recipients.map(({ copy }) => copy));
  return [
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
  ];
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
  const shared = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn, chargedTo: null };
  await insertEntry(connection, shared, {
    place,
    box: "sent",
    readAt: storedAt,
    copy: own,
    expiresAt: null,
  });
  await insertDeliveries(connection, messageId, [...copies.keys()]);
  if (deliverAt === null) await deliverNow(connection, shared, delivered, message, expiresAt);
  else await hold(connection, shared, copies, { deliverAt, expiresAt });
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
