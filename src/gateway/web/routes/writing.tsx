/** Writing: a new message, an answer, one that is passed on or taken back; and the files that go with them. */
import type { Hono } from "hono";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { formatSize } from "../../../model/size.ts";
import {
  idIn,
  maxFormWithFiles,
  otherAccount,
  type PageContext,
  requireMailbox,
  requireSameAccount,
  show,
  viewOf,
} from "../page_context.tsx";
import { answerDraft, emptyDraft, forwardDraft, send, writtenOf } from "./draft.ts";
import { readBody, readForm } from "./form.ts";
import type { PageEnv } from "../guard.ts";
import { ComposePage, type Written } from "../page/compose_page.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { takeUp } from "./take_up.ts";

/** Adds the routes of this file. */
export function writingRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.get(
    "/compose",
    requireMailbox(session, async (context, signedIn) => {
      return compose(context, session, signedIn, { written: await begin(context, signedIn) });
    }),
  );
  app.post(
    "/send",
    requireMailbox(session, (context, signedIn) => sendWritten(context, session, signedIn)),
  );
  app.post(
    "/upload",
    requireSameAccount(session, (context, signedIn) => upload(context, session, signedIn)),
  );
  app.post(
    "/unload",
    requireSameAccount(session, (context, signedIn) => unload(context, session, signedIn)),
  );
  app.post("/cancel", requireSameAccount(session, cancel));
  app.post(
    "/take-up",
    requireSameAccount(session, async (context, signedIn) => {
      const written = await takeUp(signedIn, session.uploads, idIn(context));
      return compose(context, session, signedIn, { written });
    }),
  );
}

async function begin(
  context: PageContext,
  { connections, account }: SignedIn,
): Promise<Written> {
  const { reply, forward, all, to } = context.req.query();
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
  session: PageSession,
  { account }: SignedIn,
  { written, failure }: { readonly written: Written; readonly failure?: MailError },
): Response {
  const uploads = session.uploads.of(written.draft);
  const page = (
    <ComposePage
      view={viewOf(context, session)}
      written={written}
      uploads={uploads}
      most={account.maxMessageBytes}
      failure={failure}
    />
  );
  return show(context, page, failure === undefined ? 200 : 422);
}

/** Sends; where that fails, what was typed and attached is still there. */
async function sendWritten(
  context: PageContext,
  session: PageSession,
  signedIn: SignedIn,
): Promise<Response> {
  const form = await readForm(context.req.raw, maxFormWithFiles(signedIn));
  const written = writtenOf(form);
  const { draft } = written;
  const failure = otherAccount(context, signedIn);
  if (failure !== null) { // what it answers, or passes on, is not in this mailbox
    return compose(context, session, signedIn, {
      written: { ...written, reply: null, forward: null },
      failure,
    });
  }
  try {
    requireAttached(session, draft, form);
    await keepFiles(session, signedIn, draft, form);
    const tell = (bytes: number) => session.hub.tell("progress", { draft, bytes });
    const files = session.uploads.of(draft);
    const { bounced, heldUntil } = await send(
      signedIn.connections,
      written,
      files,
      throttled(tell),
    );
    session.uploads.drop(draft);
    const sent = heldUntil === null ? "sent?done=sent" : "sent?done=held";
    return context.redirect(bounced.length > 0 ? "inbox" : sent, 303);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return compose(context, session, signedIn, { written, failure: error });
  }
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

/** Room for files is bounded, and those of the drafts used least go first. @throws {MailError} `conflict` */
function requireAttached({ uploads }: PageSession, draft: string, form: FormData): void {
  const ids = new Set(uploads.of(draft).map(({ id }) => id));
  const lost = form.getAll("attached").filter((id) => !ids.has(String(id)));
  if (lost.length === 0) return;
  throw new MailError(
    "conflict",
    `Cannot send: ${lost.length} attached ${lost.length === 1 ? "file is" : "files are"} lost`,
    {
      hint: "Attach them again. mailctl drops the files of old drafts.",
    },
  );
}

/** Files that came with the form itself: from a browser without scripts. */
async function keepFiles(
  session: PageSession,
  signedIn: SignedIn,
  draft: string,
  form: FormData,
): Promise<void> {
  for (const file of form.getAll("file")) {
    if (!(file instanceof File) || file.name === "") continue;
    await session.uploads.add(draft, file, file.stream(), signedIn.account.maxMessageBytes);
  }
}

/** One file, as it is, in the body. */
async function upload(
  context: PageContext,
  session: PageSession,
  signedIn: SignedIn,
): Promise<Response> {
  const { draft = "", name = "" } = context.req.query();
  const size = Number(context.req.header("content-length") ?? NaN);
  if (!Number.isSafeInteger(size) || draft === "" || name === "") {
    throw new MailError("malformed", "Cannot attach a file without a name or a length");
  }
  const most = maxFormWithFiles(signedIn);
  const body = readBody(context.req.raw, most);
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
  session: PageSession,
  signedIn: SignedIn,
): Promise<Response> {
  const { draft = "", id = "" } = context.req.query();
  session.uploads.remove(draft, id);
  if (context.req.header("accept") === "application/json") {
    return context.json({ removed: id });
  }
  const form = await readForm(context.req.raw, limits.maxPageFormBytes);
  return compose(context, session, signedIn, { written: writtenOf(form) });
}

const quietMs = 100;

/** Tells often enough for a bar, and no oftener. */
function throttled(tell: (bytes: number) => void): (bytes: number) => void {
  let last = 0;
  return (bytes) => {
    if (performance.now() - last < quietMs) return;
    last = performance.now();
    tell(bytes);
  };
}
