/** Drafts in the mailbox: kept as they are written, opened again, and gone once they are sent. */
import type { FiledMessage } from "../../../client/filing/filed_message.ts";
import { isTermKeyword, keywordsOf, noTerms } from "../../../client/submission/draft_terms.ts";
import {
  type DraftVersion,
  isDraft,
  keepDraft,
  nameOf,
  wasSent,
} from "../../../client/submission/stored_draft.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import { readAddressList } from "../../../mime/header/address_list.ts";
import { isFailure, MailError } from "../../../model/errors.ts";
import { type EntryId } from "../../../model/ids.ts";
import { parseTaggedAddress } from "../../../model/tagged_address.ts";
import type { Written } from "../page/compose_page.tsx";
import type { DraftState } from "../state/drafts.ts";
import { requireNewest } from "../state/drafts.ts";
import type { PageSession, SignedIn } from "../state/page_session.ts";
import { newWord } from "../visitors.ts";
import { draftOf, originalOf } from "./draft.ts";

export interface KeptAs {
  readonly id: EntryId;
  /** What stands among the recipients and is no address so far: it is not kept. */
  readonly unread: readonly string[];
}

/** Keeps what was written, in the place of what was kept before. @throws {MailError} `conflict`, `over_quota` */
export function keepWritten(
  session: PageSession,
  signedIn: SignedIn,
  written: Written,
): Promise<KeptAs> {
  const { drafts } = signedIn;
  return drafts.inTurn(written, async (state) => {
    const before = await versionBefore(signedIn, state, written);
    const key = `${written.draft} ${newWord()}`;
    state.doubtful = { key, writer: written.writer };
    const { kept, unread } = withoutFragments(written);
    const version = {
      name: written.draft,
      key,
      keywords: keywordsFor(kept, before),
      replaces: before,
    };
    const id = await keep(session, signedIn, kept, version);
    drafts.note(written.draft, id, written.writer);
    state.forward = written.forward;
    return { id, unread };
  });
}

/** What is kept of a draft now; null: nothing so far. @throws {MailError} `conflict` where it is not this window's */
export async function versionBefore(
  signedIn: SignedIn,
  state: DraftState,
  written: Written,
): Promise<FiledMessage | null> {
  await learnWhatWasKept(signedIn, state, written.draft);
  requireNewest(state, written);
  const { id } = state;
  if (id === null) return null;
  const [found] = await signedIn.connections.ask(async (mailbox) =>
    (await mailbox.filed()).read([id])
  );
  if (found !== undefined) return found;
  state.id = null; // what comes next is a message of its own
  throw new MailError("conflict", "Cannot keep the draft: it was sent or deleted elsewhere", {
    hint: "Use Send to make a new message of it.",
  });
}

/** An answer that was lost may have been that it was kept. */
async function learnWhatWasKept(
  { connections, drafts }: SignedIn,
  { doubtful, id: before }: DraftState,
  word: string,
): Promise<void> {
  if (doubtful === null) return;
  const id = await connections.ask(async (mailbox) =>
    (await mailbox.filed()).findKept(doubtful.key)
  );
  if (id === null) return;
  drafts.note(word, id, doubtful.writer);
  if (before !== null && before !== id) await connections.ask((mailbox) => drop(mailbox, before));
}

/** Deletes a draft that is sent, or kept as another message. */
export async function drop(mailbox: Mailbox, id: EntryId): Promise<void> {
  await mailbox.delete([id]).catch((error) => {
    if (!isFailure(error, "no_such_message")) throw error;
  });
}

/** What was written goes on beside the draft that it was, which stays as it is, unless it is `stored` as that. */
export function ownDraft(
  { uploads }: PageSession,
  written: Written,
  stored: EntryId | null = null,
): Written {
  const draft = newWord();
  uploads.copy(written.draft, draft);
  return { ...written, draft, stored };
}

export function changedMeanwhile(): MailError {
  return new MailError("conflict", "Cannot send: another window changed the draft", {
    hint: "Use Send to send what is here. The draft stays as the other window left it.",
  });
}

