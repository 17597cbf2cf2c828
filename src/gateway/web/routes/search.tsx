/** Finding: messages by what a list shows of them, and addresses while they are typed. */
import type { Hono } from "hono";
import { utf8 } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import type { Box } from "../../../model/message.ts";
import { type PageContext, requireMailbox, viewOf } from "../page_context.tsx";
import { completions } from "./completion.ts";
import { SignedOut } from "../state/mailbox_connections.ts";
import type { PageEnv } from "../guard.ts";
import { counts } from "../page/list_page.tsx";
import { Row } from "../page/message_row.tsx";
import { seam, SearchEndLine, SearchPage, SearchProblem } from "../page/search_page.tsx";
import { listQuery } from "./lists.tsx";
import { search, searchWords } from "../state/search.ts";
import type { PageSession, SignedIn } from "../state/page_session.ts";

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
  const text = (context.req.query("q") ?? "").slice(0, limits.maxSearchCharacters);
  return text.replace(/\p{Cc}/gu, " ");
}

/** Sends what is found as it is found: the head of the page, a row each, the end. */
function showSearch(
  context: PageContext,
  session: PageSession,
  signedIn: SignedIn,
): Promise<Response> {
  const text = typed(context);
  const box: Box = context.req.query("box") === "sent" ? "sent" : "inbox";
  const { before } = listQuery(context);
  const words = searchWords(text);
  if (words.length === 0) return Promise.resolve(context.redirect(box, 303));
  const view = viewOf(context, session);
  const [head = "", tail = ""] = `${<SearchPage view={view} text={text} box={box} />}`.split(
    seam,
  );
  const rows = async function* (): AsyncGenerator<string> {
    const list = (from: number | undefined, limit: number) =>
      signedIn.connections.ask((mailbox) => mailbox.list({ box, limit, before: from }));
    const found = search(list, { words, before, most: counts[1]! });
    for (let next = await found.next();; next = await found.next()) {
      if (next.done) return yield `</ol>${<SearchEndLine text={text} box={box} {...next.value} />}`;
      yield `${<Row message={next.value} view={view} />}`;
    }
  };
  const page = async function* () {
    yield utf8(`<!doctype html>${head}<ol class="list" id="found">`);
    try {
      for await (const row of rows()) yield utf8(row);
    } catch (error) { // it is too late for another status
      if (error instanceof SignedOut) session.end(error);
      else if (!(error instanceof MailError)) throw error;
      yield utf8(`</ol>${<SearchProblem message={error.message} />}`);
    }
    yield utf8(tail);
  };
  const type = { "content-type": "text/html; charset=utf-8" };
  return Promise.resolve(new Response(ReadableStream.from(page()), { headers: type }));
}
