/** How far a message got. */
import type { ListedDelivery } from "./opened_entry.ts";

/** How far a message got with one of its recipients, in a word. */
export function deliveryState({ readAt, bounced, unsent }: ListedDelivery) {
  return unsent ?? (bounced !== null ? "bounced" : readAt === null ? "stored" : "read");
}
