/** Finding: messages by the words of `mailctl search`, and addresses while they are typed. */
import type { Hono } from "hono";
import { parseQuery } from "../../../client/searching/query.ts";
import type { SearchOptions, SearchResult } from "../../../client/searching/search_mailbox.ts";
import { utf8 } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { type PageContext, requireMailbox, show, viewOf } from "../page_context.tsx";
import { completions } from "./completion.ts";
import { SignedOut } from "../state/mailbox_connections.ts";
import { parseKey } from "../folder_key.ts";
import type { PageEnv } from "../guard.ts";
import { Row } from "../page/message_row.tsx";
import { Found, seam, SearchPage, SearchProblem } from "../page/search_page.tsx";
import { localTime } from "../local_time.ts";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { told } from "../state/told.ts";

/** Adds the routes of this file. */
export function searchRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.get(
    "/search",
    requireMailbox(session, (context, signedIn) => showSearch(context, session, signedIn)),
  );
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
  session: PageSession,
  signedIn: SignedIn,
): Promise<Response> {
  const text = typed(context);
  if (text.trim() === "") return context.redirect("inbox", 303);
  const { connections, folders } = signedIn;
  await connections.ask((mailbox) => folders.countOnce(mailbox));
  const key = parseKey(context.req.query("folder") ?? "");
  const folder = key === null ? null : folders.find(key);
  const limit = Math.min(
    Number(/^\d{1,5}$/.exec(context.req.query("n") ?? "") ?? firstCount),
    mostCount,
  );
  const view = viewOf(context, session);
  const page = (failure?: MailError) => (
    <SearchPage view={view} text={text} folder={folder} failure={failure} />
  );
  const options = optionsOf(text, folder, Math.max(1, limit));
  if (options instanceof MailError) return show(context, page(options), 422);
  const [head = "", tail = ""] = `${page()}`.split(seam);
  const found = async function* () {
    yield utf8(`<!doctype html>${head}`);
    try {
      for await (const part of results(options)) yield utf8(part);
    } catch (error) { // it is too late for another status
      if (error instanceof SignedOut) session.end(error);
      else if (!(error instanceof MailError)) throw error;
      yield utf8(`${<SearchProblem message={error.message} />}`);
    }
    yield utf8(tail);
  };
  const results = async function* (options: SearchOptions): AsyncGenerator<string> {
    const search = told((tell: (count: number) => void): Promise<SearchResult> =>
      connections.aside((mailbox) => mailbox.search({ ...options, onOpened: tell }))
    );
    for (let told = 0;;) {
      const { value, done } = await search.next();
      if (!done && value < told + toldEach) continue;
      if (!done) yield `<p class="sum">${told = value} messages opened</p>`;
      else return yield* foundParts(value);
    }
  };
  const foundParts = function* ({ messages, more }: SearchResult): Generator<string> {
    yield `<ol class="list" id="found">`;
    for (const message of messages) {
      yield `${<Row message={message} view={view} folder={folders.folderOf(message)} />}`;
    }
    const next = more && limit < mostCount ? Math.min(2 * limit, mostCount) : null;
    yield `</ol>${(
      <Found text={text} folder={folder} count={messages.length} next={next} more={more} />
    )}`;
  };
  const type = { "content-type": "text/html; charset=utf-8" };
  return new Response(ReadableStream.from(found()), { headers: type });
}

/** Returns what is wrong with the words, where something is. */
function optionsOf(
  text: string,
  folder: FolderSummary | null,
  limit: number,
): SearchOptions | MailError {
  try {
    const query = parseQuery(text, { now: Date.now(), at: localTime });
    return { query, folder: folder ?? undefined, limit, keepsIndex: true };
  } catch (error) {
    if (error instanceof MailError) return error;
    throw error;
  }
}
