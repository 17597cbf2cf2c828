/** Who a message is from, in a column or a line: what nobody signed must not look like what somebody did. */
import type { ListedMessage } from "../mailbox.ts";

/** Names the sender; in parentheses where nobody signed it, which no address has. */
export function senderText(
  { from, origin, headers }: ListedMessage,
  short: (address: string) => string = (address) => address,
): string {
  return origin === null ? short(from) : `(${headers?.from ?? ""})`;
}
