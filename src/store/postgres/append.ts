/** Messages that an account appends to its own mailbox, in SQL. */
import type { IdempotencyKey } from "../../model/digests.ts";
import type { AccountId, EntryId, MessageId } from "../../model/ids.ts";
import type { AppendStore, NewAppend } from "../append_store.ts";
import { noRoomToImport } from "../failures.ts";
import { appendedReadAt } from "../rules/entries.ts";
import { isOverQuota } from "../rules/quota.ts";
import { noTag } from "../rules/repeats.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { holdBody } from "./rows/body.ts";
import { insertEntry } from "./rows/copy.ts";
import { fileFirst } from "./rows/filing.ts";
import { insertMessage } from "./rows/message.ts";
import { allocateEntry, inboxAllocation, readPlace, sentAllocation } from "./rows/place.ts";

interface Earlier {
  readonly messageId: MessageId;
  readonly id: EntryId;
  /** False where its entry was deleted. */
  readonly isThere: boolean;
}

const jobs = { append };

export function appendStore(database: Access): AppendStore {
  return {
    ...database.writes(jobs),
    findAppended: (accountId, keys) => database.ask(findAppended, accountId, keys),
  };
}

async function append(
  connection: SqlConnection,
  message: NewAppend,
): Promise<{ id: EntryId; repeated: boolean }> {
  const { accountId: senderId, idempotencyKey, box, storedAt, copy } = message;
  await connection.lock([senderId]);
  const earlier = await find(connection, senderId, idempotencyKey);
  if (earlier?.isThere) return { id: earlier.id, repeated: true };
  const body = await holdBody(connection, { senderId, body: message.body });
  const readAt = appendedReadAt(message);
  const statement = box === "sent" ? sentAllocation : readAt !== null ? readPlace : inboxAllocation;
  const taking = { storedAt, bytes: body.bytes + copy.envelope.length };
  const place = await allocateEntry(connection, statement, senderId, taking);
  const held = { body, entryId: place.id, holders: 1, readersLeft: null };
  if (earlier !== null) await letGo(connection, earlier);
  const row = { senderId, idempotencyKey, contentTag: noTag };
  const messageId = await insertMessage(connection, row, held);
  const shared = {
    senderId,
    messageId,
    bodyBytes: body.bytes,
    storedAt,
    burn: false,
    chargedTo: null,
  };
  await insertEntry(connection, shared, { place, box, readAt, copy, expiresAt: null });
  const fill = message.filing === null ? place : await fileFirst(connection, place, message.filing);
  if (isOverQuota(fill, message.quota)) throw noRoomToImport();
  return { id: place.id, repeated: false };
}

async function find(
  connection: SqlConnection,
  senderId: AccountId,
  key: IdempotencyKey,
): Promise<Earlier | null> {
  const sql = `SELECT id AS message_id, entry_id AS id,
      (SELECT count(*) FROM filing WHERE account_id = sender_id AND filing.id = entry_id) > 0 AS is_there
    FROM message WHERE sender_id = $1 AND idempotency_key = $2`;
  return await connection.get<Earlier>(sql, senderId, key) ?? null;
}

/** Leaves a message to the copies of it that are there, under a key that says nothing. */
async function letGo(connection: SqlConnection, { messageId }: Earlier): Promise<void> {
  await connection.run(
    "UPDATE message SET idempotency_key = convert_to(id::text, 'UTF8') WHERE id = $1",
    messageId,
  );
}

async function findAppended(
  connection: SqlConnection,
  accountId: AccountId,
  keys: readonly IdempotencyKey[],
): Promise<(EntryId | null)[]> {
  const rows = await connection.all<{ key: IdempotencyKey; id: EntryId }>(
    `SELECT idempotency_key AS key, entry_id AS id FROM message
     WHERE sender_id = $1 AND idempotency_key = ANY ($2::bytea[])
       AND (SELECT count(*) FROM filing WHERE account_id = $1 AND filing.id = entry_id) > 0`,
    accountId,
    keys,
  );
  const ids = new Map(rows.map(({ key, id }) => [key.toHex(), id]));
  return keys.map((key) => ids.get(key.toHex()) ?? null);
}
