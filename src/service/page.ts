/** Entries as far as they fit into one reply. */
import { limits } from "../model/limits.ts";
import type { Entry } from "../store/mailbox_store.ts";

/** What entries of one reply may come to, so that the reply stays below `limits.maxRequestBytes`. */
const maxPageBytes = limits.maxRequestBytes - 256 * 1024;

/** Keeps the first entries, at least one, as far as they fit into one reply. */
export function cutPage(entries: readonly Entry[]): Entry[] {
  let bytes = 0;
  return entries.filter((entry, at) => {
    bytes += sizeOf(entry);
    return at === 0 || bytes <= maxPageBytes;
  });
}

function sizeOf({ envelope, summary, deliveries }: Entry): number {
  const delivered = deliveries.reduce(
    (sum, { recipient, receipt }) => sum + 4 * recipient.length + (receipt?.length ?? 0) + 16,
    0,
  );
  return 512 + (envelope?.length ?? 0) + (summary?.length ?? 0) + delivered;
}
