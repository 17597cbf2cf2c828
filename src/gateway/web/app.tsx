/** The page as one function from request to response: walls first, then routes, and one place for failures. */
import { Hono } from "hono";
import { failures, MailError } from "../../model/errors.ts";
import { assets } from "./assets.ts";
import { SignedOut } from "./state/mailbox_connections.ts";
import { type AccessChecks, cookieFor, guard, type PageEnv, withHeaders } from "./guard.ts";
import { EnterPage, PlainPage } from "./page/sign_in_page.tsx";
import { type HttpStatus, httpStatus } from "./http_status.ts";
import { accountRoutes } from "./routes/account.tsx";
import { burnRoutes } from "./routes/burn.tsx";
import { deletingRoutes } from "./routes/deleting.tsx";
import { filingRoutes } from "./routes/filing.tsx";
import { folderRoutes } from "./routes/folders.tsx";
import { keyRoutes } from "./routes/keys.tsx";
import { listRoutes } from "./routes/lists.tsx";
import { mailRoutes } from "./routes/mail.tsx";
import { searchRoutes } from "./routes/search.tsx";
import { writingRoutes } from "./routes/writing.tsx";
import {
  askToSignIn,
  isScript,
  nobodySignedIn,
  type PageContext,
  show,
  viewOf,
} from "./page_context.tsx";
import type { PageSession } from "./state/page_session.ts";

export interface AppOptions {
  readonly session: PageSession;
  readonly checks: AccessChecks;
  /** Hears of what is a defect; the page says only that there is one. */
  readonly onDefect: (error: unknown) => void;
}

/** Makes the page. */
export function makeApp({ session, checks, onDefect }: AppOptions): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.use("*", withHeaders());
  app.use("*", guard(checks)); // also of paths that lead nowhere
  app.route(checks.prefix, makeRoutes(session, checks));
  app.notFound((context) => {
    const message = "There is no such page.";
    return showPlain(context, session, 404, {
      title: "Not found",
      message,
      href: "inbox",
    });
  });
  app.onError((error, context) => fail(error, context, session, onDefect));
  return app;
}

function makeRoutes(session: PageSession, checks: AccessChecks): Hono<PageEnv> {
  const routes = new Hono<PageEnv>();
  routes.get("/enter", (context) => enter(context, checks));
  routes.get("/", (context) => context.redirect("inbox"));
  for (const [name, { type, text }] of Object.entries(assets)) {
    const headers = {
      "content-type": type,
      "cache-control": "private, max-age=86400, immutable",
    };
    routes.get(`/${name}`, (context) => context.body(text, 200, headers));
  }
  routes.get("/events", (context) => openEvents(context, session));
  listRoutes(routes, session);
  mailRoutes(routes, session);
  filingRoutes(routes, session);
  deletingRoutes(routes, session);
  folderRoutes(routes, session);
  burnRoutes(routes, session);
  searchRoutes(routes, session);
  writingRoutes(routes, session);
  accountRoutes(routes, session);
  keyRoutes(routes, session);
  return routes;
}

function enter(context: PageContext, checks: AccessChecks): Response {
  const visitor = checks.visitors.admit(context.req.query("word") ?? "");
  if (visitor === null) {
    return context.text(
      "Cannot open the page: the link was used already, or is too old. Start `mailctl web` again.\n",
      403,
    );
  }
  context.header("set-cookie", cookieFor(checks, visitor));
  return show(context, <EnterPage />);
}

function openEvents(context: PageContext, { hub }: PageSession): Response {
  const stream = hub.open(Number(context.req.query("known")));
  if (stream === null) {
    return new Response("too many pages are open\n", { status: 503 });
  }
  return new Response(stream, {
    headers: { "content-type": "text/event-stream" },
  });
}

function fail(
  error: Error,
  context: PageContext,
  session: PageSession,
  onDefect: AppOptions["onDefect"],
): Response | Promise<Response> {
  if (error instanceof SignedOut) {
    session.end(error);
    if (!isScript(context)) return askToSignIn(context);
    return fail(nobodySignedIn(), context, session, onDefect);
  }
  if (!(error instanceof MailError)) onDefect(error);
  const failure = error instanceof MailError
    ? error
    : new MailError("internal", "Cannot show the page: this is a bug in mailctl, see the terminal");
  const { message, hint } = failure;
  return showPlain(context, session, httpStatus(failure.code), {
    title: "Cannot do that",
    message,
    hint,
    ...wayOn(context, failure),
  });
}

/** What can succeed when it is tried again is tried at the same place. */
function wayOn(context: PageContext, { code }: MailError): Pick<Plain, "href" | "isAgain"> {
  const isAgain = context.req.method === "GET" && failures[code].retry;
  const { pathname, search } = new URL(context.req.url);
  return { href: isAgain ? `./${pathname.split("/").at(-1)}${search}` : "inbox", isAgain };
}

interface Plain {
  readonly title: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly href: string;
  readonly isAgain?: boolean;
}

function showPlain(
  context: PageContext,
  session: PageSession,
  status: HttpStatus,
  plain: Plain,
): Response {
  if (isScript(context)) {
    return context.json({ message: plain.message, hint: plain.hint ?? null }, status);
  }
  const page = <PlainPage view={viewOf(context, session)} {...plain} />;
  return context.html(`<!doctype html>${page}`, status);
}
