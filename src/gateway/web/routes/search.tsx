/** Finding: messages by the words of `mailctl search`, and addresses while they are typed. */
import type { Hono } from "hono";
import type { Mailbox } from "../../../client/mailbox.ts";
import { parseQuery } from "../../../client/searching/query.ts";
import { folderIn } from "../../../client/searching/search_fields.ts";
import type { SearchOptions, SearchResult } from "../../../client/searching/search_mailbox.ts";
import { utf8 } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import type { FolderList } from "../../../model/filing.ts";
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { type PageContext, requireMailbox, show, viewOf } from "../page_context.tsx";
import { completions } from "./completion.ts";
import { SignedOut } from "../state/mailbox_connections.ts";
import { parseKey } from "../folder_key.ts";
import type { PageEnv } from "../guard.ts";
import { Row } from "../page/message_row.tsx";
import type { View } from "../page/frame.tsx";
import { Found, seam, SearchPage, SearchProblem } from "../page/search_page.tsx";
import { localTime } from "../local_time.ts";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { told } from "../state/told.ts";

/** Adds the routes of this file. */
export function searchRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.get("/search", requireMailbox(session, showSearch));
  app.get(
    "/complete",
    requireMailbox(session, async (context, { connections }) => {
      const text = typed(context);
      return context.json(await connections.ask((mailbox) => completions(mailbox, text)));
    }),
  );
}

/** What somebody typed to find; a control character, which nobody types, could look like a page's seam. */
function typed(context: PageContext): string {
  return (context.req.query("q") ?? "").replace(/\p{Cc}/gu, " ");
}

/** Messages that are shown first, and after each `Show more` twice as many. */
const firstCount = 50;
const mostCount = 3_200;
/** Messages opened between two words of it. */
const toldEach = 250;

/** Sends the head of the page at once, how far it is while messages are opened, and then what is found. */
async function showSearch(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const text = typed(context);
  if (text.trim() === "") return context.redirect("inbox", 303);
  const { connections, folders } = signedIn;
  const list = await connections.ask(async (mailbox) => {
    await folders.countOnce(mailbox);
    return await (await mailbox.filed()).folders();
  });
  const key = parseKey(context.req.query("folder") ?? "");
  const folder = key === null ? null : folders.find(key);
  const view = viewOf(context, session);
  const options = optionsOf(text, { list, folder, limit: countIn(context) });
  if (options instanceof MailError) {
    return show(context, <SearchPage {...{ view, text, folder }} failure={options} />, 422);
  }
  const [head = "", tail = ""] = `${<SearchPage {...{ view, text, folder }} />}`.split(seam);
  const over = context.env.over();
  const page = async function* () {
    yield utf8(`<!doctype html>${head}`);
    try {
      for await (const part of found(signedIn, { view, text, folder, options, over })) {
        yield utf8(part);
      }
    } catch (error) { // it is too late for another status
      if (error instanceof SignedOut) session.end(error);
      else if (!(error instanceof MailError)) throw error;
      yield utf8(`${<SearchProblem message={error.message} />}`);
    }
    yield utf8(tail);
  };
  const type = { "content-type": "text/html; charset=utf-8" };
  return new Response(ReadableStream.from(page()), { headers: type });
}

function countIn(context: PageContext): number {
  const [count] = /^[1-9]\d{0,4}$/.exec(context.req.query("n") ?? "") ?? [firstCount];
  return Math.min(Number(count), mostCount);
}

interface Search {
  readonly view: View;
  readonly text: string;
  readonly folder: FolderSummary | null;
  readonly options: SearchOptions;
  /** Settles when the browser has the page, or has left. */
  readonly over: Promise<void>;
}

/** Hands out how far it is, and then the list. */
async function* found({ connections, folders }: SignedIn, search: Search): AsyncGenerator<string> {
  const { view, text, folder, options, over } = search;
  const { messages, more } = yield* counted(
    told((onOpened: (count: number) => void) =>
      connections.aside((mailbox) => searchUntil(over, mailbox, { ...options, onOpened }))
    ),
  );
  yield `<ol class="list" id="found">`;
  for (const message of messages) {
    yield `${<Row message={message} view={view} folder={folders.folderOf(message)} />}`;
  }
  const { limit } = options;
  const next = more && limit < mostCount ? Math.min(2 * limit, mostCount) : null;
  const count = messages.length;
  yield `</ol>${<Found {...{ text, folder, count, more, next }} />}`;
}

/** A browser that leaves ends what it looked for: the next search would have to share the processor with it. */
async function searchUntil(
  over: Promise<void>,
  mailbox: Mailbox,
  options: SearchOptions,
): Promise<SearchResult> {
  let isDone = false;
  over.then(() => isDone || mailbox.close());
  return await mailbox.search(options).finally(() => isDone = true);
}

async function* counted(
  search: AsyncGenerator<number, SearchResult>,
): AsyncGenerator<string, SearchResult> {
  for (let shown = 0;;) {
    const { value, done } = await search.next();
    if (done) return value;
    if (value < shown + toldEach) continue;
    shown = value;
    yield `<p class="sum">${shown} messages opened</p>`;
  }
}

/** Returns what is wrong with the words, where something is. */
function optionsOf(
  text: string,
  { list, folder, limit }: {
    readonly list: FolderList;
    readonly folder: FolderSummary | null;
    readonly limit: number;
  },
): SearchOptions | MailError {
  try {
    const query = parseQuery(text, { now: Date.now(), at: localTime, folder: folderIn(list) });
    const only = folder === null ? undefined : folder.box ?? folder.id;
    return { query, folders: list, folder: only, limit, keepsIndex: true };
  } catch (error) {
    if (error instanceof MailError) return error;
    throw error;
  }
}
