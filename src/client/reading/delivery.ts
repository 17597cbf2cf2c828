/** How far a message got. */
import type { ListedDelivery } from "./opened_entry.ts";

/** How far a message got with one of its recipients, in a word. */
export function deliveryState({ readAt, returned, unsent }: ListedDelivery) {
  return unsent ?? (returned !== null ? "returned" : readAt === null ? "stored" : "read");
}
