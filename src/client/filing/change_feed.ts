/** What changed in a mailbox, page by page: WIRE.md 6, of `changes`. The caller keeps how far it has heard. */
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { PageBound } from "../page_bound.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { FiledMessage } from "./filed_message.ts";
import type { KnownFilings } from "./known_filings.ts";

/** How far somebody has heard of a mailbox; see `changes` in WIRE.md 6. */
export interface FeedPosition {
  readonly since: number;
  readonly known: number;
  /** The version of the list of folders. */
  readonly folders: number;
}

/** Of somebody who has heard nothing. */
export const feedStart: FeedPosition = { since: 0, known: 0, folders: 0 };

export interface FeedPage {
  /** Ask on from it. */
  readonly position: FeedPosition;
  /** Too much went since: whatever is known is to be forgotten, and all listed anew, which `position` does. */
  readonly reset: boolean;
  /** Each as it is now, in the order in which they changed last. */
  readonly messages: readonly FiledMessage[];
  readonly gone: readonly EntryId[];
  /** There is more already. */
  readonly more: boolean;
}

/** Tells what changed behind a position. `aside`: only what is not in its box's own folder, of which all is told. */
export async function readChanges(
  context: MailboxContext,
  filings: KnownFilings,
  position: FeedPosition,
  { aside = false }: { readonly aside?: boolean } = {},
): Promise<FeedPage> {
  const limit = limits.maxFilingsPerRequest;
  const reply = await context.afterLogin(
    context.client.call("changes", { ...position, limit, aside }),
  );
  return await pageOf(filings, position, reply);
}

/** As `readChanges`, but waits for a minute at most where nothing has changed yet. A call made meanwhile ends the wait. */
export async function waitForChanges(
  context: MailboxContext,
  filings: KnownFilings,
  position: FeedPosition,
): Promise<FeedPage> {
  const { since, known, folders } = position;
  if (since !== known) return await readChanges(context, filings, position); // it has not heard all that was
  const reply = await context.afterLogin(context.client.call("waitForChanges", { since, folders }));
  return await pageOf(filings, position, reply);
}

/** Lists all of a mailbox, as it is filed: first what changed last is last. */
export async function* listFiled(
  context: MailboxContext,
  filings: KnownFilings,
  options: { readonly aside?: boolean },
): AsyncGenerator<FeedPage, void> {
  const bound = new PageBound();
  for (let position = feedStart;;) {
    const page = await readChanges(context, filings, position, options);
    bound.take(0);
    yield page;
    if (!page.more) return;
    ({ position } = page);
  }
}

/** All messages as they are filed, each once; `aside`: only those that are in no box's own folder. */
export async function listAll(
  filed: { list(options: { readonly aside?: boolean }): AsyncIterable<FeedPage> },
  aside: boolean,
): Promise<FiledMessage[]> {
  const found = new Map<EntryId, FiledMessage>();
  for await (const { reset, messages, gone } of filed.list({ aside })) {
    if (reset) found.clear();
    for (const message of messages) found.set(message.id, message);
    for (const id of gone) found.delete(id);
  }
  return [...found.values()];
}

async function pageOf(
  filings: KnownFilings,
  position: FeedPosition,
  { modseq, newest, reset, entries, gone, more, folders }: ReplyOf<"changes">,
): Promise<FeedPage> {
  if (reset) {
    filings.forgetAll();
    return { position: feedStart, reset, messages: [], gone: [], more: true };
  }
  const counts = entries.map(({ filing }) => filing.modseq);
  const isInOrder = counts.every((count, at) =>
    count > (counts[at - 1] ?? position.since) && count <= modseq
  );
  const isFurther = modseq > position.since || !more && modseq === position.since;
  if (!isInOrder || !isFurther || modseq > newest) throw unexpectedReply();
  filings.forget(gone);
  const known = !more ? modseq : position.since === 0 ? newest : position.known;
  return {
    position: { since: modseq, known, folders },
    reset,
    messages: await filings.open(entries),
    gone,
    more,
  };
}
