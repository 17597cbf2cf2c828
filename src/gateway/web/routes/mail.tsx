/** Reading: lists, messages, files; and deleting. */
import type { Hono } from "hono";
import { describeMissing } from "../../../client/correspondents/numbered_contacts.ts";
import { burnsWhenRead, requireKept } from "../../../client/reading/burn.ts";
import type { ListedMessage, OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { cleanFileName } from "../../../mime/file_name.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import type { Box } from "../../../model/message.ts";
import type { PageEnv } from "../guard.ts";
import { ConversationPage } from "../page/conversation_page.tsx";
import { counts, ListPage, type ListPageQuery } from "../page/list_page.tsx";
import { MessagePage } from "../page/message_page.tsx";
import {
  idIn,
  numberIn,
  type PageContext,
  requireMailbox,
  requireSameAccount,
  show,
  viewOf,
} from "../page_context.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { attachmentBytes } from "./draft.ts";

/** Adds the routes of this file. */
export function mailRoutes(app: Hono<PageEnv>, session: PageSession): void {
  for (const box of ["inbox", "sent"] as const) {
    app.get(
      `/${box}`,
      requireMailbox(session, (context, signedIn) => showList(context, session, signedIn, box)),
    );
  }
  app.get(
    "/message",
    requireMailbox(session, (context, signedIn) => showMessage(context, session, signedIn)),
  );
  app.get(
    "/conversation",
    requireMailbox(session, (context, signedIn) => showConversation(context, session, signedIn)),
  );
  app.get("/html", requireMailbox(session, showHtml));
  app.get("/attachment", requireMailbox(session, giveAttachment));
  app.post("/delete", requireSameAccount(session, deferDeletion));
  app.post(
    "/undo",
    requireSameAccount(session, (context, { deletions }) => {
      if (deletions.undo(idIn(context))) {
        return Promise.resolve(context.redirect(wayBack(context, pages, "inbox"), 303));
      }
      throw new MailError("conflict", "Cannot undo: the message is deleted");
    }),
  );
}

async function showList(
  context: PageContext,
  session: PageSession,
  signedIn: SignedIn,
  box: Box,
): Promise<Response> {
  const query = listQuery(context, box);
  const { count, before, unread } = query;
  const wanted = { box, limit: count, before, unread, aside: false };
  const { changes } = session.hub; // before it is listed: what comes then is told once more
  const { page, missing } = await signedIn.connections.ask(async (mailbox) => ({
    page: await mailbox.list(wanted),
    missing: (await mailbox.missing()).map(describeMissing),
  }));
  const messages = page.messages.filter(({ id }) => !signedIn.deletions.has(id));
  const gone = page.messages.filter(({ id }) => signedIn.deletions.has(id));
  if (box === "inbox") {
    signedIn.unread = page.unread - gone.filter(({ readAt }) => readAt === null).length;
  }
  const total = page.total - gone.length;
  const notice = notices.get(context.req.query("done") ?? "");
  const view = { ...viewOf(context, session), changes };
  return show(
    context,
    <ListPage {...{ view, query, total, messages, missing, notice }} />,
  );
}

const notices: ReadonlyMap<string, string> = new Map([
  ["sent", "The message was sent."],
  ["held", "The message waits for its delivery. Until then, you can cancel it here."],
]);

/** What a list is of, as far as its address says something that can be. */
export function listQuery(context: PageContext, box: Box): ListPageQuery {
  const { n, unread, before, trail = "" } = context.req.query();
  return {
    box,
    count: counts.find((each) => String(each) === n) ?? counts[1]!,
    unread: box === "inbox" && unread === "1",
    before: /^[1-9]\d{0,14}$/.test(before ?? "") ? Number(before) : undefined,
    trail: /^\d{1,15}(?:\.\d{1,15}){0,49}$/.test(trail) ? trail.split(".").map(Number) : [],
  };
}

async function showMessage(
  context: PageContext,
  session: PageSession,
  signedIn: SignedIn,
): Promise<Response> {
  const { message, forms, problem } = await signedIn.connections.read(idIn(context));
  const isShown = !burnsWhenRead(message) &&
    (message.outcome !== "invalid" || context.req.query("anyway") === "1");
  if (isShown) await noteRead(signedIn, message);
  const asHtml = context.req.query("html") === "1";
  const view = viewOf(context, session);
  return show(
    context,
    <MessagePage
      view={view}
      message={message}
      forms={isShown ? forms : null}
      problem={problem}
      asHtml={asHtml}
    />,
  );
}

/** A page of its own, of which the message's page takes the list: it does not wait for it. */
async function showConversation(
  context: PageContext,
  session: PageSession,
  signedIn: SignedIn,
): Promise<Response> {
  const { connections, conversations, deletions } = signedIn;
  const message = await connections.ask((mailbox) => mailbox.look(idIn(context)));
  const conversation = await conversations.of(message, (id) => deletions.has(id));
  const view = viewOf(context, session);
  return show(
    context,
    <ConversationPage view={view} message={message} conversation={conversation} />,
  );
}

async function noteRead(signedIn: SignedIn, message: OpenedMessage): Promise<void> {
  if (message.box === "inbox" && message.readAt === null) {
    signedIn.unread = Math.max(0, signedIn.unread - 1);
  }
  await signedIn.connections.markRead(message);
}

const framePolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
const frameStyle =
  "<!doctype html><meta charset=utf-8><style>html{color-scheme:light;background:#fff;color:#111;" +
  "font:1rem/1.5 system-ui,sans-serif}body{margin:1rem;overflow-wrap:anywhere}img{max-width:100%}</style>";

/** The message as its sender made it, for a frame that runs nothing and reaches nothing. */
async function showHtml(
  context: PageContext,
  { connections }: SignedIn,
): Promise<Response> {
  const { message, related } = await connections.readHtml(idIn(context));
  requireShown(context, message);
  const { html, images } = related;
  if (html?.truncated) {
    throw new MailError("too_large", `Cannot show more than ${limits.maxHtmlBytes} bytes of HTML`);
  }
  const [{ sanitise }, { FrameImages }] = await Promise.all([
    import("../html/sanitise.ts"),
    import("../html/frame_images.ts"),
  ]);
  const shown = sanitise(html?.text ?? "", new FrameImages(images));
  return context.html(frameStyle + shown, 200, {
    "content-security-policy": framePolicy,
    "x-frame-options": "SAMEORIGIN",
  });
}

/** A file, to be saved: never shown, whatever it says it is. */
async function giveAttachment(
  context: PageContext,
  { connections }: SignedIn,
): Promise<Response> {
  const id = idIn(context);
  const number = numberIn(context, "n");
  const mailbox = await connections.lend();
  const end = () => connections.giveBack(mailbox);
  try {
    const message = await mailbox.open(id);
    requireShown(context, message);
    const file = message.headers.attachments[number - 1];
    if (file === undefined) {
      throw new MailError("no_input", `Cannot find attachment ${number} in message ${id}`);
    }
    const bytes = ended(attachmentBytes(message, number), end);
    return new Response(ReadableStream.from(bytes), {
      headers: fileHeaders(file, number),
    });
  } catch (error) {
    end();
    throw error;
  }
}

async function* ended(
  bytes: AsyncIterable<Uint8Array>,
  end: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    end();
  }
}

