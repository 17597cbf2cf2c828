/** Mail on its way back to its sender, in the memory store. */
import type { AccountName, Address } from "../../model/address.ts";
import type { BounceReason } from "../../model/bounce.ts";
import { asEnvelopeDigest } from "../../model/digests.ts";
import type { Quota } from "../administration_store.ts";
import { comesBack } from "../rules/entries.ts";
import type { StoredCopy } from "../send_store.ts";
import {
  addEntry,
  bytesOf,
  isFullFor,
  type Message,
  remove,
  type StoredEntry,
  type StoredMailbox,
} from "./stored_mailbox.ts";

export const nothing: StoredCopy = {
  envelope: new Uint8Array(0),
  envelopeDigest: asEnvelopeDigest(new Uint8Array(32)),
};

/** Why a message goes back; `quota` is the sender's, as in a message. */
export interface WhyBack {
  readonly reason: BounceReason;
  readonly at: number;
  readonly quota: Quota | undefined;
}

/** Tells a sender that a message did not reach a recipient; nobody where the sender is gone. */
export function bounce(
  message: Message,
  recipient: AccountName | Address,
  { reason, at, quota }: WhyBack,
): void {
  const { sender, bounced } = message;
  if (
    sender === null || sender.closedAt !== null ||
    bounced.some((one) => one.recipient === recipient)
  ) return;
  const own = sender.entries.get(message.firstId);
  const { copy: whole } = own ?? { copy: nothing };
  const isKept = own !== undefined && message.readersLeft === null;
  const bodyBytes = isKept ? bytesOf(message) : 0;
  const more = { senderId: sender.account.id, bodyBytes, copies: [whole] };
  const isFull = isFullFor(sender, more, quota);
  const told = isFull ? { copy: nothing, hasBody: false } : { copy: whole, hasBody: isKept };
  const id = addEntry(sender, { box: "inbox", message, ...told, readAt: null, bouncedAt: at });
  bounced.push({ recipient, reason, at, id });
}

/** Takes an entry out; what was sent here and not read goes back to its sender. */
export function removeEntries(
  mailbox: StoredMailbox,
  held: StoredEntry,
  why: WhyBack,
): void {
  remove(mailbox, held);
  const { name } = mailbox.account;
  const { box, readAt, wasRead, bouncedAt, message } = held;
  const isAwaited = bouncedAt === null &&
    message.deliveries.some(({ recipient, receipt }) => recipient === name && receipt === null);
  const isUnread = readAt === null && !wasRead;
  if (comesBack({ box, isUnread, isAwaited })) bounce(message, name, why);
}
