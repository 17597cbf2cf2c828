/** Lists of messages that are in the order of their UIDs. */

/** Where the first message of this UID or a higher one stands. */
export function uidAtLeast(messages: readonly { readonly uid: number }[], uid: number): number {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.uid < uid) low = middle + 1;
    else high = middle;
  }
  return low;
}
