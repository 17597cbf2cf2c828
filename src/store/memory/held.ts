/** Messages that wait for their time, in the memory store. */
import { limits } from "../../model/limits.ts";
import type { Quota } from "../administration_store.ts";
import { alreadySent, notYourMessage, tooManyHeld } from "../failures.ts";
import type { HeldStore } from "../held_store.ts";
import type { StoredCopy } from "../send_store.ts";
import {
  addEntry,
  bytesOf,
  isFull,
  type Mailbox,
  type Message,
  readersLeave,
  returnToSender,
  sizeOf,
} from "./mailbox.ts";
import { part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function heldStore(state: MemoryState): HeldStore {
  return part(state, { cancel, deliverDue, nextDelivery });
}

function cancel(
  state: MemoryState,
  accountId: number,
  ids: readonly number[],
  cancelledAt: number,
): void {
  const { entries } = state.mailbox(accountId);
  const unknown = ids.filter((id) => entries.get(id)?.box !== "sent");
  if (unknown.length > 0) throw notYourMessage(unknown);
  const messages = ids.map((id) => entries.get(id)!.message);
  const late = ids.filter((_, at) => {
    const { held, cancelledAt } = messages[at]!;
    return held === null && cancelledAt === null;
  });
  if (late.length > 0) throw alreadySent(late);
  for (const message of messages) {
    message.held = null;
    message.cancelledAt ??= cancelledAt;
  }
  state.watchers.tell([accountId]);
}

function deliverDue(state: MemoryState, now: number, quota?: Quota): boolean {
  const due = [...state.messages.values()]
    .filter(({ held }) => held !== null && held.deliverAt <= now)
    .sort((a, b) => a.held!.deliverAt - b.held!.deliverAt);
  for (const message of due) releaseOne(state, message, now, quota);
  return false;
}

function releaseOne(
  state: MemoryState,
  message: Message,
  now: number,
  quota: Quota | undefined,
): void {
  const { expiresAt, copies } = message.held!;
  message.held = null;
  message.releasedAt = now;
  const told = [message.sender!.account.id]; // what is held was sent
  const bytes = bytesOf(message);
  for (const { mailbox, copy } of copies) {
    const isClosed = mailbox.closedAt !== null;
    const reason = isClosed ? "account_deleted" : "mailbox_full";
    if (isClosed || isFull(mailbox, bytes, [copy], quota)) {
      returnToSender(message, mailbox.account.name, reason, now);
      readersLeave(message);
    } else {
      addEntry(mailbox, { box: "inbox", message, copy, readAt: null, expiresAt });
      told.push(mailbox.account.id);
    }
  }
  state.watchers.tell(told);
}

function nextDelivery(state: MemoryState): number | null {
  const times = [...state.messages.values()].flatMap(({ held }) => held?.deliverAt ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

/** @throws {MailError} `over_quota` where too much of the sender's waits already */
export function refuseManyHeld(
  state: MemoryState,
  sender: Mailbox,
  copies: readonly { copy: StoredCopy }[],
): void {
  const held = [...state.messages.values()]
    .filter((message) => message.sender === sender && message.held !== null);
  const all = [...held.flatMap((message) => message.held!.copies), ...copies];
  const bytes = all.reduce((sum, { copy }) => sum + sizeOf(copy), 0);
  const isTooMuch = held.length >= limits.maxHeldMessages || bytes > limits.maxHeldCopyBytes;
  if (isTooMuch) throw tooManyHeld();
}