function fileHeaders(
  {
    name,
    type,
    size,
  }: {
    readonly name: string;
    readonly type: string;
    readonly size: number;
  },
  number: number,
): Record<string, string> {
  const encoded = encodeURIComponent(cleanFileName(name) ?? `attachment-${number}`).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // Text may have had other line breaks than it arrives with: then its length is not known.
  const isExact = !/^(?:text|message)\//i.test(type);
  return {
    "content-type": "application/octet-stream",
    "content-disposition":
      `attachment; filename="attachment-${number}"; filename*=UTF-8''${encoded}`,
    "content-security-policy": "sandbox; default-src 'none'",
    ...(isExact ? { "content-length": String(size) } : {}),
  };
}

function requireShown(context: PageContext, message: ListedMessage): void {
  requireKept(message, "show a part of");
  requireTrusted(context, message);
}

/** @throws {MailError} `bad_signature` for what does not verify, unless it is asked for anyway */
export function requireTrusted(context: PageContext, { id, outcome }: ListedMessage): void {
  if (outcome !== "invalid" || context.req.query("anyway") === "1") return;
  throw new MailError("bad_signature", `Cannot trust message ${id}: its signature is invalid`);
}

async function deferDeletion(
  context: PageContext,
  { connections, deletions }: SignedIn,
): Promise<Response> {
  const id = idIn(context);
  const { box, headers, heldUntil } = await connections.ask((mailbox) => mailbox.look(id));
  if (heldUntil !== null) {
    throw new MailError("denied", `Cannot delete message ${id}: it waits for delivery`, {
      hint: "Cancel it first.",
    });
  }
  deletions.defer(id, headers?.subject || `message ${id}`);
  return context.redirect(wayBack(context, lists, box), 303);
}

const lists = /^(?:inbox|sent|search)(?:\?|$)/;
/** A message that is deleted is no place to come back to, but to undo that. */
const pages = /^(?:inbox|sent|search|message|conversation)(?:\?|$)/;

/** Where a form was, if that is one of these pages: a search, or the middle of a list, is not left for it. */
function wayBack({ req }: PageContext, places: RegExp, otherwise: string): string {
  const [here, from] = [new URL(".", req.url).href, req.header("referer") ?? ""];
  const page = from.startsWith(here) ? from.slice(here.length) : "";
  return places.test(page) ? page : otherwise;
}
