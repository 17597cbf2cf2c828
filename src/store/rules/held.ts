/** What may wait to be sent, what may be taken back, and what becomes of it when its time comes. */
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { BounceReason } from "../../model/bounce.ts";
import { alreadySent, notYourMessage, tooManyHeld } from "../failures.ts";

/** What a sender sees of a message that was to wait. */
export interface HeldState {
  /** When the recipients get it; null: they have it, or never will. */
  readonly heldUntil: number | null;
  /** When it was taken back; null: it was not. */
  readonly cancelledAt: number | null;
}

/** Counts all of one sender's, with the new one. @throws {MailError} `over_quota` */
export function requireRoomToHold(
  { messages, bytes }: { readonly messages: number; readonly bytes: number },
): void {
  if (messages > limits.maxHeldMessages || bytes > limits.maxHeldCopyBytes) throw tooManyHeld();
}

/**
 * Takes one state an id, in order; null: the account has no such entry in `sent`.
 * @throws {MailError} `no_such_message` naming all of these; `already_sent` naming all that neither wait nor were taken
 * back
 */
export function requireCancellable(
  ids: readonly EntryId[],
  states: readonly (HeldState | null)[],
): void {
  const unknown = ids.filter((_, at) => states[at] === null);
  if (unknown.length > 0) throw notYourMessage(unknown);
  const late = ids.filter((_, at) => {
    const { heldUntil, cancelledAt } = states[at]!;
    return heldUntil === null && cancelledAt === null;
  });
  if (late.length > 0) throw alreadySent(late);
}

/** What becomes of a copy that waited; another than these is why it goes back to the sender. */
export function fateOf(
  { isClosed, blocks, isFull }: {
    readonly isClosed: boolean;
    /** The recipient has blocked the sender, who is told nothing of it. */
    readonly blocks: () => boolean;
    readonly isFull: () => boolean;
  },
): "delivered" | "dropped" | BounceReason {
  if (isClosed) return "account_deleted";
  if (blocks()) return "dropped";
  return isFull() ? "mailbox_full" : "delivered";
}
