/** What every handler of the page has at hand: who asks, whose mailbox is open, and how an answer is shown. */
import { type EntryId, entryId } from "../../model/ids.ts";
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { sha256 } from "../../crypto/fingerprint.ts";
import { utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { accountOf, csrfToken, type PageEnv, tokenOf } from "./guard.ts";
import type { View } from "./page/frame.tsx";
import { readForm } from "./routes/form.ts";
import type { PageSession, SignedIn } from "./state/page_session.ts";

export type PageContext = Context<PageEnv>;

/** Answers for the mailbox that is open. */
type Handler = (
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
) => Promise<Response>;

/** What a page is shown with. */
export function viewOf(context: PageContext, { signedIn: signedIn, hub }: PageSession): View {
  const visitor = context.get("visitor");
  const address = signedIn?.account.address ?? null;
  return {
    // A form that is shown again, because nobody is signed in any more, is still of whom it was.
    token: visitor === undefined ? "" : csrfToken(visitor, address ?? accountOf(context)),
    address,
    domain: signedIn?.account.domain ?? "",
    folders: signedIn?.folders.summaries ?? [],
    changes: hub.changes,
    proof: hub.proof,
    moves: signedIn?.moves.current ?? [],
    trouble: signedIn === null ? null : hub.trouble,
    clock: performance.now(),
    now: Date.now(),
  };
}

/** Answers with a page. */
export function show(context: PageContext, page: Child, status: 200 | 422 = 200): Response {
  return context.html(`<!doctype html>${page}`, status);
}

/** The refusal of a form whose page showed another mailbox: in another tab somebody else was signed in since. */
export function otherAccount(context: PageContext, { account }: SignedIn): MailError | null {
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
export function requireSameAccount(
  session: PageSession,
  handle: Handler,
): (context: PageContext) => Promise<Response> {
  return requireMailbox(session, async (context, signedIn) => {
    const failure = otherAccount(context, signedIn);
    if (failure !== null) throw failure;
    return await handle(context, signedIn, session);
  });
}

/** Answers a form of the mailbox that is open. */
type FormHandler = (
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
  form: FormData,
) => Promise<Response>;

/**
 * As `requireSameAccount`, for what is done once, one after the other: each finds what the one before did. The same
 * form of the same page has the same answer: its first one may be lost, and perhaps nothing shows it again.
 */
export function requireTurn(
  session: PageSession,
  handle: FormHandler,
): (context: PageContext) => Promise<Response> {
  return async (context) => {
    const form = await readForm(context.req.raw, limits.maxPageFormBytes);
    const asked = JSON.stringify([tokenOf(context), context.req.url, ...form]);
    const key = (await sha256(utf8(asked))).toHex();
    const answer = requireSameAccount(
      session,
      async (context, signedIn) =>
        session.answers.keep(key, await handle(context, signedIn, session, form)),
    );
    return await session.turns.run(async () => session.answers.find(key) ?? await answer(context));
  };
}

/** Has a handler answer for the mailbox that is open; where there is none, `otherwise` does. */
export function requireMailbox(
  session: PageSession,
  handle: Handler,
  otherwise: (context: PageContext) => Response | Promise<Response> = askToSignIn,
): (context: PageContext) => Promise<Response> {
  return async (context) => {
    if (session.signedIn === null) await session.resume();
    return session.signedIn === null
      ? await otherwise(context)
      : await handle(context, session.signedIn, session);
  };
}

/** Sends whoever asks to sign in; a script, which would take that page for an answer, is told. @throws {MailError} `denied` */
export function askToSignIn(context: PageContext): Response {
  if (isScript(context)) throw nobodySignedIn();
  return context.redirect("sign-in", 303);
}

export function nobodySignedIn(): MailError {
  return new MailError("denied", "Cannot do that: nobody is signed in", {
    hint: "Load the page in another window, and sign in there.",
  });
}

/** True for a script of the page, which wants no page. */
export function isScript(context: PageContext): boolean {
  return context.req.header("accept") === "application/json";
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
export function maxFormWithFiles({ account }: SignedIn): number {
  return account.maxMessageBytes + limits.maxPageFormBytes;
}
