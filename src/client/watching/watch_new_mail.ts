/** New mail as it comes, over as many connections as it takes: none is missed and none comes twice. */
import { PageBound } from "../page_bound.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { Pauses } from "./pauses.ts";
import type { ReconnectingMailbox } from "./reconnecting_mailbox.ts";

/** What is needed of a mailbox that outlives its connections. */
type Steady = Pick<ReconnectingMailbox, "ask">;

/**
 * Hands out messages that come into the inbox from now on, oldest first, without end; before them those that are
 * there and unread, where that is asked for. `from` is as in `NewMailOptions`; `beforeWaiting` may say that nothing can
 * come.
 * @throws {MailError} as `beforeWaiting`
 */
export async function* newMail(
  steady: Steady,
  { unread, from, beforeWaiting }: {
    readonly unread: boolean;
    readonly from?: string | undefined;
    readonly beforeWaiting?: () => Promise<void>;
  },
): AsyncGenerator<ListedMessage, never> {
  const query = { box: "inbox", limit: 1, unseen: true } as const; // to pin a key here would make it known below
  const inbox = await steady.ask((mailbox) => mailbox.list({ ...query, aside: false }));
  const newest = inbox.messages[0]?.id ?? 0;
  if (unread && inbox.unread > 0) {
    const { total } = await steady.ask((mailbox) => mailbox.list(query));
    yield* unreadOnes(steady, { newest, total, from });
  }
  await beforeWaiting?.();
  const pauses = new Pauses();
  for (let after = newest;;) {
    const query = { after, unread: false, from };
    const askedAt = performance.now();
    const { messages, last } = await steady.ask((mailbox) => mailbox.waitForMail(query));
    yield* messages.filter(hasArrived);
    if (messages.length === 0) await pauses.afterFruitless(askedAt);
    after = last;
  }
}

/**
 * Hands out what is unread up to an id: what came later is new, and it is nothing to us who reads that first. Hooks may
 * run between two pages: meanwhile any mail may become unread or read, or come from another folder. `total` counts all of it.
 * @throws {MailError} `protocol` for more than that, or pages without end
 */
async function* unreadOnes(
  steady: Steady,
  { newest, total, from }: {
    readonly newest: number;
    readonly total: number;
    readonly from: string | undefined;
  },
): AsyncGenerator<ListedMessage> {
  const bound = new PageBound();
  for (let after = 0;;) {
    const query = { after, unread: true, from };
    const { messages, last, more } = await steady.ask((mailbox) => mailbox.waitForMail(query));
    const old = messages.filter(({ id }) => id <= newest);
    bound.take(old.length, total);
    yield* old.filter(hasArrived);
    after = last;
    if (!more || after >= newest) return;
  }
}

/** What its reader brought in did not come: a hundred thousand such are no news. */
function hasArrived({ outcome }: ListedMessage): boolean {
  return outcome !== "imported";
}
