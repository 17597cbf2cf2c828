/** Who a message is from, in a column or a line: what nobody signed must not look like what somebody did. */
import type { ListedMessage } from "../reading/opened_entry.ts";

/** Names the sender; in parentheses where nobody signed it, which no address has. */
export function senderText(
  { from, origin, headers }: ListedMessage,
  short: (address: string) => string = (address) => address,
): string {
  return origin === null ? short(from) : `(${headers?.from ?? ""})`;
}

/** For a person, the own domain goes without saying. */
export function shortAddress(address: string, domain: string): string {
  return address.endsWith(`@${domain}`) ? address.slice(0, -domain.length - 1) : address;
}
