/** Mail from outside, in SQL: one transaction that stores it for every recipient or for none. */
import { noTag } from "../rules/repeats.ts";
import { type AccountId, entryId } from "../../model/ids.ts";
import {
  type InboundSender,
  type InboundStore,
  type NewInbound,
  type RoomQuery,
  systemAccountId,
} from "../inbound_store.ts";
import type { Fill } from "../rules/quota.ts";
import { allOrNone, sendersOf, wanted } from "../rules/recipients.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { blocks } from "./rows/blocked.ts";
import { holdBody } from "./rows/body.ts";
import { insertMessage } from "./rows/message.ts";
import { deliverNow, findRecipients } from "./rows/recipients.ts";
import { isFullWith } from "./rows/sharing.ts";

export const arrivalJobs = { receive };

export function arrivalStore(database: Access): InboundStore {
  return {
    ...database.writes(arrivalJobs),
    hasRoom: (query) => database.read(hasRoom, query),
  };
}

function receive(connection: SqlConnection, inbound: NewInbound): void {
  const { recipients, storedAt, key } = inbound;
  const copies = wanted(
    findRecipients(connection, recipients, allOrNone, sendersOf(inbound.from)),
  );
  if (copies.size === 0) return; // an upload is the caller's to discard
  const senderId = systemAccountId;
  const body = holdBody(connection, { senderId, body: inbound.body });
  const message = { senderId, idempotencyKey: key, contentTag: noTag };
  const held = { body, entryId: noEntry, holders: copies.size, readersLeft: null };
  const messageId = insertMessage(connection, message, held);
  const chargedTo = submitter(connection, inbound.from);
  const shared = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn: false, chargedTo };
  deliverNow(connection, shared, copies, inbound, null);
}

function hasRoom(connection: SqlConnection, { name, from, bytes, quota }: RoomQuery): boolean {
  const found = connection.get<Fill & { ownerId: AccountId }>(
    `SELECT account_id AS ownerId, inbox + sent + 1 AS messages, bytes + ? AS bytes,
       max_messages AS maxMessages, max_bytes AS maxBytes
     FROM mailbox WHERE account_id = (SELECT id FROM account WHERE name = ? AND closed_at IS NULL)`,
    bytes,
    name,
  );
  if (found === undefined) return false;
  if (blocks(connection, found.ownerId, sendersOf(from))) return true;
  const senderId = submitter(connection, from) ?? systemAccountId;
  return !isFullWith(connection, found, { ownerId: found.ownerId, senderId, bytes }, quota);
}

/** The account that logged in. */
function submitter(connection: SqlConnection, { account }: InboundSender): AccountId | null {
  if (account === null) return null;
  return connection.get<{ id: AccountId }>("SELECT id FROM account WHERE name = ?", account)?.id ??
    null;
}

/** The sender has no copy of its own. */
const noEntry = entryId(0);
