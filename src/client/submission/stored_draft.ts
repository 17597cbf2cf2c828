/** Drafts that are kept in the mailbox: made from what was written, and sent from there, each once. */
import { composeMessage } from "../../mime/compose.ts";
import { formatBareAddress, formatList } from "../../mime/header/field.ts";
import { takeIn } from "../../mime/intake.ts";
import { encodeBinaryParts } from "../../mime/structure/encode_binary.ts";
import { readSubmission, rewriteHeader, withoutNotes } from "../../mime/submission.ts";
import { randomBytes, utf8 } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { flags as allFlags, type FolderList, unfiled } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Headers } from "../../model/message.ts";
import { heardElsewhere } from "../../model/promises.ts";
import { formatTaggedAddress, parseTaggedAddress } from "../../model/tagged_address.ts";
import type { FiledMessage } from "../filing/filed_message.ts";
import type { Mailbox } from "../mailbox.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { requireSeen } from "../reading/seen.ts";
import { contentStream, type Draft } from "../sending/draft.ts";
import { checkSize, ContentBound } from "../sending/draft_limits.ts";
import {
  type DraftTerms,
  draftTerms,
  noTerms,
  termsOf,
  useKeywords,
  useOf,
} from "./draft_terms.ts";
import { watchAttachments } from "./submit.ts";

/** How a draft is kept that is written on. */
export interface DraftVersion {
  /** Names the draft, in the local part of its Message-ID. */
  readonly name: string;
  /** The same version is kept once: see `KeptMessage`. */
  readonly key: string;
  /** Words that its writer's program keeps with it. */
  readonly keywords: readonly string[];
  /** The version before, which goes once this one is there; null: there is none. */
  readonly replaces: FiledMessage | null;
}

/** Keeps a draft in the folder for drafts. Returns its id. @throws {MailError} `malformed`, `over_quota`, `too_large` */
export async function keepDraft(
  mailbox: Mailbox,
  draft: Draft,
  now: number,
  version?: DraftVersion,
): Promise<EntryId> {
  const filed = await mailbox.filed();
  const before = version?.replaces ?? null;
  const { folder, flags } = before?.filing ??
    { ...unfiled, folder: draftsFolder(await filed.folders()) };
  const content = await composeDraft(mailbox, draft, now, version?.name);
  const filing = {
    ...unfiled,
    folder,
    flags: allFlags.filter((flag) => flag === "draft" || flags.includes(flag)),
    keywords: [...version?.keywords ?? [], ...useKeywords(draft)],
  };
  const kept = { box: "sent" as const, isRead: true, filing, content, key: version?.key };
  return before === null ? await filed.keep(kept) : await filed.replace(before.id, kept);
}

/** The word by which the page names, and sends, a draft that it made; null: it did not. */
export function nameOf(messageId: string | undefined): string | null {
  return /^([\w-]{43})@/.exec(messageId ?? "")?.[1] ?? null;
}

/** What the server says is enough here: nothing is taken for sent by it. */
export async function wasSent(mailbox: Mailbox, name: string): Promise<boolean> {
  return await mailbox.findSent(name, () => true).then((id) => id !== null, (error) => {
    if (isFailure(error, "protocol")) return true; // its copy was deleted
    throw error;
  });
}

/**
 * A draft's key names it and no other, so that what was sent once is found by it.
 * @throws {MailError} `conflict` for what the page sent and could not delete, or a copy of it
 */
export async function findStored(
  mailbox: Mailbox,
  id: EntryId,
): Promise<{ readonly key: string; readonly sentAs: EntryId | null }> {
  const [message, filed] = [await mailbox.look(id), await mailbox.filed()];
  if (!isDraft(message, await filed.folders())) throw noDraft(id);
  const key = `draft ${id} ${message.storedAt}`;
  const { messageId = "" } = message.headers ?? {};
  const hasNone = messageId.endsWith("@content.invalid"); // WIRE.md 8.9: then it was sent under a random one
  const isIt = (sent: Headers) => hasNone || sent.messageId === messageId;
  const sentAs = await mailbox.findSent(key, isIt);
  const name = nameOf(messageId);
  if (sentAs === null && name !== null && await wasSent(mailbox, name)) throw sentByPage(id);
  return { key, sentAs };
}

/**
 * Reads a draft to be sent by another connection, while its body comes on this one. It goes on the terms that are kept
 * with it, as far as `given` has no others.
 * @throws {MailError} `malformed` for addresses that cannot be read, `too_large`, `usage` where it names nobody, or its
 * time is over
 */
