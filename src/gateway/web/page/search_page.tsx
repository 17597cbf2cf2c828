/** What a search found. */
import type { Box } from "../../../model/message.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { PageFrame, type View } from "./frame.tsx";

/** Where a page is cut in two, and what is found goes in between as it is found. */
export const seam = "\u0000results\u0000";

export const SearchPage = ({ view, text, box }: { view: View; text: string; box: Box }) => (
  <PageFrame view={view} title={`Search: ${text}`} query={text}>
    <div class="head">
      <h1>Search</h1>
      <p class="sum">
        In{" "}
        <a href={searchHref(text, "inbox")} aria-current={box === "inbox" ? "true" : undefined}>
          inbox
        </a>{" "}
        <a href={searchHref(text, "sent")} aria-current={box === "sent" ? "true" : undefined}>
          sent
        </a>
        : names, subjects and file names
      </p>
    </div>
    {seam}
  </PageFrame>
);

interface FoundProps {
  readonly text: string;
  readonly box: Box;
  readonly found: number;
  readonly looked: number;
  readonly before: number | null;
}

export const SearchEndLine = ({ text, box, found, looked, before }: FoundProps) => (
  <div class="pager" id="search-end">
    <p role="status">
      {found === 0 ? "Nothing found" : `${found} found`} in {looked}{" "}
      {looked === 1 ? "message" : "messages"}.
    </p>
    {before !== null && (
      <a class="button" rel="next" href={searchHref(text, box, before)}>
        Continue
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

function searchHref(text: string, box: Box, before?: number): string {
  const parts = new URLSearchParams({ q: text, box });
  if (before !== undefined) parts.set("before", String(before));
  return `search?${parts}`;
}
