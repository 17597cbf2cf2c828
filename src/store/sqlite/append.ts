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
  /** 0 where its entry was deleted. */
  readonly isThere: number;
}

export const appendJobs = { append };

export function appendStore(database: Access): AppendStore {
  return {
    ...database.writes(appendJobs),
    findAppended: (accountId, keys) => database.read(findAppended, accountId, keys),
  };
}

function append(
  connection: SqlConnection,
  message: NewAppend,
): { id: EntryId; repeated: boolean } {
  const { accountId: senderId, idempotencyKey, box, storedAt, copy } = message;
  const earlier = find(connection, senderId, idempotencyKey);
  if (earlier?.isThere) return { id: earlier.id, repeated: true };
  const body = holdBody(connection, { senderId, body: message.body });
  const readAt = appendedReadAt(message);
  const statement = box === "sent" ? sentAllocation : readAt !== null ? readPlace : inboxAllocation;
  const taking = { storedAt, bytes: body.bytes + copy.envelope.length };
  const place = allocateEntry(connection, statement, senderId, taking);
  const held = { body, entryId: place.id, holders: 1, readersLeft: null };
  if (earlier !== null) letGo(connection, earlier);
  const row = { senderId, idempotencyKey, contentTag: noTag };
  const messageId = insertMessage(connection, row, held);
  const shared = {
    senderId,
    messageId,
    bodyBytes: body.bytes,
    storedAt,
    burn: false,
    chargedTo: null,
  };
  insertEntry(connection, shared, { place, box, readAt, copy, expiresAt: null });
  const fill = message.filing === null ? place : fileFirst(connection, place, message.filing);
  if (isOverQuota(fill, message.quota)) throw noRoomToImport();
  return { id: place.id, repeated: false };
}

function find(connection: SqlConnection, senderId: AccountId, key: IdempotencyKey): Earlier | null {
  const sql = `SELECT id AS messageId, entry_id AS id,
      EXISTS (SELECT 1 FROM filing WHERE account_id = sender_id AND filing.id = entry_id) AS isThere
    FROM message WHERE sender_id = ? AND idempotency_key = ?`;
  return connection.get<Earlier>(sql, senderId, key) ?? null;
}

/** Leaves a message to the copies of it that are there, under a key that says nothing. */
function letGo(connection: SqlConnection, { messageId }: Earlier): void {
  connection.run("UPDATE message SET idempotency_key = CAST(id AS BLOB) WHERE id = ?", messageId);
}

function findAppended(
  connection: SqlConnection,
  accountId: AccountId,
  keys: readonly IdempotencyKey[],
): (EntryId | null)[] {
  return keys.map((key) => {
    const found = find(connection, accountId, key);
    return found?.isThere ? found.id : null;
  });
}