export async function readStored(
  source: Mailbox,
  id: EntryId,
  { key, now, given = {} }: {
    readonly key: string;
    readonly now: number;
    readonly given?: DraftTerms;
  },
): Promise<Draft> {
  const { address, domain } = await source.account();
  const message = await source.open(id);
  if (message.outcome !== "imported") throw noDraft(id);
  requireSeen(message, "send");
  const { keywords } = message.filing;
  const terms = { ...useOf(keywords), ...termsFor(keywords, given, now) };
  const { header, body, fault } = await takeIn(message.source(), { dotEnds: false });
  const written = readSubmission(header);
  if ((fault ?? written.unread) !== null) throw fault ?? written.unread;
  const [to, cc, bcc] = [written.to, written.cc, written.bcc]
    .map((list) => list.map(({ address }) => address)) as [string[], string[], string[]];
  if (to.length + cc.length + bcc.length === 0) throw namesNobody(id);
  const messageId = written.messageId ?? `${randomBytes(16).toHex()}@${domain}`;
  const { subject, inReplyTo, references, fromName: name } = written;
  const stamp = { from: address, name, messageId, date: now };
  const rewritten = rewriteHeader(withoutNotes(header), stamp);
  const { pass, found: attachments } = watchAttachments(rewritten);
  heardElsewhere(attachments); // by the send, once the body is read
  const submitted = { messageId, date: now, inReplyTo, references, attachments, header: rewritten };
  return { to, cc, bcc, subject, body: pass(body), attachments: [], submitted, key, ...terms };
}

function termsFor(
  keywords: readonly string[],
  given: DraftTerms,
  now: number,
): DraftTerms {
  const chosen = termsOf(keywords);
  const untimed = { ...chosen, hold: noTerms.hold, later: noTerms.later };
  try {
    const kept = draftTerms(given.deliver === undefined ? chosen : untimed, now);
    return {
      partial: given.partial || kept.partial,
      burn: given.burn || kept.burn,
      deliver: given.deliver ?? kept.deliver,
      expires: given.expires ?? kept.expires,
    };
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    throw new MailError(error.code, error.message, {
      hint: "Use --at or --hold to choose another time.",
    });
  }
}

/** True for a message that its owner writes on, here or in a mail program. */
export function isDraft(
  { outcome, filing }: Pick<ListedMessage, "outcome" | "filing">,
  list: FolderList,
): boolean {
  return outcome === "imported" &&
    (filing.flags.includes("draft") || filing.folder === draftsFolder(list));
}

function draftsFolder({ folders }: FolderList): number {
  const found = folders.find(({ use }) => use === "drafts");
  if (found !== undefined) return found.id;
  throw new MailError("no_such_message", "Cannot find the folder for drafts: it was deleted");
}

/** Writes a draft as MIME, with those of Bcc, whom no message that is sent names. */
async function composeDraft(
  mailbox: Mailbox,
  { replyTo, ...draft }: Draft,
  now: number,
  name: string = randomBytes(16).toHex(),
): Promise<AsyncIterable<Uint8Array>> {
  const { address, domain, maxMessageBytes } = await mailbox.account();
  checkSize(draft, maxMessageBytes);
  const bound = new ContentBound(maxMessageBytes);
  const whole = (list: readonly string[]) => list.map((text) => wholeAddress(text, domain));
  const answered = replyTo === undefined ? null : (await mailbox.look(replyTo)).headers;
  const bcc = whole(draft.bcc);
  const message = encodeBinaryParts(composeMessage({
    messageId: `${name}@${domain}`,
    date: new Date(now),
    from: address,
    to: whole(draft.to),
    cc: whole(draft.cc),
    subject: draft.subject,
    inReplyTo: answered?.messageId,
    references: answered === null
      ? []
      : [...answered.references, answered.messageId].slice(-limits.maxReferences),
    boundary: `mailctl-${randomBytes(16).toHex()}`,
    body: bound.pass("", contentStream(draft.body)),
    attachments: draft.attachments.map(({ name, type, content }) => ({
      name,
      type,
      content: bound.pass(type, contentStream(content)),
    })),
  }));
  return behind(
    bcc.length === 0 ? "" : formatList("Bcc", bcc.map(formatBareAddress), ","),
    message,
  );
}

function wholeAddress(text: string, domain: string): string {
  const address = parseTaggedAddress(text);
  return formatTaggedAddress({ ...address, domain: address.domain ?? domain });
}

async function* behind(
  fields: string,
  message: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield utf8(fields);
  yield* message;
}

function noDraft(id: EntryId): MailError {
  return new MailError("usage", `Cannot send message ${id} as a draft: it is not one`, {
    hint: "Run `mailctl drafts` for the list.",
  });
}

function sentByPage(id: EntryId): MailError {
  return new MailError(
    "conflict",
    `Cannot send draft ${id}: the page sent it, or what it is a copy of`,
    {
      hint:
        "Run `mailctl sent` to see what was sent. Then delete the draft, or send it from the page.",
    },
  );
}

function namesNobody(id: EntryId): MailError {
  return new MailError("usage", `Cannot send draft ${id}: it names no recipient`, {
    hint: "Write a new draft that names one.",
  });
}
