/**
 * Which messages stand in a conversation with one that is read. What it knows of the newest is kept, so that the next
 * message costs no list of all of them; what is shown of a message is asked for when it is shown.
 */
import type { Mailbox } from "../../../client/mailbox.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import { type Threaded, threadOf } from "../../../client/reading/thread.ts";
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
}

interface Known extends Threaded {
  readonly box: Box;
}

const boxes = ["inbox", "sent"] as const satisfies readonly Box[];
/** Of a box that was looked at before, what is listed first: most likely there is nothing new. */
const fewEntries = 10;

export class Conversations {
  readonly #connections: Asked;
  /** By box, newest first. */
  readonly #known = new Map<Box, readonly Known[]>();
  readonly #looks = new SerialQueue();

  constructor(connections: Asked) {
    this.#connections = connections;
  }

  /** Finds the conversation of a message; of the others, those that are `isShown`. @throws {MailError} */
  async of(
    first: ListedMessage,
    isShown: (message: ListedMessage) => boolean,
  ): Promise<MailConversation> {
    await this.#lookForNew();
    const known = [...this.#known.values()].flat();
    const thread = threadOf<Known>(first, known);
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
    };
  }

  /** One look at a time: two at once would both ask for the same messages. */
  #lookForNew(): Promise<void> {
    return this.#looks.run(async () => {
      for (const box of boxes) this.#known.set(box, await this.#newest(box));
    });
  }

  async #newest(box: Box): Promise<Known[]> {
    const before = this.#known.get(box) ?? [];
    const last = before[0]?.id ?? 0;
    const found: Known[] = [];
    let limit = before.length === 0 ? limits.maxListEntries : fewEntries;
    while (found.length < limits.maxThreadDepth) {
      const wanted = { box, limit, before: found.at(-1)?.id };
      const { messages } = await this.#connections.ask((mailbox) => mailbox.list(wanted));
      const fresh = messages.filter(({ id }) => id > last);
      found.push(...fresh.map(knownOf));
      if (fresh.length < limit) break; // the end of the box, or of what is new in it
      limit = limits.maxListEntries;
    }
    return [...found, ...before].slice(0, limits.maxThreadDepth);
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
