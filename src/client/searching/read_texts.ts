/** Opening messages for a search: as lists show them, with their texts where these are needed. Marks none as read. */
import { openPayload } from "../../crypto/age/payload.ts";
import { verifyPieces } from "../../crypto/message/piece.ts";
import { StartOf } from "../../mime/block.ts";
import { readText } from "../../mime/text.ts";
import { systemName } from "../../model/bounce.ts";
import { type FailureCode, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { BodySeal } from "../../model/message.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { openEntry } from "../reading/entry.ts";
import { openListed } from "../reading/open_listed.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { readMessageTexts } from "./message_texts.ts";
import { noNames, type PeopleNames, peopleNamesIn } from "./people_names.ts";
import { searchedText } from "./searchable.ts";

/** A message whose headers are opened. */
export interface OpenedHeaders {
  readonly entry: WireEntry;
  readonly message: ListedMessage;
  /** What opens its body; null: a search has no text of it. */
  readonly body: BodySeal | null;
  /** False where the server may say something else of it at another time. */
  readonly isSound: boolean;
}

/** A text, folded, as far as it is searched. */
export interface ReadText {
  readonly text: string;
  /** Of those whom its header names. */
  readonly names: PeopleNames;
  /** All text that is in the message, as `readMessageTexts` folds it; null: that is long, or cannot be told. */
  readonly body: string | null;
  /** False where it may be another at another time: what the server gave is not what was signed. */
  readonly isSound: boolean;
}

/**
 * Opens the headers of entries. A message that burns is never opened further, and what nobody signed that it was said to
 * be signed by, and what the server says by itself, have no text either.
 */
export async function openHeaders(
  context: MailboxContext,
  entries: readonly WireEntry[],
): Promise<OpenedHeaders[]> {
  const [account, keyring] = [await context.account, await context.keyring()];
  const opened = await Promise.all(entries.map(async (entry) => {
    const { message, body, burn } = await openEntry(account, keyring, entry);
    const hasText = !message.burn && message.outcome !== "invalid";
    const isSound = message.outcome !== "invalid" && message.burn === burn;
    return { entry, message, body: hasText ? body : null, isSound };
  }));
  const isNotice = ({ entry, message }: OpenedHeaders) =>
    entry.from === systemName && message.outcome !== "unsigned";
  const notices = opened.filter(isNotice).map(({ entry }) => entry);
  const told = notices.length === 0 ? [] : await openListed(context, keyring, notices, "unseen");
  return opened.map((each) => {
    if (!isNotice(each)) return each;
    const message = told.shift()!;
    return { ...each, message, body: null, isSound: message.outcome !== "invalid" };
  });
}

/** Reads texts; null for a message that is gone meanwhile. `onRead` hears of each. */
export async function readTexts(
  context: MailboxContext,
  opened: readonly OpenedHeaders[],
  onRead: () => void = () => {},
): Promise<(ReadText | null)[]> {
  const texts: (ReadText | null)[] = [];
  for (let at = 0; at < opened.length; at += requestsAtOnce) {
    const some = opened.slice(at, at + requestsAtOnce);
    texts.push(...await Promise.all(some.map((each) => readTextOf(context, each).finally(onRead))));
  }
  return texts;
}

/** They travel together, and the answers come one after the other. */
const requestsAtOnce = 16;
/** Of longer messages, what is shown is kept alone. */
const maxHeldBytes = 256 * 1024;

async function readTextOf(
  { client }: MailboxContext,
  { entry: { id }, message: { sealedBytes }, body, isSound }: OpenedHeaders,
): Promise<ReadText | null> {
  const nothing = { text: "", names: noNames, body: null };
  if (body === null) return { ...nothing, isSound };
  try {
    const { reply, stream } = await client.download("fetch", { id });
    if (reply.entry.id !== id) throw unexpectedReply();
    const start = new StartOf(limits.maxHeaderBytes);
    const content = start.pass(verifyPieces(openPayload(body.fileKey, stream), body));
    const isLong = sealedBytes > maxHeldBytes;
    const held = isLong ? [] : await Array.fromAsync(content);
    return {
      text: await shownIn(isLong ? content : ReadableStream.from(held)),
      names: peopleNamesIn(start.bytes()),
      body: isLong ? null : await allIn(held),
      isSound: true,
    };
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    if (error.code === "no_such_message") return null;
    if (unreadable.has(error.code)) {
      return { ...nothing, isSound: error.code !== "bad_signature" };
    }
    throw error;
  }
}

async function shownIn(content: AsyncIterable<Uint8Array>): Promise<string> {
  return searchedText((await readText(content))?.text ?? "");
}

async function allIn(content: readonly Uint8Array[]): Promise<string | null> {
  try {
    const { body } = await readMessageTexts(ReadableStream.from(content));
    return body.length <= limits.maxSearchedTextCharacters && body.isWellFormed() ? body : null;
  } catch (error) {
    if (error instanceof MailError) return null;
    throw error;
  }
}

/** That a body is not what was signed, or no mail, is told to who reads it. */
const unreadable: ReadonlySet<FailureCode> = new Set(["bad_signature", "malformed", "too_large"]);
