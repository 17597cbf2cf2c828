/** Mail from outside, in SQL: one transaction that stores it for every recipient or for none. */
import { overQuota } from "../failures.ts";
import { holdBody } from "./bodies.ts";
import type { Connection } from "./connection.ts";
import { inboxPlace, takePlace } from "./place.ts";
import { insertEntry, isOver, sizeOf } from "./copy.ts";
import { allOrNone, insertMessage, nameOf, resolveRecipients } from "./send.ts";
import { type NewArrival, systemAccountId } from "../arrival_store.ts";

export function receive(connection: Connection, arrival: NewArrival): void {
  const { recipients, storedAt, key, quota } = arrival;
  const { copies } = resolveRecipients(connection, recipients, allOrNone);
  const senderId = systemAccountId;
  const body = holdBody(connection, { senderId, body: arrival.body });
  const message = { senderId, idempotencyKey: key, contentTag: new Uint8Array(0) };
  const held = { body, entryId: noEntry, holders: copies.size, readersLeft: null };
  const messageId = insertMessage(connection, message, held);
  const common = { senderId, messageId, bodyBytes: body.bytes, storedAt, burn: false };
  const full: number[] = [];
  for (const [recipientId, copy] of copies) {
    const taking = { storedAt, bytes: body.bytes + sizeOf(copy) };
    const place = takePlace(connection, inboxPlace, recipientId, taking);
    if (isOver(place, quota)) full.push(recipientId);
    insertEntry(connection, common, { place, box: "inbox", readAt: null, copy, expiresAt: null });
    connection.arrivals.add(recipientId);
  }
  if (full.length > 0) throw overQuota(full.map((id) => nameOf(connection, id)));
}

/** The sender has no copy of its own. */
const noEntry = 0;
