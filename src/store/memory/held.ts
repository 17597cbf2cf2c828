/** Messages that wait for their time, in the memory store. */
import type { AccountId, EntryId } from "../../model/ids.ts";
import type { KeyringUpdate } from "../account_store.ts";
import type { Quota } from "../administration_store.ts";
import type { HeldStore } from "../held_store.ts";
import { fateOf, requireCancellable, requireRoomToHold } from "../rules/held.ts";
import type { StoredCopy } from "../send_store.ts";
import { replaceKeyring } from "./accounts.ts";
import { blocks } from "./blocked.ts";
import { heldState } from "./mailbox.ts";
import {
  addEntry,
  bytesOf,
  isFullFor,
  type Message,
  noteOwnChange,
  readerLeaves,
  type StoredMailbox,
} from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import { bounce } from "./return_to_sender.ts";
import type { MemoryState } from "./state.ts";

export function heldStore(state: MemoryState): HeldStore {
  return { ...part(state, { nextDelivery }), ...changes(state, { cancel, deliverDue }) };
}

function cancel(
  state: MemoryState,
  accountId: AccountId,
  ids: readonly EntryId[],
  cancelledAt: number,
  keyring?: KeyringUpdate | null,
): void {
  const { entries } = state.mailbox(accountId);
  const sent = ids.map((id) => {
    const entry = entries.get(id);
    return entry?.box === "sent" ? entry.message : null;
  });
  requireCancellable(ids, sent.map((message) => message && heldState(message)));
  if (keyring) replaceKeyring(state, accountId, keyring);
  for (const message of sent as Message[]) {
    message.held = null;
    message.cancelledAt ??= cancelledAt;
    noteOwnChange(message);
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
    const more = { senderId: message.sender!.account.id, bodyBytes: bytes, copies: [copy] };
    const fate = fateOf({
      isClosed: mailbox.closedAt !== null,
      blocks: () => blocks(mailbox, [message.sender!.account.name]),
      isFull: () => isFullFor(mailbox, more, quota),
    });
    if (fate === "delivered") {
      addEntry(mailbox, { box: "inbox", message, copy, readAt: null, expiresAt });
      told.push(mailbox.account.id);
      continue;
    }
    if (fate !== "dropped") {
      bounce(message, mailbox.account.name, { reason: fate, at: now, quota });
    }
    readerLeaves(message);
  }
  noteOwnChange(message);
  state.watchers.tell(told);
}

function nextDelivery(state: MemoryState): number | null {
  const times = [...state.messages.values()].flatMap(({ held }) => held?.deliverAt ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

/** @throws {MailError} `over_quota` where too much of the sender's waits already */
export function refuseManyHeld(
  state: MemoryState,
  sender: StoredMailbox,
  copies: readonly { copy: StoredCopy }[],
): void {
  const held = [...state.messages.values()]
    .filter((message) => message.sender === sender && message.held !== null);
  const all = [...held.flatMap((message) => message.held!.copies), ...copies];
  const bytes = all.reduce((sum, { copy }) => sum + copy.envelope.length, 0);
  requireRoomToHold({ messages: held.length + 1, bytes });
}
