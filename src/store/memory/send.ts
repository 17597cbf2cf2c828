/** Messages from one account to others, in the memory store. */
import type { IdempotencyKey } from "../../model/digests.ts";
import { type AccountId, type EntryId, entryId } from "../../model/ids.ts";
import { accountClosed, ownOverQuota } from "../failures.ts";
import { allOrNone, resolveRecipients, wanted } from "../rules/recipients.ts";
import { requireSameContent } from "../rules/repeats.ts";
import type {
  NewMessage,
  SendStore,
  SendTerms,
  StoredCopy,
  StoredSubmission,
} from "../send_store.ts";
import { replaceKeyring } from "./accounts.ts";
import { blocks } from "./blocked.ts";
import { bodyBytes, takeBody } from "./bodies.ts";
import { refuseManyHeld } from "./held.ts";
import {
  addEntry,
  isFullFor,
  type Message,
  messageKey,
  requireRoom,
  type StoredMailbox,
} from "./stored_mailbox.ts";
import { changes, part } from "./part.ts";
import { bounce } from "./return_to_sender.ts";
import type { MemoryState } from "./state.ts";

export function sendStore(state: MemoryState): SendStore {
  return { ...part(state, { findSend }), ...changes(state, { send, submit }) };
}

function send(state: MemoryState, message: NewMessage): { id: EntryId; repeated: boolean } {
  const { id, repeated } = submit(state, message, allOrNone);
  return { id, repeated };
}

function submit(state: MemoryState, message: NewMessage, terms: SendTerms): StoredSubmission {
  const key = messageKey(message.senderId, message.idempotencyKey);
  const earlier = state.messages.get(key);
  if (earlier !== undefined) requireSameContent(earlier.tag, message.contentTag);
  const held = earlier ?? storeCopies(state, message, terms);
  state.messages.set(key, held);
  const bounced = held.bounced.filter(({ reason }) => reason === "no_such_account")
    .map(({ recipient, id }) => ({ recipient, id }));
  const heldUntil = held.held?.deliverAt ?? null;
  return { id: held.firstId, repeated: earlier !== undefined, bounced, heldUntil };
}

/** Puts the copies into the mailboxes: all, or none where it throws. */
function storeCopies(state: MemoryState, message: NewMessage, terms: SendTerms): Message {
  const { storedAt } = message;
  const sender = state.mailbox(message.senderId);
  if (sender.closedAt !== null) throw accountClosed();
  const { burn = false, deliverAt = null, expiresAt } = terms;
  const senders = [sender.account.name];
  const { found, gone, ...others } = findRecipients(state, message.recipients, terms, senders);
  const now = deliverAt === null ? others.wanted : [];
  refuseFull(state, sender, message, now);
  if (deliverAt !== null) refuseManyHeld(state, sender, found);
  if (message.keyring) replaceKeyring(state, message.senderId, message.keyring);
  const held: Message = {
    sender,
    tag: message.contentTag,
    firstId: entryId(sender.nextEntry),
    storedAt,
    body: takeBody(state, message),
    deliveries: found.map(({ mailbox }) => ({ recipient: mailbox.account.name, receipt: null })),
    bounced: [],
    held: deliverAt === null ? null : { deliverAt, expiresAt, copies: found },
    cancelledAt: null,
    readersLeft: burn ? (deliverAt === null ? now : found).length : null,
  };
  addEntry(sender, { box: "sent", message: held, copy: message.own, readAt: storedAt });
  for (const { mailbox, copy } of now) {
    addEntry(mailbox, { box: "inbox", message: held, copy, readAt: null, expiresAt });
  }
  for (const recipient of gone) {
    bounce(held, recipient, { reason: "no_such_account", at: storedAt, quota: message.quota });
  }
  const arrived = now.map(({ mailbox }) => mailbox.account.id);
  state.watchers.tell(gone.length > 0 ? [...arrived, message.senderId] : arrived);
  return held;
}

function findSend(
  state: MemoryState,
  accountId: AccountId,
  idempotencyKey: IdempotencyKey,
): EntryId | null {
  return state.messages.get(messageKey(accountId, idempotencyKey))?.firstId ?? null;
}

/** Finds the mailbox of each recipient by its name, and which of them want mail of these senders. @throws {MailError} as the rule does */
export function findRecipients(
  state: MemoryState,
  recipients: NewMessage["recipients"],
  terms: SendTerms,
  senders: readonly string[],
) {
  const accounts = recipients.map(({ name }) => {
    const mailbox = state.named(name);
    if (mailbox === undefined) return null;
    const { fingerprint } = mailbox.account.keys;
    return { account: mailbox, fingerprint, blocks: blocks(mailbox, senders) };
  });
  const resolved = resolveRecipients(recipients, accounts, terms);
  const found = [...resolved.copies].map(([mailbox, copy]) => ({ mailbox, copy }));
  const stored = wanted(resolved);
  return {
    found,
    wanted: found.filter(({ mailbox }) => stored.has(mailbox)),
    gone: resolved.gone,
  };
}

function refuseFull(
  state: MemoryState,
  sender: StoredMailbox,
  { own, body, quota }: NewMessage,
  recipients: readonly { mailbox: StoredMailbox; copy: StoredCopy }[],
): void {
  const common = { senderId: sender.account.id, bodyBytes: bodyBytes(state, body) };
  if (isFullFor(sender, { ...common, copies: [own] }, quota)) throw ownOverQuota();
  requireRoom(recipients, quota, ({ mailbox, copy }) => {
    return { ...common, copies: mailbox === sender ? [own, copy] : [copy] };
  });
}
