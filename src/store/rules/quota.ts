/** When a mailbox has no room. */
import { limits } from "../../model/limits.ts";
import type { Quota } from "../administration_store.ts";

/** How full a mailbox is, with what is about to come, and its own bounds; null: as the server has it. */
export interface Fill {
  readonly messages: number;
  readonly bytes: number;
  readonly maxMessages: number | null;
  readonly maxBytes: number | null;
}

/**
 * Tells whether a mailbox holds more than it may. A bound of 0 is none, and no quota of the server has none. Entries
 * count for `limits.minEntryBytes` on average at least, or empty ones would fill the disk within any bound of bytes.
 */
export function isOverQuota(
  { messages, bytes, maxMessages, maxBytes }: Fill,
  server: Quota | undefined,
): boolean {
  const mostMessages = maxMessages ?? server?.maxMessages ?? 0;
  const mostBytes = maxBytes ?? server?.maxBytes ?? 0;
  const counted = Math.max(bytes, messages * limits.minEntryBytes);
  return mostMessages > 0 && messages > mostMessages || mostBytes > 0 && counted > mostBytes;
}
