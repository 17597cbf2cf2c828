/** Writing: a new message, an answer, one that is passed on or taken back; and the files that go with them. */
import type { Hono } from "hono";
import { isFailure, MailError } from "../../../model/errors.ts";
import type { EntryId } from "../../../model/ids.ts";
import { limits } from "../../../model/limits.ts";
import { formatSize } from "../../../model/size.ts";
import {
  askToSignIn,
  idIn,
  isScript,
  maxFormWithFiles,
  nobodySignedIn,
  otherAccount,
  type PageContext,
  requireMailbox,
  requireSameAccount,
  show,
  viewOf,
} from "../page_context.tsx";
import { keepFiles, requireAttached } from "./attached.ts";
import { answerDraft, digestOf, emptyDraft, forwardDraft, send, writtenOf } from "./draft.ts";
import { moveToTrash } from "./filing.tsx";
import { readBody, readForm } from "./form.ts";
import {
  alreadyOver,
  changedMeanwhile,
  isDropped,
  keepWritten,
  ownDraft,
  versionBefore,
  wordOf,
} from "./keep_draft.ts";
import type { PageEnv } from "../guard.ts";
import { ComposePage, type Written } from "../page/compose_page.tsx";
import { type DraftState, isOfAnother } from "../state/drafts.ts";
import { SignedOut } from "../state/mailbox_connections.ts";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { throttled } from "../state/told.ts";
import { openKept, takeUp } from "./take_up.ts";

/** Adds the routes of this file. */
export function writingRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.get(
    "/compose",
    requireMailbox(session, async (context, signedIn) => {
      if (context.req.query("draft") !== undefined) {
        const word = await wordOf(signedIn, idIn(context, "draft"));
        return context.redirect(`compose?resume=${word}`, 303);
      }
      const written = await begin(context, signedIn, session);
      return compose(context, signedIn, session, { written });
    }),
  );
  const showAgain = (context: PageContext) => showSignedOut(context, session);
  app.post("/keep-draft", requireMailbox(session, keepForm, showAgain));
  app.post("/discard-draft", requireSameAccount(session, discard));
  app.post("/send", requireMailbox(session, sendWritten, showAgain));
  app.post("/upload", requireSameAccount(session, upload));
  app.post("/unload", requireSameAccount(session, unload));
  app.post("/cancel", requireSameAccount(session, cancel));
  app.post(
    "/take-up",
    requireSameAccount(session, async (context, signedIn) => {
      const written = await takeUp(signedIn, session.uploads, idIn(context));
      return compose(context, signedIn, session, { written });
    }),
  );
}

