/** Entries as a list shows them: opened and checked, and what was learned from them kept. */
import { encodeSummary } from "../../crypto/message/summary.ts";
import { systemName } from "../../model/bounce.ts";
import type { Bytes } from "../../model/bytes.ts";
import { isFailure } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { heardElsewhere, inOrder } from "../../model/promises.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { CheckedEntries } from "./check_receipts.ts";
import { hasReceipts, openEntry } from "./entry.ts";
import { findReplays, type FoundEntry, keepFound, learnSince } from "./note_numbers.ts";
import { type GivenEntry, type ListedMessage, type OpenedEntry } from "./opened_entry.ts";
import { askNotices, withNotices } from "./server_notices.ts";

/** For whom a list is: `unseen` as in `MessageQuery`, `arriving` for a command that waits. */
export type ListedFor = "reader" | "unseen" | "arriving";

/** Opens and checks entries of a list. */
export async function openListed(
  context: MailboxContext,
  keyring: Keyring,
  entries: readonly WireEntry[],
  listedFor: ListedFor = "reader",
): Promise<ListedMessage[]> {
  const unseen = listedFor === "unseen";
  const account = await context.account;
  const notices = askNotices(context.client, idsToAsk(entries));
  const given = await openAll(account, keyring, entries);
  const checked = unseen ? unchecked(given) : await checkReceipts(context, keyring, given);
  const told = await withNotices(account, checked.entries, await notices);
  const judged = unseen ? told : await judgeChanged(context, keyring, told);
  const found = checked.entries.map((each, at) => ({ ...each, message: judged[at]! }));
  const [sorted, look] = [found.toSorted(byId), askAgain(context)];
  const replays = await findReplays(account, keyring, sorted, look, listedFor === "arriving");
  const shown = found.map((each) => replays.has(each.entry.id) ? refused(each) : each);
  const messages = shown.map(({ message }) => message);
  if (unseen) return messages;
  await checked.keep();
  const fresh = newlyChecked(given, shown).filter(({ entry: { id } }) => !replays.has(id));
  // A command that waits may show no notice to anybody: that own mail came back is noted once a list shows it.
  const kept = shown.filter(({ message: { outcome } }) =>
    listedFor !== "arriving" || outcome !== "notice"
  );
  await keepFound(context, keyring, kept.toSorted(byId), await summariesOf(account, fresh));
  return messages;
}

/** All at once would take each step together, so that this thread and those of Web Crypto wait for each other in turns. */
const openedAtOnce = 16;

/** The former keys of a sender are judged by what all of the entries say of its present ones. */
async function openAll(
  account: OpenAccount,
  keyring: Keyring,
  entries: readonly WireEntry[],
): Promise<GivenEntry[]> {
  const open = (entry: WireEntry) => openEntry(account, keyring, entry);
  const given = await Array.fromAsync(
    inOrder(entries, openedAtOnce, async (entry) => ({ entry, opened: await open(entry) })),
  );
  learnSince(keyring, given);
  return given.map((each) => rejudged(keyring, each));
}

function rejudged(keyring: Keyring, { entry, opened }: GivenEntry): GivenEntry {
  const { message } = opened;
  const { outcome, from, senderFingerprint, headers, number } = message;
  if (outcome !== "signed" || number === 0) return { entry, opened };
  const again = keyring.judge(from, senderFingerprint!, headers!.date, number);
  return { entry, opened: { ...opened, message: { ...message, outcome: again } } };
}

function refused(found: FoundEntry): FoundEntry {
  return { ...found, message: { ...found.message, outcome: "invalid" } };
}

function byId(a: FoundEntry, b: FoundEntry): number {
  return a.entry.id - b.entry.id;
}

/** Opens the headers of one message; see `Mailbox.look`. */
export async function lookAt(context: MailboxContext, id: EntryId): Promise<ListedMessage> {
  const looked = context.client.call("look", { ids: [id] });
  const opening = context.keyring();
  const account = await context.account;
  const [entry] = (await looked).entries;
  if (entry?.id !== id) throw unexpectedReply();
  const keyring = await opening;
  const opened = await openEntry(account, keyring, entry);
  const { entries: [checked], keep } = await checkReceipts(context, keyring, [{ entry, opened }]);
  await keep();
  const [message] = await judgeChanged(context, keyring, [checked!.opened.message]);
  const found = { ...checked!, message: message! };
  const replays = await findReplays(account, keyring, [found], askAgain(context));
  return (replays.size > 0 ? refused(found) : found).message;
}

