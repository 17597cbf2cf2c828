/** Which messages belong together, by the ids that their senders signed (RFC 5322 3.6.4). */
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Headers, Outcome } from "../../model/message.ts";

/** What is to be known of a message to tell where it belongs. */
export interface Threaded {
  readonly id: EntryId;
  readonly outcome: Outcome;
  /** Null where it cannot be opened. */
  readonly headers: Pick<Headers, "messageId" | "inReplyTo" | "references"> | null;
}

/** The newest messages of one box. */
export interface ListedBox<M> {
  /** Newest first. */
  readonly messages: readonly M[];
  /** True: the box has no others. */
  readonly isAll: boolean;
}

/** The newest messages of all boxes. */
export interface Newest<M> {
  readonly listed: readonly M[];
  /** The lowest id above which none is missing; 0: none is missing at all. */
  readonly floor: number;
}

export interface FoundThread<M> {
  /** Oldest first. */
  readonly messages: M[];
  /** False where more of it may be further down than was looked. */
  readonly isWhole: boolean;
}

/** Lists a box further down, so many messages in all at most. `list` lists newest first, below an id. */
export async function listDown<M extends Threaded>(
  box: ListedBox<M>,
  depth: number,
  list: (limit: number, before: EntryId | undefined) => Promise<readonly M[]>,
): Promise<ListedBox<M>> {
  const { messages, isAll } = box;
  const limit = depth - messages.length;
  if (isAll || limit <= 0) return box;
  const found = await list(limit, messages.at(-1)?.id);
  return { messages: [...messages, ...found], isAll: found.length < limit };
}

/** Tells what is known of all boxes together. */
export function newestIn<M extends Threaded>(boxes: Iterable<ListedBox<M>>): Newest<M> {
  const known = [...boxes];
  const floors = known.map(({ messages, isAll }) => isAll ? 0 : messages.at(-1)!.id);
  return { listed: known.flatMap(({ messages }) => messages), floor: Math.max(...floors) };
}

/**
 * Finds the thread of a message: among the newest, and further down as long as it goes back to something that is not
 * there. `newest` lists so many of each box, 1,000 at first, `most` in the end.
 */
export async function findThread<M extends Threaded>(
  first: M,
  most: number,
  newest: (depth: number) => Promise<Newest<M>>,
): Promise<FoundThread<M>> {
  for (let depth = limits.minThreadDepth;; depth *= 2) {
    const { listed, floor } = await newest(Math.min(depth, most));
    const messages = threadOf(first, listed);
    const isWhole = floor === 0 || floor <= messages[0]!.id && !goesBack(messages);
    if (isWhole || depth >= most) return { messages, isWhole };
  }
}

/** True where a message names another one that is not among them. */
function goesBack(messages: readonly Threaded[]): boolean {
  const own = new Set(messages.map(({ headers }) => headers?.messageId));
  return messages.some((message) => idsOf(message).some((id) => !own.has(id)));
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
