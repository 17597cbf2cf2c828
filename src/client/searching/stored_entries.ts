/** The messages that the server has, as it lists them. */
import { limits } from "../../model/limits.ts";
import type { Box } from "../../model/message.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { PageBound } from "../page_bound.ts";
import { checkPage } from "../reading/check_page.ts";

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

function entryPages({ client, account }: MailboxContext, box: Box): EntryList["pages"] {
  const ask = (before: number | null, limit: number) =>
    client.call("list", {
      box,
      before,
      limit,
      unread: false,
      from: null,
      since: null,
      aside: null,
    });
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

async function* flat(pages: EntryList["pages"]): AsyncGenerator<WireEntry, void> {
  for await (const { entries } of pages) yield* entries;
}
