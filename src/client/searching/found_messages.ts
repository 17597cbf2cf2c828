/** What a search found, as the server has it now: what it was found by may be of yesterday. */
import { isFailure } from "../../model/errors.ts";
import type { FolderList } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { openListed } from "../reading/open_listed.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { noNames } from "./people_names.ts";
import type { ParsedQuery } from "./query.ts";
import { bodyOf, type FoundMessage, searchable } from "./searchable.ts";

export interface SearchResult {
  /** Newest first. */
  readonly messages: readonly ListedMessage[];
  /** True where there may be more. */
  readonly more: boolean;
}

interface Wanted {
  readonly context: MailboxContext;
  readonly query: ParsedQuery;
  readonly folders: FolderList;
  readonly limit: number;
  /** Hears of the entries of what was found, as they are now, before it is told. @throws where they are others */
  readonly check?: ((entries: readonly WireEntry[]) => Promise<void>) | undefined;
}

/** Takes messages as they are found, newest first, until there are enough that are meant as they are now. */
export async function takeFound(
  wanted: Wanted,
  found: AsyncGenerator<FoundMessage, void>,
): Promise<SearchResult> {
  const { limit } = wanted;
  const messages: ListedMessage[] = [];
  for (;;) {
    const some = await next(found, Math.min(limit - messages.length, limits.maxListEntries));
    messages.push(...await asTheyAre(wanted, some));
    if (some.length === 0) return { messages, more: false };
    if (messages.length === limit) return { messages, more: !(await found.next()).done };
  }
}

async function next(
  found: AsyncGenerator<FoundMessage, void>,
  count: number,
): Promise<FoundMessage[]> {
  const some: FoundMessage[] = [];
  while (some.length < count) {
    const { value } = await found.next();
    if (value === undefined) break;
    some.push(value);
  }
  return some;
}

/** Opens messages as a list does, and leaves out what is not meant any more. What is forged has no text to be found by. */
async function asTheyAre(
  { context, query: { test }, folders, check }: Wanted,
  found: readonly FoundMessage[],
): Promise<ListedMessage[]> {
  const entries = await lookAtAll(context, found.map(({ id }) => id));
  await check?.(entries);
  const bodies = new Map(found.map(({ id, body }) => [id, body]));
  const messages = await openListed(context, await context.keyring(), entries);
  return messages.filter((message) => {
    const isForged = message.outcome === "invalid";
    const body = isForged ? bodyOf("") : bodies.get(message.id);
    const names = isForged ? noNames : null;
    return body !== undefined && test(searchable(message, folders, body, names)) !== false;
  }).sort((a, b) => b.id - a.id);
}

/** Asks for entries as they are now, without those that are gone: the server answers for all or none. */
export async function lookAtAll(
  context: MailboxContext,
  ids: readonly EntryId[],
): Promise<readonly WireEntry[]> {
  if (ids.length === 0) return [];
  try {
    const { entries } = await context.client.call("look", { ids: [...ids] });
    const isRight = entries.length === ids.length && entries.every(({ id }, at) => id === ids[at]);
    if (!isRight) throw unexpectedReply();
    return entries;
  } catch (error) {
    if (!isFailure(error, "no_such_message")) throw error;
    if (ids.length === 1) return [];
    const half = ids.length >> 1;
    const parts = [ids.slice(0, half), ids.slice(half)];
    return (await Promise.all(parts.map((part) => lookAtAll(context, part)))).flat();
  }
}
