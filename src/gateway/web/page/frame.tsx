/** What is around every page: its head, the ways to other pages, what can be undone, the help. */
import type { Child } from "hono/jsx";
import type { Address } from "../../../model/address.ts";
import { limits } from "../../../model/limits.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import type { UndoableMove } from "../state/undoable_moves.ts";
import { FolderNav } from "./folder_nav.tsx";
import { Icon, type IconName } from "./icon.tsx";

/** What a page is shown with. */
export interface View {
  /** Goes with every form. */
  readonly token: string;
  /** `name@domain`; null: nobody is signed in. */
  readonly address: Address | null;
  readonly domain: string;
  /** As they were counted last; none before that. */
  readonly folders: readonly FolderSummary[];
  /** Of lists, so far: what comes between the page and its stream of events is not missed. */
  readonly changes: number;
  /** Of the program. */
  readonly proof: string;
  readonly moves: readonly UndoableMove[];
  /** What keeps mail from being heard of; null: nothing does. */
  readonly trouble: string | null;
  /** By the clock of `moves`. */
  readonly clock: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

interface FrameProps {
  readonly view: View;
  readonly title: string;
  /** The address of the page, or of the list that it belongs to. */
  readonly here?: string | undefined;
  /** Of a list that is shown anew when something happens. */
  readonly isLive?: boolean;
  /** Where what is shown anew comes from, unless it is the page's own address; it is fetched at once then. */
  readonly source?: string | undefined;
  readonly notice?: string | undefined;
  readonly query?: string;
  readonly children?: Child;
}

export const PageFrame = (
  { view, title, here, isLive, source, notice, query, children }: FrameProps,
) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · mailctl`}</title>
      <link rel="icon" href="icon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href="page.css" />
      <script type="module" src="page.js"></script>
    </head>
    <body
      data-token={view.token}
      data-live={isLive ? "yes" : undefined}
      data-changes={view.changes}
      data-proof={view.proof}
      data-source={source}
    >
      <a class="skip" href="#main">
        Skip to content
      </a>
      {view.address !== null && <Top view={view} here={here} query={query} />}
      <p id="trouble" class="banner bad" role="alert" hidden={view.trouble === null}>
        {view.trouble}
      </p>
      <div class={view.folders.length > 0 ? "sheet" : undefined}>
        {view.folders.length > 0 && <FolderNav folders={view.folders} here={here} />}
        <main id="main" tabindex={-1}>
          <p id="said" class="banner" role="status" hidden={notice === undefined}>
            {notice}
          </p>
          {children}
        </main>
      </div>
      <UndoList view={view} />
      <Help />
    </body>
  </html>
);

const places: readonly (readonly [string, string, IconName])[] = [
  ["inbox", "Inbox", "inbox"],
  ["sent", "Sent", "sent"],
  ["folders", "Folders", "folder"],
  ["compose", "Compose", "pen"],
  ["account", "Account", "person"],
];

const Top = ({
  view,
  here,
  query,
}: {
  view: View;
  here?: string | undefined;
  query?: string | undefined;
}) => (
  <header class="top">
    <nav aria-label="Mailbox">
      {places.map(([href, name, icon]) => (
        <a href={href} aria-current={here === href ? "page" : undefined}>
          <Icon name={icon} />
          <span class="word">{name}</span>
          {href === "inbox" && <Unread count={unreadIn(view)} />}
        </a>
      ))}
    </nav>
    <form class="search" action="search" role="search">
      <label class="hidden" for="q">
        Search mail, such as from:alice budget
      </label>
      <Icon name="search" />
      <input
        id="q"
        name="q"
        type="search"
        placeholder="Search"
        value={query}
        maxlength={limits.maxSearchCharacters}
        autocomplete="off"
      />
      <button class="hidden-until-focus" type="submit">
        Search
      </button>
    </form>
  </header>
);

const Unread = ({ count }: { count: number }) => (
  <span id="unread" class="count" hidden={count === 0}>
    {count}
    <span class="hidden">unread</span>
  </span>
);

/** Unread messages of the inbox. */
export function unreadIn({ folders }: View): number {
  return folders.find(({ box }) => box === "inbox")?.unread ?? 0;
}

/** Moves that can be taken back. */
const UndoList = ({ view }: { view: View }) => (
  <section id="undo" aria-label="Recently moved" aria-live="polite">
    {view.moves.map((move) => (
      <form
        class="toast"
        method="post"
        action={`undo?move=${move.key}&token=${view.token}`}
        data-left={Math.max(0, Math.round(move.until - view.clock))}
      >
        <span>
          Moved to <bdi class="cut">{visibleLine(move.to)}</bdi>:{" "}
          <bdi class="cut">{visibleLine(move.subject ?? `${countOf(move)} messages`)}</bdi>
        </span>
        <button type="submit">Undo</button>
      </form>
    ))}
  </section>
);

function countOf({ from }: UndoableMove): number {
  return from.values().reduce((sum, ids) => sum + ids.length, 0);
}

/** What kept something from being done. */
export interface ShownFailure {
  readonly message: string;
  readonly hint?: string | undefined;
}

export const Failure = ({ failure: { message, hint } }: { failure: ShownFailure }) => (
  <div class="banner bad" role="alert">
    <p>{visibleLine(message)}</p>
    {hint && <p>{visibleLine(hint)}</p>}
  </div>
);

/** Every key of asset/keys.js and of the pages, with what it does. */
export const keys: readonly (readonly [string, string])[] = [
  ["j, k", "Next, previous message of a list or a conversation"],
  ["Enter", "Open it"],
  ["u", "Back to the list"],
  ["r", "Reply"],
  ["a", "Reply to all"],
  ["f", "Forward"],
  ["c", "Compose"],
  ["x", "Select it, or no more"],
  ["*", "Star, or remove the star"],
  ["e", "Move to the archive"],
  ["#", "Move to the trash"],
  ["v", "Choose a folder to move to"],
  ["l", "Add a keyword"],
  ["U", "Mark as unread"],
  ["z", "Undo the last move"],
  ["/", "Search"],
  ["i, s, d", "Inbox, sent, drafts"],
  ["?", "This help"],
];

const Help = () => (
  <>
    <footer class="bottom">
      <button id="help-button" type="button" hidden>
        Keys
      </button>
    </footer>
    <dialog id="help" aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input id="keys-off" type="checkbox" /> Do not use single keys
      </label>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  </>
);
