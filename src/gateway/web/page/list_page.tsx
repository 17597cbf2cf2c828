/** Lists: the inbox, what was sent, and what a search found. */
import { senderText, shortAddress } from "../../../client/reading/display_sender.ts";
import type { ListedDelivery, ListedMessage } from "../../../client/reading/opened_entry.ts";
import type { EntryId } from "../../../model/ids.ts";
import type { Box } from "../../../model/message.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { PageFrame, type View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { Stop, WaitsUntil } from "./sent_state.tsx";
import { Line, Seal, State, Subject, UnreadDot, When } from "./words.tsx";

export const counts: readonly number[] = [25, 50, 100, 200];

/** What a list is of, as its address says. */
export interface ListPageQuery {
  readonly box: Box;
  readonly count: number;
  readonly unread: boolean;
  readonly before: number | undefined;
  /** Where the pages before this one began, the last at the end. */
  readonly trail: readonly number[];
}

interface ListProps {
  readonly view: View;
  readonly query: ListPageQuery;
  readonly total: number;
  readonly messages: readonly ListedMessage[];
  /** In sentences without their ends. */
  readonly missing: readonly string[];
  readonly notice?: string | undefined;
}

export const ListPage = ({ view, query, total, messages, missing, notice }: ListProps) => {
  const title = query.box === "inbox" ? "Inbox" : "Sent";
  const unread = query.box === "inbox" && view.unread > 0 ? `(${view.unread}) ` : "";
  return (
    <PageFrame view={view} title={unread + title} here={query.box} isLive notice={notice}>
      <div id="list">
        <div class="head">
          <h1>{title}</h1>
          <p class="sum">
            {total === 1 ? "1 message" : `${total} messages`}
            {query.box === "inbox" && `, ${view.unread} unread`}
          </p>
          {query.box === "inbox" && (
            <a
              class="button quiet"
              href={hrefOf({
                ...query,
                unread: !query.unread,
                before: undefined,
                trail: [],
              })}
            >
              {query.unread ? "Show all" : "Unread only"}
            </a>
          )}
        </div>
        {missing.map((sentence) => (
          <p class="sum">
            <Icon name="warning" /> {sentence}. In a terminal, <code>mailctl missing</code>{" "}
            says more.
          </p>
        ))}
        {messages.length === 0
          ? <p class="empty">{query.unread ? "No unread messages." : "No messages."}</p>
          : (
            <ol class="list">
              {messages.map((message) => <Row message={message} view={view} />)}
            </ol>
          )}
        <Pager query={query} messages={messages} />
      </div>
    </PageFrame>
  );
};

export const Row = ({ message, view }: { message: ListedMessage; view: View }) => {
  const { id, box, headers, outcome, readAt, storedAt, heldUntil } = message;
  const isUnread = box === "inbox" && readAt === null;
  const files = headers?.attachments.length ?? 0;
  return (
    <li class={isUnread ? "row unread" : "row"} data-id={id}>
      <a href={`message?id=${id}`}>
        <span class={box === "sent" ? "who states" : "who"}>
          {isUnread && <UnreadDot />}
          {box === "inbox"
            ? <Line text={senderText(message, (address) => shortAddress(address, view.domain))} />
            : <States deliveries={message.deliveries} domain={view.domain} />}
        </span>
        <Subject headers={headers} />
        {(files > 0 || message.burn) && (
          <span class="files">
            {message.burn && <Burns />}
            {files > 0 && <FileCount count={files} />}
          </span>
        )}
        {box === "inbox" && <Seal outcome={outcome} />}
        {heldUntil === null
          ? <When ms={headers?.date ?? storedAt} now={view.now} />
          : <WaitsUntil ms={heldUntil} now={view.now} />}
      </a>
      {heldUntil === null
        ? <QuickDelete id={id} view={view} />
        : <Stop view={view} message={message} />}
    </li>
  );
};

const QuickDelete = ({ id, view }: { id: EntryId; view: View }) => (
  <form class="quick" method="post" action={`delete?id=${id}&token=${view.token}`}>
    <button type="submit" title="Delete">
      <Icon name="trash" />
      <span class="hidden">Delete message {id}</span>
    </button>
  </form>
);

const FileCount = ({ count }: { count: number }) => (
  <span title={count === 1 ? "1 attachment" : `${count} attachments`}>
    <Icon name="clip" />
    {count}
    <span class="hidden">{count === 1 ? "attachment" : "attachments"}</span>
  </span>
);

/** That it goes when it is read. */
const Burns = () => (
  <span class="burns" title="Burns when it is read">
    <Icon name="flame" />
    <span class="hidden">burns when it is read</span>
  </span>
);

const maxStates = 3;

/** How far a message got with its recipients; the message's page has all of them. */
const States = (
  { deliveries, domain }: { deliveries: readonly ListedDelivery[]; domain: string },
) => (
  <>
    {deliveries.slice(0, maxStates).map((each) => <State delivery={each} domain={domain} />)}
    {deliveries.length > maxStates && <span>{`and ${deliveries.length - maxStates} more`}</span>}
  </>
);

const Pager = (
  { query, messages }: { query: ListPageQuery; messages: readonly ListedMessage[] },
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
        <a class="button" rel="prev" href={hrefOf(newer)}>
          Newer
        </a>
      )}
      {older && (
        <a class="button" rel="next" href={hrefOf(older)}>
          Older
        </a>
      )}
      <span class="counts">
        Show {counts.map((each) => (
          <a
            href={hrefOf({ ...query, count: each, trail: [] })}
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

function hrefOf({ box, count, unread, before, trail }: ListPageQuery): string {
  const parts = new URLSearchParams();
  if (count !== counts[1]) parts.set("n", String(count));
  if (unread) parts.set("unread", "1");
  if (before !== undefined) parts.set("before", String(before));
  if (trail.length > 0) parts.set("trail", trail.join("."));
  const text = parts.toString();
  return text === "" ? box : `${box}?${text}`;
}

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
