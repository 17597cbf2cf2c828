/** Which messages belong together, by the ids that their senders signed (RFC 5322 3.6.4). */
import type { EntryId } from "../../model/ids.ts";
import type { Headers, Outcome } from "../../model/message.ts";

/** What is to be known of a message to tell where it belongs. */
export interface Threaded {
  readonly id: EntryId;
  readonly outcome: Outcome;
  /** Null where it cannot be opened. */
  readonly headers: Pick<Headers, "messageId" | "inReplyTo" | "references"> | null;
}

/**
 * Finds the messages of one thread among those listed, oldest first: all that share an id with it, or with one that
 * does. What does not verify belongs to none. Takes time in proportion to the number of ids.
 */
export function threadOf<M extends Threaded>(first: M, listed: readonly M[]): M[] {
  const holders = new Map<string, M[]>();
  for (const message of listed) {
    for (const id of idsOf(message)) {
      const others = holders.get(id);
      if (others === undefined) holders.set(id, [message]);
      else others.push(message);
    }
  }
  const found = new Map([[first.id, first]]);
  const ids = new Set(idsOf(first));
  for (const id of ids) { // grows as it goes
    for (const message of holders.get(id) ?? []) {
      if (found.has(message.id)) continue;
      found.set(message.id, message);
      for (const more of idsOf(message)) ids.add(more);
    }
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

function idsOf({ headers, outcome }: Threaded): string[] {
  if (headers === null || outcome === "invalid") return [];
  const { messageId, inReplyTo, references } = headers;
  return [messageId, ...references, ...(inReplyTo === null ? [] : [inReplyTo])];
}
