/**
 * The walls before every page: other sites, other names for this machine, other users of it. A request that does not
 * pass is answered before a byte of its body is read.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { Answering } from "./listen.ts";
import { isSame, newWord, type Visitor, type Visitors } from "./visitors.ts";

/** What handlers find in their context. */
export interface PageEnv {
  Variables: { visitor: Visitor };
  Bindings: Answering;
}

export interface AccessChecks {
  readonly visitors: Visitors;
  /** `127.x.y.z:PORT`, once there is one. */
  readonly authority: () => string;
  /** `/` and a word that nobody knows: cookies of a host go to all of its ports, but only to their path. */
  readonly prefix: string;
  /** Hears of each request of somebody who may see the page. */
  readonly onLetIn: () => void;
}

const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "content-security-policy": contentPolicy,
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin", // with no-referrer, forms would come with the origin `null`
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-dns-prefetch-control": "off",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};

/** Sets what a handler has not set for itself. */
export function withHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
    }
  };
}

/** Lets through only what the person's own browser asks for, from the page itself. */
export function guard(checks: AccessChecks): MiddlewareHandler<PageEnv> {
  return async (context, next) => {
    const { method, path } = context.req;
    if (!["GET", "HEAD", "POST"].includes(method)) {
      return refuse(context, 405, "no such method");
    }
    // A page anywhere can give its own name the address of this machine.
    const target = URL.parse(context.req.url); // it has the host of the target, or else of the header
    if (target === null) return refuse(context, 400, "the request names no host");
    if (context.req.header("host") !== checks.authority() || target.host !== checks.authority()) {
      return refuse(context, 421, "not here");
    }
    const isEntering = method === "GET" && path === `${checks.prefix}/enter`;
    if (!isFromHere(context, isEntering)) {
      return refuse(context, 403, "not from another site");
    }
    if (isEntering) return await next();
    const visitor = checks.visitors.find(cookiesOf(context, checks));
    if (visitor === null) return refuse(context, 403, notYours);
    checks.onLetIn();
    if (method === "POST" && !hasCsrfToken(context, checks, visitor)) {
      return refuse(context, 403, "this form is too old, or of another page: load the page again");
    }
    context.set("visitor", visitor);
    return await next();
  };
}

const notYours = "this page is only for the browser that opened the link of `mailctl web`. " +
  "The link works once: start `mailctl web` again";

/** The header that lets a visitor in from now on. */
export function cookieFor(checks: AccessChecks, { cookie }: Visitor): string {
  return `${cookieName(checks)}=${cookie}; Path=${checks.prefix}/; HttpOnly; SameSite=Strict`;
}

/** Another port of this machine counts as the same site: there another user may listen. */
function isFromHere(context: Context, isEntering: boolean): boolean {
  const session = context.req.header("sec-fetch-site");
  if (session === undefined || session === "same-origin" || session === "none") {
    return true;
  }
  const isLoadingPage = context.req.header("sec-fetch-mode") === "navigate" &&
    context.req.header("sec-fetch-dest") === "document";
  return isEntering && isLoadingPage; // the link is in a file, which is another site
}

/** Stands in no word and no address. */
const mark = "~";

/** What goes with every form of a page: who it was shown to, whose mailbox it showed, and which page it was. */
export function csrfToken({ token }: Visitor, address: string | null): string {
  return [token, address ?? "", newWord().slice(0, 8)].join(mark);
}

/** Whose mailbox the page showed that a form was on; null: nobody's. */
export function accountOf(context: Context): string | null {
  return tokenOf(context).split(mark)[1] || null;
}

/** What came with a form of a page. */
export function tokenOf(context: Context): string {
  return context.req.header("x-token") ?? context.req.query("token") ?? "";
}

function hasCsrfToken(context: Context, { authority }: AccessChecks, { token }: Visitor): boolean {
  const [word = ""] = tokenOf(context).split(mark);
  return context.req.header("origin") === `http://${authority()}` && isSame(word, token);
}

function cookiesOf(context: Context, checks: AccessChecks): string[] {
  const start = `${cookieName(checks)}=`;
  return (context.req.header("cookie") ?? "")
    .split(/; */)
    .filter((pair) => pair.startsWith(start))
    .map((pair) => pair.slice(start.length));
}

function cookieName({ authority }: AccessChecks): string {
  return `mailctl-${authority().split(":").at(-1)}`;
}

function refuse(context: Context, status: 400 | 403 | 405 | 421, reason: string): Response {
  return context.text(`Cannot answer: ${reason}\n`, status, { connection: "close" });
}
