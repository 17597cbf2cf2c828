/** Whether messages whose numbers were passed over are further down in the inbox, or missing. Loaded only where some were. */
import { type Address, localName, parseAddress } from "../../model/address.ts";
import { type EntryId, entryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Contact } from "../correspondents/contacts.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import { closeGaps, lowestOpen, noteSearched } from "../correspondents/numbered_contacts.ts";
import { isSeen, nothingReceived } from "../correspondents/numbers.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { checkPage } from "./check_page.ts";
import { openListed } from "./open_listed.ts";
import type { ListedMessage } from "./opened_entry.ts";

/** Pages that a command opens of each sender: what is left is for the next. */
const maxPages = 5;

/** Opens what else is there of these senders, as far down as it takes; what is not found then is missing. */
export async function findMissing(
  context: MailboxContext,
  keyring: Keyring,
  senders: readonly Address[],
): Promise<void> {
  for (const sender of senders) {
    const { searched, there } = await openDown(context, keyring, sender);
    if (searched !== null && there.length > 0) continue; // the next command looks at the same pages
    await keyring.change((contacts) =>
      searched === null
        ? closeGaps(contacts, sender, context.now(), there)
        : noteSearched(contacts, sender, searched)
    );
  }
}

interface Searched {
  /** The last id; null once what is looked for cannot be further down: a lower number came, or the end. */
  readonly searched: EntryId | null;
  /** Numbers of messages that are there, which could not be noted: the server kept nothing just then. */
  readonly there: readonly number[];
}

/** Goes on where an earlier command ended, newest first. */
async function openDown(
  context: MailboxContext,
  keyring: Keyring,
  sender: Address,
): Promise<Searched> {
  const from = localName(parseAddress(sender), (await context.account).domain);
  const lowest = lowestOpen(keyring.find(sender));
  const there: number[] = [];
  if (from === null || lowest === null) return { searched: null, there };
  let before = keyring.find(sender)?.received?.searched || null;
  for (let pages = 0; pages < maxPages; pages++) {
    const asked = { box: "inbox", before, limit: limits.maxListEntries, from } as const;
    const page = await context.client.call("list", {
      ...asked,
      unread: false,
      since: null,
      aside: null,
    });
    checkPage(page.entries, { ...asked, before: before ?? Infinity });
    const messages = await openListed(context, keyring, page.entries);
    const last = page.entries.at(-1)?.id;
    there.push(...messages.filter(isUnnoted(keyring.find(sender))).map(({ number }) => number));
    if (!page.more || last === undefined || messages.some(isBelow(lowest))) {
      return { searched: null, there };
    }
    before = last;
  }
  return { searched: entryId(before!), there };
}

function isUnnoted(contact: Contact | null): (message: ListedMessage) => boolean {
  return ({ number, outcome }) =>
    outcome !== "invalid" && number > 0 && !isSeen(contact?.received ?? nothingReceived, number);
}

function isBelow(lowest: number): (message: ListedMessage) => boolean {
  return ({ number, outcome }) => outcome !== "invalid" && number > 0 && number < lowest;
}
