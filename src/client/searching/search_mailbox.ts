/** Finding messages on this machine: the server cannot read them, and is not told what is looked for. */
import type { Box } from "../../model/message.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { type SearchResult, takeFound } from "./found_messages.ts";
import type { IndexedMessage } from "./indexed_segment.ts";
import { isUnkept, openIndex } from "./open_index.ts";
import type { ParsedQuery } from "./query.ts";
import { openHeaders, type ReadText, readTexts } from "./read_texts.ts";
import { BrokenIndex, markOf, type SearchIndex } from "./search_index.ts";
import {
  bodyOf,
  type FoundMessage,
  type MessageStates,
  type Searchable,
  searchable,
} from "./searchable.ts";
import {
  allEntries,
  type EntryList,
  filingsOf,
  listBoxes,
  unindexedEntries,
  unreadIds,
} from "./stored_entries.ts";
import { every, type Test } from "./term.ts";

export type { SearchResult } from "./found_messages.ts";

export interface SearchOptions {
  readonly query: ParsedQuery;
  /** Only messages that are in it: where it is a box's own, `id` is 0. Absent: in any folder. */
  readonly folder?: { readonly id: number; readonly box: Box | null } | undefined;
  /** So many messages are enough. */
  readonly limit: number;
  /** Where false, nothing is kept on this machine: every search opens what it needs. */
  readonly keepsIndex: boolean;
  /** Hears how many messages were opened so far. */
  readonly onOpened?: ((messages: number) => void) | undefined;
  /** Hears that another program has the index, which is waited for. */
  readonly onWait?: (() => void) | undefined;
}

/** One search, and the mailbox that it is in. */
interface Search extends SearchOptions {
  readonly context: MailboxContext;
}

/** Finds messages, newest first; see `Mailbox.search`. */
export async function searchMailbox(
  context: MailboxContext,
  options: SearchOptions,
): Promise<SearchResult> {
  context.client.requireAllowed("list");
  const search = { ...options, query: queryIn(options), context };
  let lists = listBoxes(context); // along with the login
  await context.account;
  try {
    const held = options.keepsIndex ? await openIndex(context, options.onWait) : null;
    if (held !== null) return await searchIndexed(search, lists, held.index).finally(held.close);
  } catch (error) {
    if (!isUnkept(error)) throw error;
    context.onUnsaved?.(error);
    lists = listBoxes(context);
  }
  return await takeFound(search, streamed(search, lists));
}

function queryIn({ query, folder }: SearchOptions): ParsedQuery {
  if (folder === undefined) return query;
  const isThere: Test = ({ box, filing }) =>
    filing && filing.folder === folder.id && (folder.box ?? box) === box;
  return { ...query, test: every([query.test, isThere]), asksFiling: true };
}

/** A part of the index that breaks is none from then on, and is made again: so this ends. */
async function searchIndexed(
  search: Search,
  lists: readonly EntryList[],
  index: SearchIndex,
): Promise<SearchResult> {
  const { context, query } = search;
  try {
    const states: MessageStates = {
      unread: query.asksUnread ? await unreadIds(context) : null,
      filings: query.asksFiling ? await filingsOf(context) : null,
    };
    const unkept = await bringUpToDate(search, lists, index);
    return await takeFound(search, merged(index.find(query, states), unkept));
  } catch (error) {
    if (!(error instanceof BrokenIndex)) throw error;
    return await searchIndexed(search, listBoxes(context), index);
  }
}

/** Returns what is meant of the messages that the index did not take in. */
async function bringUpToDate(
  { context, query: { test }, onOpened }: Search,
  lists: readonly EntryList[],
  index: SearchIndex,
): Promise<FoundMessage[]> {
  const unkept: FoundMessage[] = [];
  let count = 0;
  for (const list of lists) {
    for await (const entries of unindexedEntries(list, index)) {
      const opened = await openAll(context, entries, () => onOpened?.(++count));
      await index.add(opened.filter(({ isSound }) => isSound));
      const left = opened.filter(({ entry }) => !index.has(entry));
      unkept.push(...left.map(withText).filter((message) => test(message) !== false));
    }
  }
  return unkept.sort((a, b) => b.id - a.id);
}

interface NewlyOpened extends IndexedMessage, ReadText {
  readonly message: Searchable;
  readonly entry: WireEntry;
}

/** Opens messages with their texts. One that is gone meanwhile is left out. */
async function openAll(
  context: MailboxContext,
  entries: readonly WireEntry[],
  onRead: () => void,
): Promise<NewlyOpened[]> {
  const opened = await openHeaders(context, entries);
  const texts = await readTexts(context, opened, onRead);
  return opened.flatMap(({ entry, message }, at) => {
    const read = texts[at]!;
    if (read === null) return [];
    return [{ entry, mark: markOf(entry), message: searchable(message), ...read }];
  });
}

function withText({ message, text }: NewlyOpened): Searchable {
  return { ...message, body: bodyOf(text) };
}

/** Puts what is found in the index and beside it in one order. */
async function* merged(
  indexed: AsyncIterable<FoundMessage>,
  others: readonly FoundMessage[],
): AsyncGenerator<FoundMessage, void> {
  const left = [...others];
  for await (const message of indexed) {
    while (left.length > 0 && left[0]!.id > message.id) yield left.shift()!;
    yield message;
  }
  yield* left;
}

/** Opens messages newest first, and their texts where it depends on them. Keeps nothing. */
async function* streamed(
  { context, query: { test }, onOpened }: Search,
  lists: readonly EntryList[],
): AsyncGenerator<FoundMessage, void> {
  let count = 0;
  for await (const entries of inGroups(allEntries(lists))) {
    const opened = await openHeaders(context, entries);
    const possible = opened.filter(({ message }) => test(searchable(message)) !== false);
    const texts = await readTexts(context, possible);
    onOpened?.(count += entries.length);
    for (const [at, { message }] of possible.entries()) {
      const read = texts[at]!;
      if (read === null) continue;
      const whole = searchable(message, bodyOf(read.text));
      if (test(whole) !== false) yield whole;
    }
  }
}

/** Messages that are opened at a time. */
const groupEntries = 32;

async function* inGroups(entries: AsyncIterable<WireEntry>): AsyncGenerator<WireEntry[], void> {
  let group: WireEntry[] = [];
  for await (const entry of entries) {
    group.push(entry);
    if (group.length < groupEntries) continue;
    yield group;
    group = [];
  }
  yield group;
}
