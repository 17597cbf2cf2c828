/** Search by what a list shows. The server cannot read mail: so it is the page that looks, page by page. */
import type { ListedPage } from "../../../client/reading/list_messages.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import { limits } from "../../../model/limits.ts";

/** What one search found, and where another goes on. */
export interface SearchEnd {
  readonly found: number;
  readonly looked: number;
  /** The id below which nothing was looked at; null: all was. */
  readonly before: number | null;
}

export interface SearchQuery {
  readonly words: readonly string[];
  readonly before: number | undefined;
  /** So many are enough. */
  readonly most: number;
}

/** Splits what was typed into words as they are compared. */
export function searchWords(text: string): string[] {
  return folded(text.slice(0, limits.maxSearchCharacters))
    .split(/\s+/)
    .filter((word) => word);
}

/** Hands out messages that have every word, newest first, as they are found. */
export async function* search(
  list: (before: number | undefined, limit: number) => Promise<ListedPage>,
  { words, before, most }: SearchQuery,
): AsyncGenerator<ListedMessage, SearchEnd> {
  const limit = limits.maxListEntries;
  let [found, looked] = [0, 0];
  for (let last = before; looked < limits.maxSearchedMessages;) {
    const { messages } = await list(last, limit);
    for (const message of messages) {
      looked++;
      last = message.id;
      if (!matches(message, words)) continue;
      found++;
      yield message;
      if (found === most) return { found, looked, before: last };
    }
    if (messages.length < limit) return { found, looked, before: null };
    before = last;
  }
  return { found, looked, before: before ?? null };
}

/** Every word stands somewhere: in a name, in the subject, or in the name of a file. */
export function matches(
  { from, headers, deliveries }: ListedMessage,
  words: readonly string[],
): boolean {
  const { to = [], cc = [], bcc = [], subject = "", attachments = [] } = headers ?? {};
  const recipients = deliveries.map(({ recipient }) => recipient);
  const files = attachments.map(({ name }) => name);
  const text = folded([from, ...to, ...cc, ...bcc, ...recipients, subject, ...files].join("\n"));
  return words.every((word) => text.includes(word));
}

/** As people compare: in any case, with or without accents. */
function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase();
}
