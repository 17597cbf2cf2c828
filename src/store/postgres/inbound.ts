/** Mail from outside, in SQL: one transaction that stores it for every recipient or for none. */
import { type AccountId, entryId } from "../../model/ids.ts";
import {
  type InboundSender,
  type InboundStore,
  type NewInbound,
  type RoomQuery,
  systemAccountId,
} from "../inbound_store.ts";
import { shares } from "../rules/quota.ts";
import { allOrNone, sendersOf, wanted } from "../rules/recipients.ts";
import { noTag } from "../rules/repeats.ts";
import type { Access } from "./access.ts";
import { rateValues, type SqlConnection } from "./connection.ts";
import { holdBody } from "./rows/body.ts";
import { insertMessage } from "./rows/message.ts";
import { deliverNow, findRecipients, lockRecipients } from "./rows/recipients.ts";
import { sharesOf } from "./rows/sharing.ts";

const jobs = { receive };

export function arrivalStore(database: Access): InboundStore {
  return {
    ...database.writes(jobs),
    hasRoom: (query) => database.ask(hasRoom, query),
  };
}

async function receive(connection: SqlConnection, inbound: NewInbound): Promise<void> {
  const { recipients, storedAt, key, rate } = inbound;
  const senders = sendersOf(inbound.from);
  const chargedTo = await submitter(connection, inbound.from);
  const payer = rate === undefined ? null : chargedTo;
  const locked = await lockRecipients(connection, recipients, payer === null ? [] : [payer]);
  if (payer !== null) {
    const values = [payer, recipients.length, ...rateValues(rate)];
    await connection.all("SELECT take($1, $2, $3, $4, $5, $6)", ...values);
  }
  const copies = wanted(
    await findRecipients(connection, recipients, allOrNone, { locked, senders }),
  );
  if (copies.size === 0) return; // an upload is the caller's to discard
  const senderId = systemAccountId;
  const body = await holdBody(connection, { senderId, body: inbound.body });
  const message = { senderId, idempotencyKey: key, contentTag: noTag };
  const held = { body, entryId: noEntry, holders: copies.size, readersLeft: null };
  const messageId = await insertMessage(connection, message, held);
  const shared = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn: false, chargedTo };
  await deliverNow(connection, shared, copies, inbound, null);
}

async function hasRoom(
  connection: SqlConnection,
  { name, from, bytes, quota }: RoomQuery,
): Promise<boolean> {
  const [maxMessages, maxBytes, outside, minEntryBytes] = sharesOf(quota, systemAccountId);
  const found = await connection.get<{ hasRoom: boolean }>(
    `SELECT blocks(owner.id, $3)
       OR NOT is_full_for(coalesce(payer.id, 0), owner.id, inbox + sent + 1, bytes + $4, $4,
         coalesce(max_messages, $5), coalesce(max_bytes, $6),
         CASE WHEN payer.id IS NULL THEN $7::float8 ELSE $8::float8 END, $9) AS has_room
     FROM account owner JOIN mailbox ON mailbox.account_id = owner.id
       LEFT JOIN account payer ON payer.name = $2
     WHERE owner.name = $1 AND owner.closed_at IS NULL`,
    name,
    from.account,
    sendersOf(from),
    bytes,
    maxMessages,
    maxBytes,
    outside,
    shares.account,
    minEntryBytes,
  );
  return found?.hasRoom ?? false;
}

/** The account that logged in; its name is its own for ever. */
async function submitter(
  connection: SqlConnection,
  { account }: InboundSender,
): Promise<AccountId | null> {
  if (account === null) return null;
  const sql = "SELECT id FROM account WHERE name = $1";
  return (await connection.get<{ id: AccountId }>(sql, account))?.id ?? null;
}

/** The sender has no copy of its own. */
const noEntry = entryId(0);
