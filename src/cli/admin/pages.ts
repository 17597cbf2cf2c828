/** Lists that a server hands out page by page. */
import { PageBound } from "../../client/page_bound.ts";

/**
 * Asks for page after page, each behind the key of the last item of the one before; null for the first. An empty page
 * ends the list. @throws {MailError} `protocol` for a list that does not end
 */
export async function* allPages<Item, Key>(
  ask: (after: Key | null) => Promise<readonly Item[]>,
  keyOf: (item: Item) => Key,
): AsyncGenerator<Item, void> {
  const bound = new PageBound();
  for (let after: Key | null = null;;) {
    const page = await ask(after);
    bound.take(page.length);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = keyOf(last);
  }
}
