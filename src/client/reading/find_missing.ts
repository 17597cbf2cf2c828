/** Whether messages whose numbers were passed over are further down in the inbox, or missing. Loaded only where some were. */
import { type Address, localName, parseAddress } from "../../model/address.ts";
import { limits } from "../../model/limits.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import { closeGaps, lowestOpen } from "../correspondents/numbered_contacts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { PageBound } from "../page_bound.ts";
import type { ListedMessage } from "./opened_entry.ts";
import { checkPage } from "./check_page.ts";
import { openListed } from "./open_listed.ts";

/** Opens what else is there of these senders, as far down as it takes; what is not found then is missing. */
export async function findMissing(
  context: MailboxContext,
  keyring: Keyring,
  senders: readonly Address[],
): Promise<void> {
  for (const sender of senders) await openDownTo(context, keyring, sender);
  await keyring.change((contacts) => closeGaps(contacts, senders));
}

/** Newest first: where a number below all that are looked for comes, the others are not there. */
async function openDownTo(
  context: MailboxContext,
  keyring: Keyring,
  sender: Address,
): Promise<void> {
  const from = localName(parseAddress(sender), (await context.account).domain);
  const lowest = lowestOpen(keyring.find(sender));
  if (from === null || lowest === null) return;
  const bound = new PageBound();
  for (let before: number | null = null;;) {
    const asked = { box: "inbox", before, limit: limits.maxListEntries, from } as const;
    const page = await context.client.call("list", { ...asked, unread: false, since: null });
    const entries: readonly WireEntry[] = page.entries;
    checkPage(entries, { ...asked, before: before ?? Infinity });
    bound.take(entries.length, page.total);
    const messages = await openListed(context, keyring, entries);
    if (!page.more || entries.length === 0 || messages.some(isBelow(lowest))) return;
    before = entries.at(-1)!.id;
  }
}

function isBelow(lowest: number): (message: ListedMessage) => boolean {
  return ({ number, outcome }) => outcome !== "invalid" && number > 0 && number < lowest;
}
