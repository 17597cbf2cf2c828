/** One message with its body. Loaded only where one is read. */
import { openFileStream } from "../../crypto/age/file.ts";
import { openPayload } from "../../crypto/age/payload.ts";
import { verifyPieces } from "../../crypto/message/piece.ts";
import type { Address } from "../../model/address.ts";
import { ByteCounter } from "../../model/byte_counter.ts";
import { sealBroken } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { heardElsewhere } from "../../model/promises.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import type { Progress } from "../progress.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import { burnt, isBurnt } from "./burn.ts";
import { openEntry } from "./entry.ts";
import { identitiesOf } from "./identities.ts";
import { findReplays, keepFound } from "./note_numbers.ts";
import { askAgain, checkReceipts, summariesOf } from "./open_listed.ts";
import { type OpenedMessage } from "./opened_entry.ts";
import { type GivenEntry, type ListedMessage } from "./opened_entry.ts";
import { askNotices, isNotice, type Notices, openNoticeMessage } from "./server_notices.ts";

/** Opens one message; see `Mailbox.open`. */
export function openMessage(
  context: MailboxContext,
  id: EntryId,
  progress: Progress,
): Promise<OpenedMessage> {
  return open(context, id, askNotices(context.client, [id]), progress);
}

/** Opens several, with one question for all of them; see `Mailbox.openAll`. */
export function openMessages(
  context: MailboxContext,
  ids: readonly EntryId[],
): Promise<OpenedMessage>[] {
  const asked = askNotices(context.client, ids);
  return ids.map((id) => heardElsewhere(open(context, id, asked, () => {}))); // by whoever awaits it
}

/** `asked`: before the body, which would have to be read first. */
async function open(
  context: MailboxContext,
  id: EntryId,
  asked: Promise<Notices>,
  progress: Progress,
): Promise<OpenedMessage> {
  const opening = context.keyring();
  const { entry, stream } = await download(context, id);
  try {
    const [account, keyring] = [await context.account, await opening];
    const sealed = new ByteCounter(progress).pass(stream);
    return await openFetched({ context, account, keyring, entry, notices: await asked, sealed });
  } catch (error) {
    heardElsewhere(passOver(stream)); // or nothing more is heard on this connection
    throw error;
  }
}

interface Fetched {
  readonly context: MailboxContext;
  readonly account: OpenAccount;
  readonly keyring: Keyring;
  readonly entry: WireEntry;
  readonly notices: Notices;
  readonly sealed: AsyncIterable<Uint8Array>;
}

async function openFetched(fetched: Fetched): Promise<OpenedMessage> {
  const { context, account, keyring, entry, notices, sealed } = fetched;
  const opened = await openEntry(account, keyring, entry);
  if (isNotice(entry, opened.message, notices)) {
    return await openNoticeMessage(account, { entry, opened }, notices, sealed);
  }
  const { body, contents } = opened;
  const given = { entry, opened };
  const { message: judged, keep } = await judge(context, keyring, given);
  const found = { ...given, message: judged };
  const replays = await findReplays(
    account,
    keyring,
    [found],
    (ids) => lookElsewhere(context, ids),
  );
  const shown: ListedMessage = replays.size > 0 ? { ...judged, outcome: "invalid" } : judged;
  const { headers, ...message } = shown;
  if (body === null || headers === null) throw sealBroken();
  const source = async function* () {
    if (isBurnt(message)) {
      for await (const _ of sealed);
      throw burnt(entry.id);
    }
    yield* verifyPieces(openPayload(body.fileKey, sealed), body);
    await keep();
    const isFresh = entry.summary === null && replays.size === 0;
    const summaries = await summariesOf(account, isFresh ? [found] : []);
    await keepFound(context, keyring, [{ ...found, message: shown }], summaries);
  };
  return { ...message, headers, contents, source };
}

/** On a connection of its own: on the other one the body is under way. */
async function lookElsewhere(context: MailboxContext, ids: readonly EntryId[]) {
  const elsewhere = context.reopen();
  try {
    await elsewhere.account;
    return await askAgain(elsewhere)(ids);
  } finally {
    elsewhere.close();
  }
}

async function passOver(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream) break;
}

/** Opens an age file for this account; see `Mailbox.openSealed`. */
export async function* openSealedBody(
  account: OpenAccount,
  sealed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const { encodeBinaryParts } = await import("../../mime/structure/encode_binary.ts");
  yield* encodeBinaryParts(openFileStream(identitiesOf(account), sealed));
}

async function download(context: MailboxContext, id: EntryId) {
  const fetched = context.client.download("fetch", { id });
  const { reply: { entry }, stream } = await context.afterLogin(fetched);
  if (entry.id !== id) throw unexpectedReply();
  return { entry, stream };
}

interface Judged {
  readonly message: ListedMessage;
  /** Keeps what the keyring learned; to be called when the body is read. */
  readonly keep: () => Promise<void>;
}

/** Checks receipts and the sender while the body is under way: so keys are asked for on connections of their own. */
async function judge(
  context: MailboxContext,
  keyring: Keyring,
  given: GivenEntry,
): Promise<Judged> {
  const keyLines = async (addresses: readonly Address[]) => {
    const elsewhere = context.reopen();
    return await elsewhere.keyLines(addresses).finally(() => elsewhere.close());
  };
  const checked = await checkReceipts(context, keyring, [given], { keyLines });
  const [{ opened }] = checked.entries as [GivenEntry];
  const follower = await context.follower();
  const judged = await follower.judgeAgain(
    keyring,
    opened.message,
    () => Promise.resolve(context.reopen()),
  );
  const keep = async () => {
    await judged.keep();
    await checked.keep();
  };
  return { message: judged.message, keep };
}
