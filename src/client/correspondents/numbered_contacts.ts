/** The numbers of messages to and from the contacts of a keyring: WIRE.md 9.2. */
import type { Address } from "../../model/address.ts";
import { type Moment, timeOf } from "../../model/delivery_time.ts";
import type { NumberedCopy, Numbering } from "../../model/message.ts";
import { type Contact, replaceGrown, ringBytes } from "./contacts.ts";
import type { Keyring } from "./keyring.ts";
import {
  type AbsentTerms,
  acknowledge,
  countMissing,
  excuseExpired,
  excuseGiven,
  give,
  isExcused,
  isSeen,
  nothingGiven,
  nothingReceived,
  passOver,
  receive,
  turnGaps,
  wasHeard,
} from "./numbers.ts";

type Contacts = Map<Address, Contact>;

/** A message of a contact, as its keys signed it. */
export interface NumberedMessage extends Numbering {
  readonly from: Address;
  /** In the inbox. */
  readonly id: number;
  /** At least 1. */
  readonly number: number;
}

/** What messages of one contact are missing. */
export interface MissingMessages {
  /** `name@domain` */
  readonly from: Address;
  /** At least 1. */
  readonly count: number;
}

/** Why the readers of a message may not have it; null: they have to, at once. What waits and expires may never come. */
export function absentTerms(
  { deliver, expires }: {
    readonly deliver?: Moment | undefined;
    readonly expires?: Moment | undefined;
  },
  now: number,
): AbsentTerms | null {
  if (expires === undefined) {
    return deliver === undefined ? null : { due: timeOf(deliver, now), expires: 0 };
  }
  return { due: 0, expires: deliver === undefined ? timeOf(expires, now) : 0 };
}

/**
 * Gives each of these contacts the next number. `terms`: why it may be absent; null: it may not. `restoredAt`: what
 * the server tells of restored backups, 0 for none. As many numbers as it has seconds are more than had been given.
 */
export function giveNumbers(
  contacts: Contacts,
  to: Iterable<Address>,
  terms: AbsentTerms | null,
  { now, restoredAt }: { readonly now: number; readonly restoredAt: number },
): void {
  const before = Math.floor(restoredAt / 1000);
  for (const address of to) {
    change(contacts, address, ({ given = nothingGiven }) => ({
      given: give(passOver(given, before), terms, now),
    }));
  }
}

/** Notes numbers that own mail has; returns whether one was not known to be given. */
export function noteGiven(
  contacts: Contacts,
  copies: readonly NumberedCopy[],
  now: number,
): boolean {
  let isChanged = false;
  for (const { address, number } of copies) {
    const { given = nothingGiven } = contacts.get(address) ?? {};
    if (!contacts.has(address) || given.last >= number) continue;
    isChanged = true;
    change(contacts, address, () => ({ given: give(passOver(given, number - 1), null, now) }));
  }
  return isChanged;
}

/** What a message to a contact signs, which was given the last number. */
export function numberingFor(
  { given = nothingGiven, received = nothingReceived }: Contact,
): Numbering & { readonly number: number } {
  const { last: number, since, absent } = given;
  return {
    number,
    since,
    absent: absent.filter(({ first }) => first !== number), // it is this one
    heard: received.highest,
    lacks: received.gaps,
  };
}

/** True where a contact's own mail says that it has seen a message. */
export function hasHeard(contact: Contact | null, number: number): boolean {
  return wasHeard(contact?.given ?? nothingGiven, number);
}

/** True where a message of this number was seen of a contact, and it is not that one, come back from a backup. */
export function wasSeen(
  contact: Contact | null,
  { number, id }: Pick<NumberedMessage, "number" | "id">,
): boolean {
  const { received = nothingReceived } = contact ?? {};
  return isSeen(received, number) && id > received.restored;
}

