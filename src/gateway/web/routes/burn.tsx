/** Reading what burns: by a form alone, whole, and then it is erased. */
import type { Hono } from "hono";
import { burnsWhenRead } from "../../../client/reading/burn.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { utf8 } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { idIn, type PageContext, requireSameAccount, viewOf } from "../page_context.tsx";
import type { PageEnv } from "../guard.ts";
import { BurnEnd, Burnt } from "../page/burn_step.tsx";
import { seam } from "../page/search_page.tsx";
import { MessagePage } from "../page/message_page.tsx";
import { requireTrusted } from "./mail.tsx";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { readAll } from "../state/whole_message.ts";

/** Adds the routes of this file. */
export function burnRoutes(app: Hono<PageEnv>, session: PageSession): void {
  app.post("/burn", requireSameAccount(session, burn));
}

/** Checks all of it before any of it is shown; the message is erased once the browser has taken what it is shown. */
async function burn(
  context: PageContext,
  signedIn: SignedIn,
  session: PageSession,
): Promise<Response> {
  const mailbox = await signedIn.connections.lend();
  const answer = { isOver: false };
  const end = () => {
    answer.isOver = true;
    signedIn.connections.giveBack(mailbox);
  };
  context.env.over().then(end, end);
  const message = await openBurning(context, mailbox);
  const whole = await readAll(message, limits.maxPageBurnBytes);
  const page = (
    <MessagePage
      folder={null}
      view={viewOf(context, session)}
      message={message}
      forms={null}
      asHtml={false}
      problem={null}
      burnt={<Burnt whole={whole}>{seam}</Burnt>}
    />
  );
  const shown = shownThenErased(`<!doctype html>${page}`, { signedIn, mailbox, message, answer });
  const type = { "content-type": "text/html; charset=utf-8" };
  return new Response(ReadableStream.from(shown), { headers: type });
}

async function openBurning(context: PageContext, mailbox: Mailbox): Promise<OpenedMessage> {
  const id = idIn(context);
  const message = await mailbox.open(id);
  if (!burnsWhenRead(message)) {
    throw new MailError("usage", `Cannot burn message ${id}: it does not burn`);
  }
  requireTrusted(context, message);
  return message;
}

interface Shown {
  readonly signedIn: SignedIn;
  readonly mailbox: Mailbox;
  readonly message: OpenedMessage;
  /** Over before it was given wholly, where the browser left. */
  readonly answer: { readonly isOver: boolean };
}

/** A browser that leaves while it comes leaves the message unread. */
async function* shownThenErased(
  page: string,
  { signedIn, mailbox, message, answer }: Shown,
): AsyncGenerator<Uint8Array> {
  const [head = "", tail = ""] = page.split(seam);
  yield* pieces(utf8(head));
  await new Promise((resolve) => setTimeout(resolve, 0)); // what the socket knows by now is heard
  if (answer.isOver) return;
  const problem = await erase(mailbox, message);
  if (problem === null) signedIn.folders.noteRead(message);
  yield utf8(`${<BurnEnd problem={problem} />}${tail}`);
}

/** Small ones: what the browser does not take is not taken from here either. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const pieceBytes = 64 * 1024;

/** Returns what kept it from being erased, as far as anybody can tell. */
async function erase(mailbox: Mailbox, message: OpenedMessage): Promise<string | null> {
  try {
    await mailbox.markRead([message]);
    return null;
  } catch (error) {
    if (error instanceof MailError) return error.message;
    throw error;
  }
}
