/** Messages from outside, in the memory store. */
import { entryId } from "../../model/ids.ts";
import { noTag } from "../rules/repeats.ts";
import {
  type InboundSender,
  type InboundStore,
  type NewInbound,
  type RoomQuery,
  systemAccountId,
} from "../inbound_store.ts";
import { allOrNone, sendersOf } from "../rules/recipients.ts";
import { blocks } from "./blocked.ts";
import { bodyBytes, takeBody } from "./bodies.ts";
import {
  addEntry,
  isFullWith,
  type Message,
  requireRoom,
  type StoredMailbox,
} from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import { findRecipients } from "./send.ts";
import type { MemoryState } from "./state.ts";

export function arrivalStore(state: MemoryState): InboundStore {
  return { ...part(state, { hasRoom }), ...changes(state, { receive }) };
}

function receive(
  state: MemoryState,
  { storedAt, body, quota, recipients, from }: NewInbound,
): void {
  const senders = sendersOf(from);
  const { wanted: found } = findRecipients(state, recipients, allOrNone, senders);
  if (found.length === 0) return; // an upload is the caller's to discard
  const bytes = bodyBytes(state, body);
  const submitter = submitterOf(state, from);
  const senderId = submitter?.account.id ?? systemAccountId;
  requireRoom(found, quota, ({ copy }) => ({ senderId, bodyBytes: bytes, copies: [copy] }));
  const taken = takeBody(state, { senderId: systemAccountId, body });
  const held = inboundOf(storedAt, taken, submitter);
  for (const { mailbox, copy } of found) {
    addEntry(mailbox, { box: "inbox", message: held, copy, readAt: null });
  }
  state.watchers.tell(found.map(({ mailbox }) => mailbox.account.id));
}

function hasRoom(state: MemoryState, { name, from, bytes, quota }: RoomQuery): boolean {
  const mailbox = state.named(name);
  if (mailbox === undefined) return false;
  if (blocks(mailbox, sendersOf(from))) return true;
  const senderId = submitterOf(state, from)?.account.id ?? systemAccountId;
  return !isFullWith(mailbox, { messages: 1, bytes, senderId }, quota);
}

/** The mailbox of the account that logged in. */
function submitterOf(state: MemoryState, { account }: InboundSender): StoredMailbox | null {
  return account === null ? null : state.named(account) ?? null;
}

/** A message from outside. */
function inboundOf(
  storedAt: number,
  body: readonly Uint8Array[],
  submitter: StoredMailbox | null,
): Message {
  const nothing = { tag: noTag, firstId: entryId(0), deliveries: [], bounced: [] };
  const terms = { held: null, cancelledAt: null, readersLeft: null };
  return { ...nothing, ...terms, sender: null, submitter, storedAt, body };
}
