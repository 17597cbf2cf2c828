/** What a search found. */
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { keyOf } from "../folder_key.ts";
import { FilingBar, FolderOptions } from "./filing_bar.tsx";
import { Failure, PageFrame, type ShownFailure, type View } from "./frame.tsx";

/** Where a page is cut in two, and what is found goes in between as it is found. */
export const seam = "\u0000results\u0000";

interface SearchProps {
  readonly view: View;
  readonly text: string;
  /** Null: all of them. */
  readonly folder: FolderSummary | null;
  /** What is wrong with the words. */
  readonly failure?: ShownFailure | undefined;
}

export const SearchPage = ({ view, text, folder, failure }: SearchProps) => (
  <PageFrame view={view} title={`Search: ${text}`} query={text}>
    <div class="head">
      <h1>Search</h1>
      <form class="line" action="search">
        <input type="hidden" name="q" value={text} />
        <label for="in">In</label>
        <select id="in" name="folder">
          <option value="">all folders</option>
          <FolderOptions folders={view.folders} chosen={folder} />
        </select>
        <button type="submit">Search again</button>
      </form>
    </div>
    {failure ? <Failure failure={failure} /> : (
      <>
        <FilingBar view={view} folder={null} />
        {seam}
      </>
    )}
    <Help />
  </PageFrame>
);

const examples: readonly (readonly [words: string, meaning: string])[] = [
  ["from:alice budget", "sent by alice, with the word budget"],
  ['subject:"q3 report"', "with these words in the subject"],
  ["has:attachment larger:1M", "with attachments, and large"],
  ["is:unread -from:alice", "unread, and not from alice"],
  ["keyword:todo OR is:flagged", "one of the two"],
  ["after:2026-01-31", "dated on this day or later"],
];

const Help = () => (
  <details>
    <summary>What you can search for</summary>
    <dl class="fields">
      {examples.map(([words, meaning]) => (
        <div>
          <dt>
            <code>{words}</code>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
    <p>
      <code>mailctl help search</code> lists all fields.
    </p>
  </details>
);

interface FoundProps {
  readonly text: string;
  readonly folder: FolderSummary | null;
  readonly count: number;
  /** There may be more of them. */
  readonly more: boolean;
  /** How many to ask for next; null: there are no more, or this is the most. */
  readonly next: number | null;
}

export const Found = ({ text, folder, count, more, next }: FoundProps) => (
  <div class="pager" id="search-end">
    <p role="status">
      {count === 0 ? "Nothing found." : `${count} found${more ? "; there are more" : ""}.`}
    </p>
    {next !== null && (
      <a class="button" rel="next" href={searchHref(text, folder, next)}>
        Show more
      </a>
    )}
  </div>
);

/** In the place of the end of a search that could not go on. */
export const SearchProblem = ({ message }: { message: string }) => (
  <p id="search-end" class="banner bad" role="alert">
    {visibleLine(message)}. There may be more to find.
  </p>
);

function searchHref(text: string, folder: FolderSummary | null, count: number): string {
  const parts = new URLSearchParams({ q: text, n: String(count) });
  if (folder !== null) parts.set("folder", String(keyOf(folder)));
  return `search?${parts}`;
}
