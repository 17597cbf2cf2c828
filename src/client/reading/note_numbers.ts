/**
 * What was found in entries of a list, kept: summaries, keys of first contacts, and the numbers of messages, which tell of
 * mail that is missing or comes again. WIRE.md 9.2.
 */
import type { Address } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import type { NumberedCopy, Outcome } from "../../model/message.ts";
import { bestEffort } from "../../model/promises.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { RequestOf } from "../../wire/operations.ts";
import type { OpenAccount } from "../account.ts";
import { type Contact, pinSeen } from "../correspondents/contacts.ts";
import type { Keyring } from "../correspondents/keyring.ts";
import {
  excuseCopies,
  noteMessages,
  type NumberedMessage,
  wasSeen,
} from "../correspondents/numbered_contacts.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { openEntry } from "./entry.ts";
import type { GivenEntry, ListedMessage } from "./opened_entry.ts";

/** An entry, and its message as it is shown. */
export interface FoundEntry extends GivenEntry {
  readonly message: ListedMessage;
}

type Contacts = Map<Address, Contact>;

/** Outcomes that say whose a message is. */
const held: ReadonlySet<Outcome> = new Set(["verified", "signed", "unknown"]);

/** Asks the server for entries as they are now. */
type Look = (ids: readonly EntryId[]) => Promise<readonly WireEntry[]>;

/**
 * Finds messages that come again: they were not opened before, and their number was. Copies are none: their owner says so. Entries come in the order of their
 * ids. `arriving`: to a command that waits, what a backup brought back is no news.
 */
export async function findReplays(
  account: OpenAccount,
  keyring: Keyring,
  found: readonly FoundEntry[],
  look: Look,
  arriving = false,
): Promise<ReadonlySet<EntryId>> {
  const fresh = new Set<string>();
  const again = found.filter(({ message: { id, from, number, outcome, filing, isKnown } }) => {
    if (number === 0 || filing.flags.includes("copied")) return false;
    if (isKnown || !held.has(outcome)) return false;
    const name = `${number} ${from}`;
    if (fresh.has(name)) return true;
    fresh.add(name);
    return wasSeen(keyring.find(from), { number, id: arriving ? Infinity : id });
  });
  if (again.length === 0) return new Set();
  const ids = again.map(({ entry: { id } }) => id);
  const now = await look(ids); // another machine may have opened them just now, which a summary proves
  const opened = await Promise.all(now.map((entry) => openEntry(account, keyring, entry)));
  const known = opened.flatMap(({ message: { id, isKnown } }) => isKnown ? [id] : []);
  return new Set(ids.filter((id) => !known.includes(id)));
}

/**
 * Learns, for this object alone, from which number on the present keys of senders sign: so that their former ones are not
 * believed for any later.
 */
export function learnSince(keyring: Keyring, given: readonly GivenEntry[]): void {
  for (const { opened: { message, numbering: { since } } } of given) {
    const { from, senderFingerprint, outcome } = message;
    if (since > 0 && held.has(outcome)) keyring.learnSince(from, senderFingerprint!, since);
  }
}

/** Keeps what was found, all or nothing. What cannot be kept is found again the next time. */
export async function keepFound(
  context: MailboxContext,
  keyring: Keyring,
  found: readonly FoundEntry[],
  summaries: RequestOf<"saveSummaries">["summaries"],
): Promise<void> {
  const { client, now } = context;
  const note = (contacts: Contacts) => noteAll(contacts, found, now());
  try {
    const isNoted = await keyring.change(note, async (update) => {
      await client.call("saveSummaries", { summaries, keyring: update });
      return true;
    });
    if (isNoted || summaries.length === 0) return;
    // Nothing that is opened next depends on it.
    context.finishAfter(bestEffort(client.call("saveSummaries", { summaries, keyring: null })));
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    if (error.code === "bad_signature" && !keyring.isOwed) throw error; // else it is told as what was not put back
  }
}

/** Notes in a keyring what was found; returns whether there was anything to note. */
function noteAll(contacts: Contacts, found: readonly FoundEntry[], now: number): boolean {
  const right = found.filter(({ message: { outcome } }) => held.has(outcome));
  const unknown = right.filter(({ message: { outcome } }) => outcome === "unknown");
  const keys = new Map(
    unknown.map(({ message: { from, senderFingerprint } }) => [from, senderFingerprint!]),
  );
  const isPinned = pinSeen(contacts, keys, now);
  const isNoted = noteMessages(contacts, right.flatMap(numbered), now);
  const isExcused = excuseCopies(contacts, found.flatMap(cameBack));
  return isPinned || isNoted || isExcused;
}

function numbered({ message, opened: { numbering } }: FoundEntry): NumberedMessage[] {
  const { id, from, number } = message;
  return number === 0 ? [] : [{ ...numbering, id, from, number }];
}

/** Own mail that came back: its number will not be seen, or was not. */
function cameBack({ message, opened: { numbering } }: FoundEntry): NumberedCopy[] {
  const { bounced, outcome } = message;
  if (bounced === null || outcome !== "notice") return [];
  return numbering.numbers.filter(({ address }) => address === bounced.recipient);
}
