/** Mail from outside, in SQL: one transaction that stores it for every recipient or for none. */
import { entryId } from "../../model/ids.ts";
import { noTag } from "../rules/repeats.ts";
import { type InboundStore, type NewInbound, systemAccountId } from "../inbound_store.ts";
import { allOrNone } from "../rules/recipients.ts";
import type { Access } from "./access.ts";
import type { SqlConnection } from "./connection.ts";
import { holdBody } from "./rows/body.ts";
import { insertMessage } from "./rows/message.ts";
import { deliverNow, findRecipients } from "./rows/recipients.ts";

export const arrivalJobs = { receive };

export function arrivalStore(database: Access): InboundStore {
  return database.writes(arrivalJobs);
}

function receive(connection: SqlConnection, inbound: NewInbound): void {
  const { recipients, storedAt, key } = inbound;
  const { copies } = findRecipients(connection, recipients, allOrNone);
  const senderId = systemAccountId;
  const body = holdBody(connection, { senderId, body: inbound.body });
  const message = { senderId, idempotencyKey: key, contentTag: noTag };
  const held = { body, entryId: noEntry, holders: copies.size, readersLeft: null };
  const messageId = insertMessage(connection, message, held);
  const common = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn: false };
  deliverNow(connection, common, copies, inbound, null);
}

/** The sender has no copy of its own. */
const noEntry = entryId(0);