async function begin(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Written> {
  const { reply, forward, all, to, resume } = context.req.query();
  const { connections, account } = signedIn;
  if (resume !== undefined) return await openKept(signedIn, session.uploads, resume);
  if (reply !== undefined) {
    const { message, forms } = await connections.read(idIn(context, "reply"));
    return answerDraft(message, forms, account.address, all === "1");
  }
  if (forward !== undefined) {
    return forwardDraft(await connections.ask((mailbox) => mailbox.look(idIn(context, "forward"))));
  }
  return emptyDraft(to);
}

function compose(
  context: PageContext,
  signedIn: SignedIn | null,
  session: PageSession,
  { written, failure }: { readonly written: Written; readonly failure?: MailError | undefined },
): Response {
  const uploads = session.uploads.of(written.draft);
  const page = (
    <ComposePage
      view={viewOf(context, session)}
      written={written}
      uploads={uploads}
      most={signedIn?.account.maxMessageBytes ?? limits.maxMessageBytes}
      failure={failure}
    />
  );
  return show(context, page, failure === undefined ? 200 : 422);
}

/** Nobody is signed in any more: what was written stays in sight. @throws {MailError} */
async function showSignedOut(context: PageContext, session: PageSession): Promise<Response> {
  if (isScript(context)) return askToSignIn(context);
  const form = await readForm(context.req.raw, limits.maxMessageBytes + limits.maxPageFormBytes);
  return compose(context, null, session, { written: writtenOf(form), failure: nobodySignedIn() });
}

/** What keeps a form from being done; a session that has ended does. @throws what is a defect */
function failureOf(error: unknown, session: PageSession): MailError {
  if (error instanceof MailError) return error;
  if (!(error instanceof SignedOut)) throw error;
  session.end(error);
  return nobodySignedIn();
}

/** What it answers, passes on, or is kept as, is not in the mailbox that is open now. */
function composeElsewhere(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
  { written, failure }: { readonly written: Written; readonly failure: MailError },
): Response {
  const elsewhere = { ...written, reply: null, forward: null, stored: null };
  return compose(context, signedIn, session, { written: elsewhere, failure });
}

/** Sends; where that fails, what was typed and attached is still there. */
async function sendWritten(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const form = await readForm(context.req.raw, maxFormWithFiles(signedIn));
  const written = writtenOf(form);
  const failure = otherAccount(context, signedIn);
  if (failure !== null) return composeElsewhere(context, signedIn, session, { written, failure });
  return await signedIn.drafts.inTurn(
    written,
    (state) => sendInTurn(context, signedIn, session, { form, written, state }),
  );
}

interface Sending {
  readonly form: FormData;
  readonly written: Written;
  readonly state: DraftState;
}

async function sendInTurn(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
  { form, written, state }: Sending,
): Promise<Response> {
  const { draft } = written;
  const digest = await digestOf(written, form);
  if (state.sent?.digest === digest) return context.redirect(state.sent.place, 303);
  const goOnBeside = (failure: MailError, stored?: EntryId | null) =>
    compose(context, signedIn, session, { written: ownDraft(session, written, stored), failure });
  if (state.end !== null) return goOnBeside(alreadyOver(state.end, { hasFiles: false }));
  let isSentOtherwise = false; // its answer was lost
  try {
    requireAttached(session, draft, form);
    await keepFiles(session, signedIn, draft, form);
    const kept = await versionBefore(signedIn, state, written);
    const tell = (bytes: number) => session.hub.tell("progress", { draft, bytes });
    const files = session.uploads.of(draft);
    const { bounced, heldUntil } = await send(
      signedIn.connections,
      written,
      files,
      throttled(tell),
    ).catch((error) => {
      isSentOtherwise = isFailure(error, "conflict");
      throw error;
    });
    state.end = "sent";
    session.uploads.drop(draft);
    const isGone = kept === null || await isDropped(signedIn, kept.id);
    const done = !isGone ? "left" : heldUntil === null ? "sent" : "held";
    const place = bounced.length > 0 ? "inbox" : `sent?done=${done}`;
    state.sent = { digest, place };
    return context.redirect(place, 303);
  } catch (error) {
    const failure = failureOf(error, session);
    if (isSentOtherwise) {
      state.end = "sent";
      return goOnBeside(alreadyOver("sent", { hasFiles: true }), state.id);
    }
    if (isOfAnother(state, written)) return goOnBeside(changedMeanwhile());
    const again = { ...written, stored: state.id };
    return compose(context, signedIn, session, { written: again, failure });
  }
}

/** Keeps what was typed so far; a script asks for it on every pause. */
async function keepForm(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const form = await readForm(context.req.raw, maxFormWithFiles(signedIn));
  const written = writtenOf(form);
  const { draft } = written;
  const failure = otherAccount(context, signedIn);
  if (failure !== null && isScript(context)) throw failure;
  if (failure !== null) return composeElsewhere(context, signedIn, session, { written, failure });
  try {
    requireAttached(session, draft, form);
    await keepFiles(session, signedIn, draft, form);
    const { id, unread } = await keepWritten(session, signedIn, written);
    session.hub.tell("change", {});
    if (isScript(context)) return context.json({ stored: id, unread });
    return context.redirect(`compose?resume=${draft}`, 303);
  } catch (error) {
    if (isScript(context)) throw error;
    return compose(context, signedIn, session, { written, failure: failureOf(error, session) });
  }
}

/** Moves what is kept to the trash, and forgets the rest. */
async function discard(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const form = await readForm(context.req.raw, maxFormWithFiles(signedIn));
  const written = writtenOf(form);
  return await signedIn.drafts.inTurn(written, async (state) => {
    const kept = state.end === null ? await versionBefore(signedIn, state, written) : null;
    if (kept !== null) {
      await signedIn.connections.ask((mailbox) => moveToTrash(mailbox, signedIn, [kept]));
    }
    state.end ??= "discarded";
    session.uploads.drop(written.draft);
    session.hub.tell("change", {});
    return context.redirect("drafts", 303);
  });
}

/** Takes a message back that waits; its page has a button to go on with it. */
async function cancel(
  context: PageContext,
  { connections }: SignedIn,
): Promise<Response> {
  const id = idIn(context);
  await connections.ask((mailbox) => mailbox.cancel([id])); // cancelled before, it stays so
  return context.redirect(`message?id=${id}`, 303);
}

/** One file, as it is, in the body. */
async function upload(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const { draft = "", name = "" } = context.req.query();
  const size = Number(context.req.header("content-length") ?? NaN);
  if (!Number.isSafeInteger(size) || draft === "" || name === "") {
    throw new MailError("malformed", "Cannot attach a file without a name or a length");
  }
  const body = readBody(context.req.raw, maxFormWithFiles(signedIn));
  const added = await session.uploads.add(
    draft,
    { name, size },
    body,
    signedIn.account.maxMessageBytes,
  );
  return context.json({ id: added.id, name, size, shownSize: formatSize(size) });
}

/** Takes a file away again; a browser without scripts sends the whole form along. */
async function unload(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const { draft = "", id = "" } = context.req.query();
  session.uploads.remove(draft, id);
  if (isScript(context)) return context.json({ removed: id });
  const form = await readForm(context.req.raw, maxFormWithFiles(signedIn));
  const written = writtenOf(form);
  const failure = await keepFiles(session, signedIn, draft, form) // what was chosen since
    .then(() => undefined, (error) => failureOf(error, session));
  return compose(context, signedIn, session, { written, failure });
}
