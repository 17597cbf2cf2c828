/** The list of a folder: its messages, page by page, and what can be done with them. */
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import { amount } from "../../../model/message.ts";
import { folderHref } from "../folder_key.ts";
import { FilingBar } from "./filing_bar.tsx";
import { titleOf } from "./folder_nav.tsx";
import { PageFrame, unreadIn, type View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { Row } from "./message_row.tsx";
import { Line } from "./words.tsx";
import { visibleLine } from "../../../model/visible_text.ts";

export const counts: readonly number[] = [25, 50, 100, 200];

/** Which page of a list is meant, as its address says. */
export interface ListPageQuery {
  readonly count: number;
  readonly unread: boolean;
  readonly starred: boolean;
  readonly before: number | undefined;
  /** Where the pages before this one began, the last at the end. */
  readonly trail: readonly number[];
}

interface ListProps {
  readonly view: View;
  readonly folder: FolderSummary;
  readonly query: ListPageQuery;
  readonly messages: readonly ListedMessage[];
  /** In sentences without their ends. */
  readonly missing: readonly string[];
  readonly notice?: string | undefined;
}

export const ListPage = (props: ListProps) => {
  const { view, folder, query, messages, missing, notice } = props;
  const title = titleOf(folder);
  const unread = folder.use === "inbox" && unreadIn(view) > 0 ? `(${unreadIn(view)}) ` : "";
  // A browser keeps titles in its history, on disk: so the name of a folder of one's own is in none.
  const inHistory = folder.use === "none" ? "Folder" : visibleLine(title);
  return (
    <PageFrame
      view={view}
      title={unread + inHistory}
      here={folderHref(folder)}
      isLive
      notice={notice}
    >
      <div id="head">
        <div class="head">
          <h1>
            <Line text={title} />
          </h1>
          <p class="sum">
            {amount(folder.messages)}
            {folder.use !== "sent" && `, ${folder.unread} unread`}
          </p>
          <Filters folder={folder} query={query} />
          {folder.use === "trash" && folder.messages > 0 && <EmptyTrash view={view} />}
        </div>
        {missing.map((sentence) => (
          <p class="sum">
            <Icon name="warning" /> {sentence}. In a terminal, <code>mailctl missing</code>{" "}
            says more.
          </p>
        ))}
      </div>
      <FilingBar view={view} folder={folder} />
      <div id="list">
        {messages.length === 0 ? <p class="empty">{emptyWords(query)}</p> : (
          <ol class="list">
            {messages.map((message) => <Row message={message} view={view} />)}
          </ol>
        )}
        <Pager folder={folder} query={query} messages={messages} />
      </div>
    </PageFrame>
  );
};

function emptyWords({ unread, starred }: ListPageQuery): string {
  if (unread) return "No unread messages.";
  return starred ? "No starred messages." : "No messages.";
}

interface FiltersProps {
  readonly folder: FolderSummary;
  readonly query: ListPageQuery;
}

const Filters = ({ folder, query }: FiltersProps) => {
  const first = { ...query, before: undefined, trail: [], unread: false, starred: false };
  return (
    <>
      {folder.use !== "sent" && (
        <a class="button quiet" href={hrefOf(folder, { ...first, unread: !query.unread })}>
          {query.unread ? "Show all" : "Unread only"}
        </a>
      )}
      <a class="button quiet" href={hrefOf(folder, { ...first, starred: !query.starred })}>
        {query.starred ? "Show all" : "Starred only"}
      </a>
    </>
  );
};

const EmptyTrash = ({ view }: { view: View }) => (
  <form method="post" action={`empty?token=${view.token}`}>
    <button class="danger" type="submit">
      Empty the trash
    </button>
  </form>
);

const Pager = (
  { folder, query, messages }: FiltersProps & { messages: readonly ListedMessage[] },
) => {
  const { count, before, trail } = query;
  const last = messages.at(-1)?.id;
  const older = messages.length >= count && last !== undefined
    ? {
      ...query,
      before: last,
      trail: [...trail, before ?? 0].slice(-maxTrail),
    }
    : null;
  const newer = before === undefined ? null : {
    ...query,
    before: trail.at(-1) || undefined,
    trail: trail.slice(0, -1),
  };
  return (
    <nav class="pager" aria-label="Pages">
      {newer && (
        <a class="button" rel="prev" href={hrefOf(folder, newer)}>
          Newer
        </a>
      )}
      {older && (
        <a class="button" rel="next" href={hrefOf(folder, older)}>
          Older
        </a>
      )}
      <span class="counts">
        Show {counts.map((each) => (
          <a
            href={hrefOf(folder, { ...query, count: each, trail: [] })}
            aria-current={each === count ? "true" : undefined}
          >
            {each}
          </a>
        ))}
      </span>
    </nav>
  );
};

const maxTrail = 50;

function hrefOf(
  folder: FolderSummary,
  { count, unread, starred, before, trail }: ListPageQuery,
): string {
  const parts = new URLSearchParams();
  if (count !== counts[1]) parts.set("n", String(count));
  if (unread) parts.set("unread", "1");
  if (starred) parts.set("starred", "1");
  if (before !== undefined) parts.set("before", String(before));
  if (trail.length > 0) parts.set("trail", trail.join("."));
  const [text, href] = [parts.toString(), folderHref(folder)];
  return text === "" ? href : `${href}${href.includes("?") ? "&" : "?"}${text}`;
}
