/** Messages from outside, in the memory store. */
import { entryId } from "../../model/ids.ts";
import { noTag } from "../rules/repeats.ts";
import { type InboundStore, type NewInbound, systemAccountId } from "../inbound_store.ts";
import { overQuota } from "../failures.ts";
import { allOrNone } from "../rules/recipients.ts";
import { bodyBytes, takeBody } from "./bodies.ts";
import { addEntry, isFull, type Message } from "./mailbox.ts";
import { part } from "./part.ts";
import { findRecipients } from "./send.ts";
import type { MemoryState } from "./state.ts";

export function arrivalStore(state: MemoryState): InboundStore {
  return part(state, { receive });
}

function receive(
  state: MemoryState,
  { storedAt, body, quota, recipients }: NewInbound,
): void {
  const { found } = findRecipients(state, recipients, allOrNone);
  const bytes = bodyBytes(state, body);
  const full = found.filter(({ mailbox, copy }) => isFull(mailbox, bytes, [copy], quota));
  if (full.length > 0) throw overQuota(full.map(({ mailbox: { account } }) => account.name));
  const taken = takeBody(state, { senderId: systemAccountId, body });
  const held = inboundOf(storedAt, taken);
  for (const { mailbox, copy } of found) {
    addEntry(mailbox, { box: "inbox", message: held, copy, readAt: null });
  }
  state.watchers.tell(found.map(({ mailbox }) => mailbox.account.id));
}

/** A message from outside. */
function inboundOf(storedAt: number, body: readonly Uint8Array[]): Message {
  const nothing = { tag: noTag, firstId: entryId(0), deliveries: [], bounced: [] };
  const terms = { held: null, cancelledAt: null, readersLeft: null };
  return { ...nothing, ...terms, sender: null, storedAt, body };
}