/** `hasFiles` where they are still there. */
export function alreadyOver(
  end: NonNullable<DraftState["end"]>,
  { hasFiles }: { readonly hasFiles: boolean },
): MailError {
  return new MailError(
    "conflict",
    `Cannot send: the draft was ${end} before, and not as it is here`,
    {
      hint: hasFiles
        ? "Use Send to make a new message of it."
        : "Use Send to make a new message of it. Attach its files again.",
    },
  );
}

/** That a draft stays, whose message is sent, is no failure of it. */
export async function isDropped({ connections }: SignedIn, id: EntryId): Promise<boolean> {
  return await connections.ask((mailbox) => drop(mailbox, id)).then(() => true, (error) => {
    if (!(error instanceof MailError)) throw error;
    return false;
  });
}

/** What is large is kept on a connection of its own: others do not wait for it. */
async function keep(
  { uploads }: PageSession,
  { connections }: SignedIn,
  written: Written,
  version: DraftVersion,
): Promise<EntryId> {
  const files = uploads.of(written.draft);
  const draft = draftOf({ ...written, ...noTerms }, files); // those are for when it is sent
  const { forward } = written;
  if (forward === null && files.length === 0) {
    return await connections.ask((mailbox) => keepDraft(mailbox, draft, Date.now(), version));
  }
  return await connections.aside(async (mailbox) => {
    if (forward === null) return await keepDraft(mailbox, draft, Date.now(), version);
    return await connections.aside(async (source) => {
      const attachments = [await originalOf(source, forward), ...draft.attachments];
      const passed = { ...draft, forwards: forward, attachments };
      return await keepDraft(mailbox, passed, Date.now(), version);
    });
  });
}

/** Terms go along as keywords; those of the writer's own stay. */
function keywordsFor(written: Written, before: FiledMessage | null): readonly string[] {
  const own = before?.filing.keywords.filter((keyword) => !isTermKeyword(keyword)) ?? [];
  return [...own, ...keywordsOf(written)];
}

/** Leaves out of the recipients what is no address: somebody is still typing it. */
function withoutFragments(written: Written): { kept: Written; unread: readonly string[] } {
  const unread: string[] = [];
  const addresses = (text: string) => {
    const list = readAddressList(text.replaceAll("\n", ","));
    unread.push(...list.unread);
    const found = list.found.map(({ address }) => address);
    const whole = found.filter(isAddress);
    unread.push(...found.filter((address) => !whole.includes(address)));
    return whole.join(", ");
  };
  const [to, cc, bcc] = [addresses(written.to), addresses(written.cc), addresses(written.bcc)];
  return { kept: { ...written, to, cc, bcc }, unread };
}

function isAddress(text: string): boolean {
  try {
    parseTaggedAddress(text);
    return true;
  } catch (error) {
    if (error instanceof MailError) return false;
    throw error;
  }
}

/** Which draft a message is: one that is open, or one that is taken up now. @throws {MailError} `usage`, `no_such_message` */
export async function wordOf(
  { connections, drafts }: SignedIn,
  id: EntryId,
): Promise<string> {
  const open = () => {
    const word = drafts.wordOf(id);
    return word !== null && drafts.find(word)?.end === null ? word : null;
  };
  const known = open();
  if (known !== null) return known;
  const { message, isOne, isSent } = await connections.ask(async (mailbox) => {
    const [message, list] = [await mailbox.look(id), await (await mailbox.filed()).folders()];
    const name = nameOf(message.headers?.messageId);
    const isSent = name !== null && await wasSent(mailbox, name);
    return { message, isSent, isOne: isDraft(message, list) };
  });
  if (!isOne) {
    throw new MailError("usage", `Cannot edit message ${id}: it is not a draft of yours`);
  }
  const meanwhile = open(); // in another window
  if (meanwhile !== null) return meanwhile;
  // A copy of a draft has its name, and one that was sent is not sent under it again.
  const name = nameOf(message.headers?.messageId);
  const word = name === null || isSent || drafts.find(name) !== null ? newWord() : name;
  drafts.adopt(word, id);
  return word;
}
