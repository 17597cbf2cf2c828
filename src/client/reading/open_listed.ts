/** Entries as a list shows them: opened and checked, and what was learned from them kept. */
import type { EntryId } from "../../model/ids.ts";
import { encodeSummary } from "../../crypto/message/summary.ts";
import type { Bytes } from "../../model/bytes.ts";
import { bestEffort } from "../../model/promises.ts";
import { systemName } from "../../model/bounce.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { OpenAccount } from "../account.ts";
import { type GivenEntry, type ListedMessage, type OpenedEntry } from "./opened_entry.ts";
import { hasReceipts, openEntry } from "./entry.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import type { CheckedEntries } from "./check_receipts.ts";
import { askNotices, withNotices } from "./server_notices.ts";

/** Opens and checks entries of a list. `unseen`: as in `MessageQuery`. */
export async function openListed(
  context: MailboxContext,
  keyring: Keyring,
  entries: readonly WireEntry[],
  unseen = false,
): Promise<ListedMessage[]> {
  const account = await context.account;
  const notices = askNotices(context.client, idsToAsk(entries));
  const given = await Promise.all(
    entries.map(async (entry) => ({ entry, opened: await openEntry(account, keyring, entry) })),
  );
  const checked = unseen ? unchecked(given) : await checkReceipts(context, keyring, given);
  const found = await withNotices(account, checked.entries, await notices);
  if (unseen) return found;
  const messages = await judgeChanged(context, keyring, found);
  await checked.keep();
  await Promise.all([
    saveSummaries(context, account, newlyChecked(given, checked.entries)),
    pinSeen(context, keyring, messages),
  ]);
  return messages;
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
  const { entries, keep } = await checkReceipts(context, keyring, [{ entry, opened }]);
  await keep();
  const messages = entries.map(({ opened }) => opened.message);
  return (await judgeChanged(context, keyring, messages))[0]!;
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

/** Pins the keys of senders that have none yet. */
export async function pinSeen(
  { now }: MailboxContext,
  keyring: Keyring,
  messages: readonly Pick<ListedMessage, "outcome" | "from" | "senderFingerprint">[],
): Promise<void> {
  const seen = messages.filter(({ outcome }) => outcome === "unknown");
  const keys = new Map(seen.map(({ from, senderFingerprint }) => [from, senderFingerprint!]));
  if (keys.size > 0) await keyring.pinSeen(keys, now());
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
function newlyChecked(
  given: readonly GivenEntry[],
  checked: readonly GivenEntry[],
): GivenEntry[] {
  return checked.filter(({ entry, opened }, at) =>
    entry.summary === null || entry !== given[at]!.entry ||
    opened.receipts.length !== given[at]!.opened.receipts.length
  );
}

/** Keeps what was checked just now for the next opening, which is quicker with it and no worse without. */
export async function saveSummaries(
  { client }: MailboxContext,
  { mailboxKey }: OpenAccount,
  checked: readonly GivenEntry[],
): Promise<void> {
  const fresh = checked.filter(({ opened }) => isWorthSaving(opened));
  if (fresh.length === 0) return;
  const summaries = await Promise.all(
    fresh.map(async ({ entry, opened }) => ({
      id: entry.id,
      summary: await mailboxKey.sealSummary(entry, await summaryOf(opened)),
    })),
  );
  await bestEffort(client.call("saveSummaries", { summaries })); // a lost connection fails the next call
}

/** False where nothing was found to hold that a later opening could go by. */
function isWorthSaving({ message, body }: OpenedEntry): boolean {
  const { outcome, headers, burn } = message;
  return outcome !== "invalid" && !burn && headers !== null && body !== null;
}

async function summaryOf({ message, body, contents, receipts }: OpenedEntry): Promise<Bytes> {
  const { headers, notBefore, senderFingerprint, origin } = message;
  const common = { ...headers!, ...body! };
  if (origin === null) {
    const signed = { notBefore, senderFingerprint: senderFingerprint!, contents: contents! };
    return encodeSummary({ ...common, ...signed, receipts });
  }
  const { encodeUnsignedSummary } = await import("../../crypto/message/unsigned.ts");
  return encodeUnsignedSummary({ ...common, origin });
}