/** Notes messages in their order; returns whether there was anything to note. Only contacts have numbers. */
export function noteMessages(
  contacts: Contacts,
  messages: readonly NumberedMessage[],
  now: number,
): boolean {
  let isChanged = false;
  let bytes = messages.length === 0 ? 0 : ringBytes(contacts);
  for (const message of messages) {
    const contact = contacts.get(message.from);
    if (contact === undefined) continue;
    const { given = nothingGiven, received = nothingReceived } = contact;
    const noted = receive(received, message, message, now);
    if (noted === null) continue;
    isChanged = true;
    const grown = { ...contact, received: noted, given: acknowledge(given, message) };
    bytes = replaceGrown(contacts, grown, bytes);
  }
  return isChanged;
}

/** Notes that messages will not come, or may not; returns whether that was not known. */
export function excuseCopies(contacts: Contacts, copies: readonly NumberedCopy[]): boolean {
  let isChanged = false;
  for (const { address, number } of copies) {
    const { given } = contacts.get(address) ?? {};
    if (given === undefined || number === 0 || isExcused(given, number)) continue;
    isChanged = true;
    change(contacts, address, () => ({ given: excuseGiven(given, number) }));
  }
  return isChanged;
}

/** What is missing; with `accept` its owner wants to hear no more of it. */
export async function missingIn(
  keyring: Keyring,
  accept: boolean,
): Promise<readonly MissingMessages[]> {
  const missing = missingOf(keyring.contacts());
  if (accept) await keyring.change((contacts) => acceptMissing(contacts, missing));
  return missing;
}

/** Notes that the owner knows what is missing; returns whether anything was. */
function acceptMissing(contacts: Contacts, missing: readonly MissingMessages[]): boolean {
  for (const { from } of missing) {
    change(contacts, from, ({ received = nothingReceived }) => ({
      received: turnGaps(received, "missing", "accepted"),
    }));
  }
  return missing.length > 0;
}

/** Notes that mail of contacts may have been dropped, at the owner's own wish. */
export function resumeNumbers(contacts: Contacts, from: readonly Address[]): boolean {
  const known = from.filter((address) => contacts.has(address));
  for (const address of known) {
    change(contacts, address, ({ received = nothingReceived }) => ({
      received: { ...received, resumes: true },
    }));
  }
  return known.length > 0;
}

/** The lowest number that was passed over, and that nobody has looked for yet; null: there is none. */
export function lowestOpen(contact: Contact | null): number | null {
  return contact?.received?.gaps.find(({ state }) => state === "open")?.first ?? null;
}

/** Notes how far down what was passed over of a contact was looked for. Returns whether anything was passed over. */
export function noteSearched(contacts: Contacts, from: Address, searched: number): boolean {
  if (lowestOpen(contacts.get(from) ?? null) === null) return false;
  change(contacts, from, ({ received }) => ({ received: { ...received!, searched } }));
  return true;
}

/** Notes that what was passed over of a contact is not there, but for these numbers; returns whether anything was. */
export function closeGaps(
  contacts: Contacts,
  from: Address,
  now: number,
  there: readonly number[] = [],
): boolean {
  if (!noteSearched(contacts, from, 0)) return false;
  change(contacts, from, ({ received }) => ({
    received: turnGaps(excuseExpired(received!, now), "open", "missing", there),
  }));
  return true;
}

/** What is missing of all contacts. */
export function missingOf(contacts: Iterable<Contact>): MissingMessages[] {
  return [...contacts].flatMap(({ address, received }) => {
    const count = received === undefined ? 0 : countMissing(received);
    return count === 0 ? [] : [{ from: address, count }];
  });
}

/** In a sentence without its end. */
export function describeMissing({ from, count }: MissingMessages): string {
  return count === 1
    ? `A message from ${from} is missing`
    : `${count} messages from ${from} are missing`;
}

function change(
  contacts: Contacts,
  address: Address,
  change: (contact: Contact) => Partial<Contact>,
): void {
  const contact = contacts.get(address);
  if (contact !== undefined) contacts.set(address, { ...contact, ...change(contact) });
}
