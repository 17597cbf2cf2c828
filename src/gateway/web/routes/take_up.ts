/** What was cancelled before anybody had it, and what is kept as a draft, in a form again. */
import type { EntryId } from "../../../model/ids.ts";
import { requireVerified } from "../../../client/sending/reply_draft.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { termsOf } from "../../../client/submission/draft_terms.ts";
import { streamOf } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import type { MailboxConnections } from "../state/mailbox_connections.ts";
import { emptyDraft } from "./draft.ts";
import type { Written } from "../page/compose_page.tsx";
import type { SignedIn } from "../state/page_session.ts";
import type { DraftUploads } from "../state/uploads.ts";
import { readAll, type WholeMessage } from "../state/whole_message.ts";

/** Makes a draft of a cancelled message, its files with it. @throws {MailError} `conflict` where it was not cancelled */
export async function takeUp(
  { connections, account }: Pick<SignedIn, "connections" | "account">,
  uploads: DraftUploads,
  id: EntryId,
): Promise<Written> {
  const { message, whole } = await connections.aside((mailbox) => readCancelled(mailbox, id));
  const { to, cc, bcc, subject, inReplyTo } = message.headers;
  const written = {
    ...emptyDraft(to.join(", ")),
    cc: cc.join(", "),
    bcc: bcc.join(", "),
    subject,
    text: whole.texts.join("\n"),
    reply: inReplyTo === null ? null : await findAnswered(connections, inReplyTo),
    isBurning: message.burn,
  };
  try {
    await attach(uploads, written.draft, whole, account.maxMessageBytes);
    return written;
  } catch (error) {
    uploads.drop(written.draft);
    throw error;
  }
}

/** Opens a draft that is kept, its files with it. @throws {MailError} `no_such_message`, `too_large` */
export async function openKept(
  { connections, account, drafts }: SignedIn,
  uploads: DraftUploads,
  word: string,
): Promise<Written> {
  const state = drafts.find(word);
  if (state === null || state.id === null) throw noDraft();
  const { id, forward } = state;
  const { message, whole } = await connections.aside(async (mailbox) => {
    const message = await mailbox.open(id);
    return { message, whole: await readAll(message, limits.maxPageUploadBytes) };
  });
  const { to, cc, bcc, subject, inReplyTo } = message.headers;
  // Another window may write on it: its files are named by these words.
  if (uploads.of(word).length === 0) {
    const files = whole.files.slice(forward === null ? 0 : 1);
    await attach(uploads, word, { ...whole, files }, account.maxMessageBytes);
  }
  return {
    ...emptyDraft(to.join(", ")),
    draft: word,
    stored: id,
    cc: cc.join(", "),
    bcc: bcc.join(", "),
    subject,
    text: whole.texts.join("\n"),
    reply: inReplyTo === null ? null : await findAnswered(connections, inReplyTo),
    forward,
    ...termsOf(message.filing.keywords),
  };
}

function noDraft(): MailError {
  return new MailError("no_such_message", "Cannot find the draft", {
    hint: "Load the folder Drafts again.",
  });
}

async function attach(
  uploads: DraftUploads,
  draft: string,
  { files }: WholeMessage,
  most: number,
): Promise<void> {
  for (const { name, bytes } of files) {
    await uploads.add(draft, { name, size: bytes.length }, streamOf(bytes), most);
  }
}

async function readCancelled(
  mailbox: Mailbox,
  id: EntryId,
): Promise<{ message: OpenedMessage; whole: WholeMessage }> {
  const message = await mailbox.open(id);
  if (message.cancelledAt === null) {
    throw new MailError("conflict", `Cannot edit message ${id} again: it was not cancelled`);
  }
  requireVerified(message, "edit");
  return { message, whole: await readAll(message, limits.maxPageUploadBytes) };
}

/** Looks among the newest; an answer to anything older goes on as a message of its own. */
async function findAnswered(
  connections: MailboxConnections,
  messageId: string,
): Promise<EntryId | null> {
  const { messages } = await connections.ask((mailbox) =>
    mailbox.list({ box: "inbox", limit: limits.maxListEntries })
  );
  return messages.find(({ headers }) => headers?.messageId === messageId)?.id ?? null;
}
