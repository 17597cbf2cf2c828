/**
 * Which messages stand in a conversation with one that is read. What it knows of the newest is kept, so that the next
 * message costs no list of all of them; what is shown of a message is asked for when it is shown.
 */
import type { Mailbox } from "../../../client/mailbox.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import {
  findThread,
  type FoundThread,
  listDown,
  type ListedBox,
  type Newest,
  newestIn,
  type Threaded,
} from "../../../client/reading/thread.ts";
import { limits } from "../../../model/limits.ts";
import type { Box } from "../../../model/message.ts";
import { SerialQueue } from "../../../model/serial_queue.ts";

/** Whom to ask for lists, in turn with other questions. */
interface Asked {
  ask<T>(work: (mailbox: Pick<Mailbox, "list">) => Promise<T>): Promise<T>;
}

/** A message and those around it, oldest first, and how many more there are. */
export interface MailConversation {
  readonly messages: readonly ListedMessage[];
  readonly earlier: number;
  readonly later: number;
  /** False where more of them may be further down than was looked. */
  readonly isWhole: boolean;
}

interface Known extends Threaded {
  readonly box: Box;
}

const boxes = ["inbox", "sent"] as const satisfies readonly Box[];
/** Of a box that was looked at before, what is listed first: most likely there is nothing new. */
const fewEntries = 10;

export class Conversations {
  readonly #connections: Asked;
  readonly #known = new Map<Box, ListedBox<Known>>(
    boxes.map((box) => [box, { messages: [], isAll: false }]),
  );
  readonly #looks = new SerialQueue();

  constructor(connections: Asked) {
    this.#connections = connections;
  }

  /** Finds the conversation of a message; of the others, those that are `isShown`. @throws {MailError} */
  async of(
    first: ListedMessage,
    isShown: (message: ListedMessage) => boolean,
  ): Promise<MailConversation> {
    const { messages: thread, isWhole } = await this.#find(first);
    const [start, end] = around(thread.findIndex(({ id }) => id === first.id), thread.length);
    const shown = thread.slice(start, end);
    const messages = await this.#connections.ask((mailbox) =>
      Promise.all(shown.map((each) => each.id === first.id ? first : current(mailbox, each)))
    );
    return {
      messages: messages.filter((message) => message !== null)
        .filter((message) => message.id === first.id || isShown(message)),
      earlier: start,
      later: thread.length - end,
      isWhole,
    };
  }

  /** One look at a time: two at once would both ask for the same messages. */
  #find(first: Known): Promise<FoundThread<Known>> {
    return this.#looks.run(async () => {
      for (const box of boxes) await this.#lookForNew(box);
      return await findThread(first, limits.maxThreadDepth, (depth) => this.#newest(depth));
    });
  }

  async #newest(depth: number): Promise<Newest<Known>> {
    for (const box of boxes) await this.#lookDown(box, depth);
    return newestIn(this.#known.values());
  }

  async #lookForNew(box: Box): Promise<void> {
    const { messages: before, isAll } = this.#known.get(box)!;
    if (before.length === 0 && !isAll) return;
    const last = before[0]?.id ?? 0;
    const found: Known[] = [];
    for (let limit = fewEntries; found.length < limits.maxThreadDepth;) {
      const messages = await this.#list(box, limit, found.at(-1)?.id);
      const fresh = messages.filter(({ id }) => id > last);
      found.push(...fresh);
      if (fresh.length < limit) break; // what is known, or the end of the box
      limit = limits.maxListEntries;
    }
    const all = [...found, ...before];
    const messages = all.slice(0, limits.maxThreadDepth);
    this.#known.set(box, { messages, isAll: isAll && messages.length === all.length });
  }

  async #lookDown(box: Box, depth: number): Promise<void> {
    for (;;) {
      const known = this.#known.get(box)!;
      const next = Math.min(depth, known.messages.length + limits.maxListEntries);
      const more = await listDown(known, next, (...page) => this.#list(box, ...page));
      if (more === known) return;
      this.#known.set(box, more);
    }
  }

  async #list(box: Box, limit: number, before: number | undefined): Promise<Known[]> {
    const wanted = { box, limit, before };
    const { messages } = await this.#connections.ask((mailbox) => mailbox.list(wanted));
    return messages.map(knownOf);
  }
}

/** What a list says of a message now; null: it was deleted. */
async function current(
  mailbox: Pick<Mailbox, "list">,
  { id, box }: Known,
): Promise<ListedMessage | null> {
  const { messages: [message] } = await mailbox.list({ box, limit: 1, before: id + 1 });
  return message?.id === id ? message : null;
}

/** The part of a thread that is shown, in the middle of which the message stands as far as it can. */
function around(at: number, length: number): [start: number, end: number] {
  const most = limits.maxConversationRows;
  const start = Math.max(0, Math.min(at - Math.floor(most / 2), length - most));
  return [start, start + most > length ? length : start + most];
}

/** As little of it as tells where it belongs. */
function knownOf({ id, box, outcome, headers }: ListedMessage): Known {
  if (headers === null) return { id, box, outcome, headers };
  const { messageId, inReplyTo, references } = headers;
  return { id, box, outcome, headers: { messageId, inReplyTo, references } };
}
