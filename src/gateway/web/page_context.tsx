/** What every handler of the page has at hand: who asks, whose mailbox is open, and how an answer is shown. */
import { type EntryId, entryId } from "../../model/ids.ts";
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { accountOf, formToken, type PageEnv } from "./guard.ts";
import type { View } from "./page/frame.tsx";
import type { Seat, Site } from "./state/site.ts";

export type PageContext = Context<PageEnv>;

/** What a page is shown with. */
export function viewOf(context: PageContext, { seat, hub }: Site): View {
  const visitor = context.get("visitor");
  const address = seat?.account.address ?? null;
  return {
    token: visitor === undefined ? "" : formToken(visitor, address),
    address,
    domain: seat?.account.domain ?? "",
    unread: seat?.unread ?? 0,
    changes: hub.changes,
    deferred: seat?.deletions.deferred ?? [],
    trouble: seat === null ? null : hub.trouble,
    clock: performance.now(),
    now: Date.now(),
  };
}

/** Answers with a page. */
export function show(context: PageContext, page: Child, status: 200 | 422 = 200): Response {
  return context.html(`<!doctype html>${page}`, status);
}

/** The refusal of a form whose page showed another mailbox: in another tab somebody else was signed in since. */
export function otherAccount(context: PageContext, { account }: Seat): MailError | null {
  const { address } = account;
  const shown = accountOf(context);
  if (shown === address) return null;
  return new MailError(
    "conflict",
    `Cannot do that: the page is of ${shown ?? "nobody"}, but ${address} is signed in now`,
    { hint: `Load the page again to work as ${address}.` },
  );
}

/** Has a handler answer a form of the mailbox that is open, and as below. */
export function meant(
  site: Site,
  handle: (context: PageContext, seat: Seat) => Promise<Response>,
): (context: PageContext) => Promise<Response> {
  return seated(site, async (context, seat) => {
    const failure = otherAccount(context, seat);
    if (failure !== null) throw failure;
    return await handle(context, seat);
  });
}

/** Has a handler answer for the mailbox that is open, or sends whoever asks to sign in. */
export function seated(
  site: Site,
  handle: (context: PageContext, seat: Seat) => Promise<Response>,
): (context: PageContext) => Promise<Response> {
  return async (context) => {
    if (site.seat === null) await site.resume();
    return site.seat === null ? context.redirect("sign-in", 303) : await handle(context, site.seat);
  };
}

/** A number that the address has; what is none is nobody's. @throws {MailError} `no_such_message` */
export function numberIn(context: PageContext, name: string): number {
  const text = context.req.query(name) ?? "";
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new MailError("no_such_message", "Cannot tell which message you mean");
}

/** The message that the address names. @throws {MailError} `no_such_message` */
export function idIn(context: PageContext, name = "id"): EntryId {
  return entryId(numberIn(context, name));
}

/** Bytes of a form that has files in it: what a message may hold, and what is around them. */
export function maxFormWithFiles({ account }: Seat): number {
  return account.maxMessageBytes + limits.maxPageFormBytes;
}