/**
 * Asks for entries as they are now, of which the server may give the first ones alone; for none where one of them is
 * not there. @throws {MailError} `protocol` for others: nobody is shown them, and they would count as seen
 */
export function askAgain({ client }: Pick<MailboxContext, "client">) {
  return async (ids: readonly EntryId[]) => {
    const { entries } = await client.call("look", { ids: [...ids] }).catch(noneThere);
    if (entries.some(({ id }, at) => id !== ids[at])) throw unexpectedReply();
    return entries;
  };
}

/**
 * Opens what was not opened before, and keeps what was found: so that what is deleted unseen is not taken for missing.
 * Ids that are not there are passed over.
 */
export async function keepUnopened(
  context: MailboxContext,
  ids: readonly EntryId[],
): Promise<void> {
  const keyring = context.keyring();
  for (let left = [...ids]; left.length > 0;) {
    const asked = left.slice(0, limits.maxListEntries);
    const entries = await context.afterLogin(heardElsewhere(askAgain(context)(asked)));
    await openListed(context, await keyring, entries.filter(({ box }) => box === "inbox"));
    left = left.slice(entries.length || asked.length);
  }
}

function noneThere(error: unknown): { readonly entries: readonly WireEntry[] } {
  if (isFailure(error, "no_such_message")) return { entries: [] };
  throw error;
}

/** Checks the receipts of what was sent; `source` is whom to ask for readers' keys. */
export async function checkReceipts(
  context: MailboxContext,
  keyring: Keyring,
  given: readonly GivenEntry[],
  source: Pick<MailboxContext, "keyLines"> = context,
): Promise<CheckedEntries> {
  if (!given.some(hasReceipts)) return unchecked(given);
  const { checkReceipts } = await import("./check_receipts.ts");
  return await checkReceipts({
    account: await context.account,
    keyring,
    now: context.now(),
    source,
  }, given);
}

async function judgeChanged(
  context: MailboxContext,
  keyring: Keyring,
  messages: ListedMessage[],
): Promise<ListedMessage[]> {
  if (messages.every(({ outcome }) => outcome !== "changed")) return messages;
  return await (await context.follower()).judgeAll(keyring, messages, context);
}

function unchecked(given: readonly GivenEntry[]): CheckedEntries {
  return { entries: [...given], keep: () => Promise.resolve() };
}

/** The entries of which more is to be known than the list says: what came back, and to whom. */
function idsToAsk(entries: readonly WireEntry[]): EntryId[] {
  return entries.filter(({ box, from }) => box === "sent" || from === systemName)
    .map(({ id }) => id);
}

/** Entries of which more is known now than their summaries tell. */
function newlyChecked<E extends GivenEntry>(
  given: readonly GivenEntry[],
  checked: readonly E[],
): E[] {
  return checked.filter(({ entry, opened }, at) =>
    entry.summary === null || entry !== given[at]!.entry ||
    opened.receipts.length !== given[at]!.opened.receipts.length
  );
}

/** Seals what was checked just now for the next opening, which is quicker with it and no worse without. */
export async function summariesOf(
  { mailboxKey }: OpenAccount,
  checked: readonly GivenEntry[],
): Promise<{ readonly id: EntryId; readonly summary: Bytes }[]> {
  return await Promise.all(
    checked.filter(({ opened }) => isWorthSaving(opened)).map(async ({ entry, opened }) => ({
      id: entry.id,
      summary: await mailboxKey.sealSummary(entry, await summaryOf(opened)),
    })),
  );
}

/** False where nothing was found to hold that a later opening could go by. */
function isWorthSaving({ message, body }: OpenedEntry): boolean {
  const { outcome, headers } = message;
  return outcome !== "invalid" && headers !== null && body !== null;
}

async function summaryOf(opened: OpenedEntry): Promise<Bytes> {
  const { message, body, contents, receipts, numbering } = opened;
  const { headers, notBefore, burn, senderFingerprint, origin } = message;
  const common = { ...headers!, ...body! };
  if (origin === null) {
    const signed = { notBefore, burn, senderFingerprint: senderFingerprint!, contents: contents! };
    return encodeSummary({ ...common, ...signed, ...numbering, receipts });
  }
  const { encodeUnsignedSummary } = await import("../../crypto/message/unsigned.ts");
  return encodeUnsignedSummary({ ...common, origin });
}
