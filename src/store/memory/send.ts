/** Messages from one account to others, in the memory store. */
import { equalBytes } from "../../model/bytes.ts";
import {
  accountClosed,
  conflict,
  keyChanged,
  noSuchRecipient,
  overQuota,
  ownOverQuota,
} from "../failures.ts";
import type { NewMessage, SendStore, SendTerms, StoredCopy, Submitted } from "../send_store.ts";
import { bodyBytes, takeBody } from "./bodies.ts";
import { refuseManyHeld } from "./held.ts";
import {
  addEntry,
  isFull,
  type Mailbox,
  type Message,
  messageKey,
  returnToSender,
} from "./mailbox.ts";
import { part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function sendStore(state: MemoryState): SendStore {
  return part(state, { send, submit, findSend });
}

function send(state: MemoryState, message: NewMessage): { id: number; repeated: boolean } {
  const terms = { partial: false, unknown: [], expiresAt: null };
  const { id, repeated } = submit(state, message, terms);
  return { id, repeated };
}

function submit(state: MemoryState, message: NewMessage, terms: SendTerms): Submitted {
  const key = messageKey(message.senderId, message.idempotencyKey);
  const earlier = state.messages.get(key);
  if (earlier !== undefined && !equalBytes(earlier.tag, message.contentTag)) throw conflict();
  const held = earlier ?? storeCopies(state, message, terms);
  state.messages.set(key, held);
  const returned = held.returned.filter(({ reason }) => reason === "no_such_account")
    .map(({ recipient, id }) => ({ recipient, id }));
  const heldUntil = held.held?.deliverAt ?? null;
  return { id: held.firstId, repeated: earlier !== undefined, returned, heldUntil };
}

/** Puts the copies into the mailboxes: all, or none where it throws. */
function storeCopies(state: MemoryState, message: NewMessage, terms: SendTerms): Message {
  const { storedAt } = message;
  const sender = state.mailbox(message.senderId);
  if (sender.closedAt !== null) throw accountClosed();
  const { burn = false, deliverAt = null, expiresAt } = terms;
  const { found, gone } = resolve(state, message.recipients, terms);
  const now = deliverAt === null ? found : [];
  refuseFull(state, sender, message, now);
  if (deliverAt !== null) refuseManyHeld(state, sender, found);
  const held: Message = {
    sender,
    tag: message.contentTag,
    firstId: sender.nextEntry,
    storedAt,
    body: takeBody(state, message),
    deliveries: found.map(({ mailbox }) => ({ recipient: mailbox.account.name, receipt: null })),
    returned: [],
    held: deliverAt === null ? null : { deliverAt, expiresAt, copies: found },
    cancelledAt: null,
    readersLeft: burn ? found.length : null,
  };
  addEntry(sender, { box: "sent", message: held, copy: message.own, readAt: storedAt });
  for (const { mailbox, copy } of now) {
    addEntry(mailbox, { box: "inbox", message: held, copy, readAt: null, expiresAt });
  }
  for (const recipient of gone) returnToSender(held, recipient, "no_such_account", storedAt);
  const arrived = now.map(({ mailbox }) => mailbox.account.id);
  state.watchers.tell(gone.length > 0 ? [...arrived, message.senderId] : arrived);
  return held;
}

function findSend(
  state: MemoryState,
  accountId: number,
  idempotencyKey: Uint8Array,
): number | null {
  return state.messages.get(messageKey(accountId, idempotencyKey))?.firstId ?? null;
}

/** Finds everybody's mailbox, somebody named twice gets the first copy; and tells who has none. */
export function resolve(
  state: MemoryState,
  recipients: NewMessage["recipients"],
  { partial, unknown }: SendTerms,
) {
  const missing = recipients.filter(({ name }) => state.named(name) === undefined);
  const gone = [...missing.map(({ name }) => name), ...unknown];
  if (gone.length > 0 && !partial) throw noSuchRecipient(gone);
  const there = recipients.filter((recipient) => !missing.includes(recipient));
  const changed = there.filter(({ name, fingerprint }) =>
    !equalBytes(state.named(name)!.account.keys.fingerprint, fingerprint)
  );
  if (changed.length > 0) throw keyChanged(changed.map(({ name }) => name));
  const names = there.map(({ name }) => name);
  const found = there.filter(({ name }, at) => names.indexOf(name) === at)
    .map(({ name, copy }) => ({ mailbox: state.named(name)!, copy }));
  return { found, gone };
}

function refuseFull(
  state: MemoryState,
  sender: Mailbox,
  { own, body, quota }: NewMessage,
  recipients: readonly { mailbox: Mailbox; copy: StoredCopy }[],
): void {
  const bytes = bodyBytes(state, body);
  if (isFull(sender, bytes, [own], quota)) throw ownOverQuota();
  const full = recipients.filter(({ mailbox, copy }) =>
    isFull(mailbox, bytes, mailbox === sender ? [own, copy] : [copy], quota)
  );
  if (full.length > 0) throw overQuota(full.map(({ mailbox: { account } }) => account.name));
}
