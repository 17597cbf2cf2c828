/** How far a message got, and whether it came too soon. */
import { succession } from "../../model/account.ts";
import type { ListedDelivery, ListedMessage } from "./opened_entry.ts";

/** How far a message got with one of its recipients, in a word. */
export function deliveryState({ readAt, received, bounced, unsent }: ListedDelivery) {
  const state = readAt !== null ? "read" : received ? "received" : "stored";
  return unsent ?? (bounced !== null ? "bounced" : state);
}

/**
 * True where a server let a reader have mail before its sender did: by the reader's clock, or by what the server says
 * itself. Clocks may differ as far as they may for keys. `now`: milliseconds since 1970.
 */
export function isEarly(
  { box, notBefore, storedAt }: Pick<ListedMessage, "box" | "notBefore" | "storedAt">,
  now: number,
): boolean {
  return box === "inbox" && notBefore !== null &&
    Math.min(now, storedAt) + succession.slackMs < notBefore;
}
