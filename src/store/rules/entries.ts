/** What may be deleted, what comes back to its sender, and which body goes with its last reader. */
import type { EntryId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import { noSuchMessage, stillHeld } from "../failures.ts";

/** @throws {MailError} `no_such_message` naming all that are missing; `denied` naming all that wait to be sent */
export function requireDeletable(
  { missing, held }: { readonly missing: readonly EntryId[]; readonly held: readonly EntryId[] },
): void {
  if (missing.length > 0) throw noSuchMessage(missing);
  if (held.length > 0) throw stillHeld(held);
}

/**
 * Tells whether an entry whose time is up goes back: what was sent here by somebody, and never read. `isAwaited`: the
 * sender has no receipt of it, which its reader may have given for another copy.
 */
export function comesBack(
  entry: { readonly box: Box; readonly isUnread: boolean; readonly isAwaited: boolean },
): boolean {
  return entry.box === "inbox" && entry.isUnread && entry.isAwaited;
}

/** Tells whether the body of a message that burns goes: nobody may still read it, and somebody has. */
export function isBurnt(
  { readersLeft, wasRead }: { readonly readersLeft: number; readonly wasRead: boolean },
): boolean {
  return readersLeft <= 0 && wasRead;
}

/** When a message that its owner puts into a box was read: what was sent is always read. */
export function appendedReadAt(
  { box, isRead, storedAt }: {
    readonly box: Box;
    readonly isRead: boolean;
    readonly storedAt: number;
  },
): number | null {
  return isRead || box === "sent" ? storedAt : null;
}
