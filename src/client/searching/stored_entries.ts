/** Which messages the server has: what an index is brought up to date from. */
import type { Filing } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Box } from "../../model/message.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import { listAll } from "../filing/change_feed.ts";
import { FiledMailbox } from "../filing/filed_mailbox.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { PageBound } from "../page_bound.ts";
import { checkPage } from "../reading/check_page.ts";
import type { SearchIndex } from "./search_index.ts";

/** Newest entries that are asked for first: most often there are no more new ones. */
const firstEntries = 20;

interface EntryPage {
  /** Of the whole box. */
  readonly total: number;
  readonly entries: readonly WireEntry[];
}

/** The entries of a box, newest first and unopened, a page at a time. */
export interface EntryList {
  readonly box: Box;
  readonly pages: AsyncGenerator<EntryPage, void>;
}

/** Begins to list both boxes: the first pages are asked for at once. */
export function listBoxes(context: MailboxContext): EntryList[] {
  return (["inbox", "sent"] as const).map((box) => ({ box, pages: entryPages(context, box) }));
}

function entryPages(
  { client, account }: MailboxContext,
  box: Box,
  unread = false,
): EntryList["pages"] {
  const ask = (before: number | null, limit: number) =>
    client.call("list", { box, before, limit, unread, from: null, since: null, aside: null });
  const first = ask(null, firstEntries);
  return (async function* () {
    const bound = new PageBound();
    await account;
    let [asked, before, limit] = [first, Infinity, firstEntries];
    for (;;) {
      const { total, entries, more } = await asked;
      checkPage(entries, { box, before, limit, from: null });
      bound.take(entries.length, total);
      yield { total, entries };
      if (!more || entries.length === 0) return;
      [before, limit] = [entries.at(-1)!.id, limits.maxListEntries];
      asked = ask(before, limit);
    }
  })();
}

/**
 * Hands out the entries of a box that an index does not have, newest first, for the caller to add; and drops from the index
 * what the server does not have any more. It reads on behind what the index has only where the numbers do not agree.
 */
export async function* unindexedEntries(
  { box, pages }: EntryList,
  index: SearchIndex,
): AsyncGenerator<readonly WireEntry[], void> {
  const listed = new Set<EntryId>();
  for await (const { total, entries } of pages) {
    for (const { id } of entries) listed.add(id);
    const fresh = entries.filter((entry) => !index.has(entry));
    if (fresh.length > 0) yield fresh;
    if (fresh.length < entries.length && index.count(box) === total) return;
  }
  await index.remove(new Set(index.ids(box).filter((id) => !listed.has(id))));
}

/** Hands out the entries of all lists, newest first. */
export async function* allEntries(lists: readonly EntryList[]): AsyncGenerator<WireEntry, void> {
  const heads = lists.map(({ pages }) => ({
    entries: flat(pages),
    next: null as WireEntry | null,
  }));
  const advance = async (head: typeof heads[number]) => {
    head.next = (await head.entries.next()).value ?? null;
  };
  for (const head of heads) await advance(head);
  for (;;) {
    const [newest] = heads.toSorted((a, b) => (b.next?.id ?? 0) - (a.next?.id ?? 0));
    if (newest === undefined || newest.next === null) return;
    yield newest.next;
    await advance(newest);
  }
}

/** Asks what is unread. */
export async function unreadIds(context: MailboxContext): Promise<Set<EntryId>> {
  const entries = await Array.fromAsync(flat(entryPages(context, "inbox", true)));
  return new Set(entries.map(({ id }) => id));
}

/** Asks how messages are filed: all of them, as the feed of changes tells. */
export async function filingsOf(context: MailboxContext): Promise<Map<EntryId, Filing>> {
  const all = await listAll(new FiledMailbox(context), false);
  return new Map(all.map(({ id, filing }) => [id, filing]));
}

async function* flat(pages: EntryList["pages"]): AsyncGenerator<WireEntry, void> {
  for await (const { entries } of pages) yield* entries;
}
