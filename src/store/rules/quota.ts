/** When a mailbox has no room. */
import type { AccountId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Quota } from "../administration_store.ts";
import { systemAccountId } from "../inbound_store.ts";

/** Messages, and the bytes that they count for. */
export interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/** How full a mailbox is, with what is about to come, and its own bounds; null: as the server has it. */
export interface Fill extends Amount {
  readonly maxMessages: number | null;
  readonly maxBytes: number | null;
}

/**
 * What part of a mailbox one sender may fill. All that comes by SMTP without a login is one sender, for anybody can make
 * up another. So neither leaves no room for the others.
 */
export const shares = { owner: 1, outside: 1 / 2, account: 1 / 4 } as const;

/** Whose mail comes to whom. */
export interface Sharing {
  /** The account that sent it; `systemAccountId`: nobody who logged in. */
  readonly senderId: AccountId;
  readonly ownerId: AccountId;
  /** What there is of the same sender, with what is about to come. Asked only where it can be too much. */
  readonly used: () => Amount;
}

/**
 * Tells whether a mailbox holds more than it may. A bound of 0 is none, and no quota of the server has none. Entries
 * count for `limits.minEntryBytes` on average at least, or empty ones would fill the disk within any bound of bytes.
 */
export function isOverQuota(fill: Fill, server: Quota | undefined): boolean {
  return exceeds(fill, boundsOf(fill, server), shares.owner);
}

/** Tells whether a mailbox has no room for what comes from a sender, be it full or the sender's share used up. */
export function isFullFor(
  fill: Fill,
  server: Quota | undefined,
  { senderId, ownerId, used }: Sharing,
): boolean {
  if (isOverQuota(fill, server)) return true;
  const share = shareOf(senderId, ownerId);
  const bounds = boundsOf(fill, server);
  return share < 1 && exceeds(fill, bounds, share) && exceeds(used(), bounds, share);
}

/** Tells whether a message has no room in a share of a mailbox, however empty that is. */
export function isLargerThanShare(
  bytes: number,
  own: Pick<Fill, "maxBytes">,
  server: Quota | undefined,
  share: number,
): boolean {
  const { maxBytes } = boundsOf({ ...own, maxMessages: null }, server);
  return exceeds({ messages: 1, bytes }, { maxMessages: 0, maxBytes }, share);
}

function shareOf(senderId: AccountId, ownerId: AccountId): number {
  if (senderId === ownerId) return shares.owner;
  return senderId === systemAccountId ? shares.outside : shares.account;
}

function boundsOf(
  { maxMessages, maxBytes }: Pick<Fill, "maxMessages" | "maxBytes">,
  server: Quota | undefined,
): Quota {
  return {
    maxMessages: maxMessages ?? server?.maxMessages ?? 0,
    maxBytes: maxBytes ?? server?.maxBytes ?? 0,
  };
}

/** A share is one message at least. */
function exceeds({ messages, bytes }: Amount, { maxMessages, maxBytes }: Quota, share: number) {
  const counted = Math.max(bytes, messages * limits.minEntryBytes);
  return maxMessages > 0 && messages > Math.ceil(maxMessages * share) ||
    maxBytes > 0 && counted > maxBytes * share;
}
