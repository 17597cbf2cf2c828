/** Finding messages on this machine: the server cannot read them, and is not told what is looked for. */
import { loadSyncCrypto } from "../../crypto/load_sync_crypto.ts";
import { builtInFolders, type FolderList } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Box } from "../../model/message.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { portionsOf } from "../portions.ts";
import { lookAtAll, type SearchResult, takeFound } from "./found_messages.ts";
import { BrokenIndex } from "./held_segments.ts";
import type { IndexedMessage } from "./indexed_segment.ts";
import { isUnkept, openIndex } from "./open_index.ts";
import type { ParsedQuery } from "./query.ts";
import type { ReadText } from "./read_texts.ts";
import { markOf, type SearchIndex } from "./search_index.ts";
import {
  bodyOf,
  type FoundMessage,
  type MessageStates,
  type Searchable,
  searchable,
  unknownBody,
} from "./searchable.ts";
import { allEntries, type EntryList, listBoxes } from "./stored_entries.ts";
import { every, type Test } from "./term.ts";

export type { SearchResult } from "./found_messages.ts";

export interface SearchOptions {
  readonly query: ParsedQuery;
  /** Only messages that are in it, as `folderOf` finds it. Absent: in any folder. */
  readonly folder?: number | Box | undefined;
  /** Those that there are; for a search in folders. */
  readonly folders?: FolderList | undefined;
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
  readonly folders: FolderList;
}

/** Finds messages, newest first; see `Mailbox.search`. */
export async function searchMailbox(
  context: MailboxContext,
  options: SearchOptions,
): Promise<SearchResult> {
  context.client.requireAllowed("list");
  const { folders = builtInFolders } = options;
  const search = { ...options, folders, query: queryIn(options), context };
  context.keyring(); // along with the login
  if (!options.keepsIndex || context.indexPath === null) return await searchStreamed(search);
  try {
    const held = await openIndex(context, options.onWait);
    if (held !== null) return await searchIndexed(search, held.index).finally(held.close);
  } catch (error) {
    if (!isUnkept(error)) throw error;
    context.onUnsaved?.(error);
  }
  return await searchStreamed(search);
}

function queryIn({ query, folder }: SearchOptions): ParsedQuery {
  if (folder === undefined) return query;
  const isThere: Test = (message) => message.folder === null ? null : message.folder === folder;
  return { ...query, test: every([query.test, isThere]) };
}

async function searchStreamed(search: Search): Promise<SearchResult> {
  return await takeFound(search, streamed(search, listBoxes(search.context)));
}

/** How often an index is mended in one search, of which a part cannot be opened or is of another message. */
const mostRepairs = 20;

async function searchIndexed(
  search: Search,
  index: SearchIndex,
  repairs = mostRepairs,
): Promise<SearchResult> {
  const { query, folders } = search;
  try {
    const unkept = await bringUpToDate(search, index);
    const found = index.find(query, statesIn(index, folders));
    const check = (entries: readonly WireEntry[]) => index.check(entries);
    return await takeFound({ ...search, check }, merged(found, unkept));
  } catch (error) {
    if (!(error instanceof BrokenIndex)) throw error;
    if (repairs === 0) return await searchStreamed(search);
    return await searchIndexed(search, index, repairs - 1);
  }
}

/** Looks nothing up before a query asks for it. */
function statesIn({ state }: SearchIndex, folders: FolderList): MessageStates {
  return {
    get unread() {
      return state.unread;
    },
    get filings() {
      return state.filings;
    },
    folders,
  };
}

/** Returns what is meant of the messages that the index did not take in. */
async function bringUpToDate(search: Search, index: SearchIndex): Promise<FoundMessage[]> {
  const { state } = index;
  await state.follow(search.context);
  if (state.isKept && index.count === state.count) return []; // as it was left
  const wrong = new Set(index.ids().filter((id) => !state.filings.has(id)));
  for (const [id, digest] of state.told) {
    if (index.hasId(id) && !await index.isOf(id, digest)) wrong.add(id);
  }
  if (wrong.size > 0) await index.remove(wrong);
  state.told.clear();
  const missing = [...state.filings.keys()].filter((id) => !index.hasId(id));
  const unkept = await takeIn(search, index, missing.sort((a, b) => b - a));
  if (!state.isKept || missing.length > 0) await index.keepState();
  return unkept;
}

async function takeIn(
  { context, query: { test }, folders, onOpened }: Search,
  index: SearchIndex,
  ids: readonly EntryId[],
): Promise<FoundMessage[]> {
  await loadSyncCrypto(ids.length);
  const unkept: FoundMessage[] = [];
  let count = 0;
  for (const portion of portionsOf(ids, limits.maxListEntries)) {
    const entries = await lookAtAll(context, portion);
    const opened = await openAll(context, folders, entries, () => onOpened?.(++count));
    const sound = opened.filter(({ isSound }) => isSound);
    if (sound.length > 0) await index.add(sound);
    for (const message of opened) {
      if (await index.has(message.entry)) continue;
      const whole = withText(message);
      if (test(whole) !== false) unkept.push(whole);
    }
  }
  return unkept;
}

interface NewlyOpened extends IndexedMessage, ReadText {
  readonly message: Searchable;
  readonly entry: WireEntry;
}

/** Opens messages with their texts. One that is gone meanwhile is left out. */
async function openAll(
  context: MailboxContext,
  folders: FolderList,
  entries: readonly WireEntry[],
  onRead: () => void,
): Promise<NewlyOpened[]> {
  const { openHeaders, readTexts } = await readingTexts();
  const opened = await openHeaders(context, entries);
  const texts = await readTexts(context, opened, onRead);
  return opened.flatMap(({ entry, message }, at) => {
    const read = texts[at]!;
    if (read === null) return [];
    const searched = searchable(message, folders, unknownBody, read.names);
    return [{ entry, mark: markOf(entry), message: searched, ...read }];
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
  { context, query: { test }, folders, onOpened }: Search,
  lists: readonly EntryList[],
): AsyncGenerator<FoundMessage, void> {
  const { openHeaders, readTexts } = await readingTexts();
  let count = 0;
  for await (const entries of inGroups(allEntries(lists))) {
    const opened = await openHeaders(context, entries);
    const possible = opened.filter(({ message }) => test(searchable(message, folders)) !== false);
    const texts = await readTexts(context, possible);
    onOpened?.(count += entries.length);
    for (const [at, { message }] of possible.entries()) {
      const read = texts[at]!;
      if (read === null) continue;
      const whole = searchable(message, folders, bodyOf(read.text), read.names);
      if (test(whole) !== false) yield whole;
    }
  }
}

/** All of MIME, which most searches by an index do without. */
const readingTexts = () => import("./read_texts.ts");

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
