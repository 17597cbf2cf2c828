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

async function receive(connection: SqlConnection, inbound: NewInbound): Promise<void> {
  const { recipients, storedAt, key } = inbound;
  const copies = wanted(
    await findRecipients(connection, recipients, allOrNone, sendersOf(inbound.from)),
  );
  if (copies.size === 0) return; // an upload is the caller's to discard
  const senderId = systemAccountId;
  const body = await holdBody(connection, { senderId, body: inbound.body });
  const message = { senderId, idempotencyKey: key, contentTag: noTag };
  const held = { body, entryId: noEntry, holders: copies.size, readersLeft: null };
  const messageId = await insertMessage(connection, message, held);
  const chargedTo = await submitter(connection, inbound.from);
  const common = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn: false, chargedTo };
  await deliverNow(connection, common, copies, inbound, null);
}

async function hasRoom(
  connection: SqlConnection,
  { name, from, bytes, quota }: RoomQuery,
): Promise<boolean> {
  const found = await connection.get<Fill & { ownerId: AccountId }>(
    `SELECT account_id AS owner_id, inbox + sent + 1 AS messages, bytes + $1 AS bytes,
       max_messages, max_bytes
     FROM mailbox WHERE account_id = (SELECT id FROM account WHERE name = $2 AND closed_at IS NULL)`,
    bytes,
    name,
  );
  if (found === undefined) return false;
  if (await blocks(connection, found.ownerId, sendersOf(from))) return true;
  const senderId = await submitter(connection, from) ?? systemAccountId;
  return !await isFullWith(connection, found, { ownerId: found.ownerId, senderId, bytes }, quota);
}

/** The account that logged in. */
async function submitter(
  connection: SqlConnection,
  { account }: InboundSender,
): Promise<AccountId | null> {
  if (account === null) return null;
  return await connection.get<{ id: AccountId }>("SELECT id FROM account WHERE name = $1", account)
    ?.id ??
    null;
}

/** The sender has no copy of its own. */
const noEntry = entryId(0);
