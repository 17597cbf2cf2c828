/** Reading: messages, their conversations and their files. */
import type { Hono } from "hono";
import { burnsWhenRead, requireKept } from "../../../client/reading/burn.ts";
import type { ListedMessage, OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { cleanFileName } from "../../../mime/file_name.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import type { PageEnv } from "../guard.ts";
import { ConversationPage } from "../page/conversation_page.tsx";
import { MessagePage } from "../page/message_page.tsx";
import {
  idIn,
  numberIn,
  type PageContext,
  requireMailbox,
  show,
  viewOf,
} from "../page_context.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { attachmentBytes } from "./draft.ts";

/** Adds the routes of this file. */
export function mailRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.get("/message", requireMailbox(session, showMessage));
  app.get("/conversation", requireMailbox(session, showConversation));
  app.get("/html", requireMailbox(session, showHtml));
  app.get("/attachment", requireMailbox(session, giveAttachment));
}

async function showMessage(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const { message, forms, problem } = await signedIn.connections.read(idIn(context));
  const isShown = !burnsWhenRead(message) &&
    (message.outcome !== "invalid" || context.req.query("anyway") === "1");
  await signedIn.connections.ask((mailbox) => signedIn.folders.countOnce(mailbox));
  if (isShown) await noteRead(signedIn, message);
  const asHtml = context.req.query("html") === "1";
  const view = viewOf(context, session);
  return show(
    context,
    <MessagePage
      view={view}
      message={message}
      folder={signedIn.folders.folderOf(message)}
      forms={isShown ? forms : null}
      problem={problem}
      asHtml={asHtml}
    />,
  );
}

/** A page of its own, of which the message's page takes the list: it does not wait for it. */
async function showConversation(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const { connections, conversations, folders } = signedIn;
  const message = await connections.ask((mailbox) => mailbox.look(idIn(context)));
  const conversation = await conversations.of(
    message,
    (other) => folders.folderOf(other)?.use !== "trash" && !other.filing.flags.includes("draft"),
  );
  const view = viewOf(context, session);
  return show(
    context,
    <ConversationPage view={view} message={message} conversation={conversation} />,
  );
}

async function noteRead(signedIn: SignedIn, message: OpenedMessage): Promise<void> {
  if (message.box === "inbox" && message.readAt === null) signedIn.folders.noteRead(message);
  await signedIn.connections.markRead(message);
}

const framePolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
const frameStyle =
  "<!doctype html><meta charset=utf-8><style>html{color-scheme:light;background:#fff;color:#111;" +
  "font:1rem/1.5 system-ui,sans-serif}body{margin:1rem;overflow-wrap:anywhere}img{max-width:100%}</style>";

/** The message as its sender made it, for a frame that runs nothing and reaches nothing; or why it is not shown there. */
async function showHtml(context: PageContext, signedIn: SignedIn): Promise<Response> {
  const frame = { "content-security-policy": framePolicy, "x-frame-options": "SAMEORIGIN" };
  try {
    return context.html(frameStyle + await htmlOf(context, signedIn), 200, frame);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    const reason = <p role="alert">{visibleLine(error.message)}</p>;
    return context.html(`${frameStyle}${reason}`, 422, frame);
  }
}

async function htmlOf(context: PageContext, { connections }: SignedIn): Promise<string> {
  const { message, related } = await connections.readHtml(idIn(context));
  requireShown(context, message);
  const { html, images } = related;
  if (html?.truncated) {
    const most = limits.maxHtmlBytes / 1024;
    throw new MailError("too_large", `Cannot show this HTML: it has more than ${most} KiB`);
  }
  const [{ sanitise }, { FrameImages }] = await Promise.all([
    import("../html/sanitise.ts"),
    import("../html/frame_images.ts"),
  ]);
  return await sanitise(html?.text ?? "", new FrameImages(images));
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
  context.env.over().then(end, end); // an answer to HEAD never begins to read
  const message = await mailbox.open(id);
  requireShown(context, message);
  const file = message.headers.attachments[number - 1];
  if (file === undefined) {
    throw new MailError("no_input", `Cannot find attachment ${number} in message ${id}`);
  }
  return new Response(ReadableStream.from(attachmentBytes(message, number)), {
    headers: fileHeaders(file, number),
  });
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
  const neutral = `attachment-${number}`;
  const clean = cleanFileName(name) ?? neutral;
  const plain = /^[\w. -]+$/.test(clean) ? clean : neutral; // without escapes, which some misread
  const encoded = encodeURIComponent(clean).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // Text may have had other line breaks than it arrives with: then its length is not known.
  const isExact = !/^(?:text|message)\//i.test(type);
  return {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
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
