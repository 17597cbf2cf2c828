/** The contacts of a keyring: how they are laid out in what is sealed, how much room they take, and how they change. */
import type { MailboxKey } from "../../crypto/account/mailbox_key.ts";
import type { FormerKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, equalBytes, utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import { bool, decode, encode, list, struct, u64, versioned } from "../../wire/fields.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import { address, fingerprint } from "../../wire/layouts.ts";

/** What mail that merely arrives may fill of the ring, so that nobody can keep its owner from pinning. */
const maxSeenBytes = limits.maxKeyringBytes / 2;
/** Less the nonce, the tag, and what goes before the contacts. */
const maxRingBytes = limits.maxKeyringBytes - (12 + 16 + 1 + 4);
const maxContacts = 3_000;
/** Of one contact in the layout, besides its address. */
const contactBytes = 4 + 32 + 1 + 8 + 4;
/** Of keys that a contact had. */
const formerBytes = 32 + 8;

const contact = {
  address,
  fingerprint,
  /** True once a person compared the fingerprint by another way. */
  verified: bool,
  /** When it was pinned, milliseconds since 1970. */
  since: u64,
};
const former = list(struct({ fingerprint, until: u64 }), limits.maxSuccessions);

/** The second layout is for rings with contacts whose keys changed. */
const firstLayout = versioned(1, struct({ contacts: list(struct(contact), maxContacts) }));
const secondLayout = versioned(
  2,
  struct({ contacts: list(struct({ ...contact, former }), maxContacts) }),
);

/** A correspondent and the key that is theirs as far as this account knows. */
export interface Contact {
  readonly address: Address;
  readonly fingerprint: AccountFingerprint;
  readonly verified: boolean;
  readonly since: number;
  /** Keys that the pinned ones took the place of, newest first; those with `until` 0 without owning up to them. */
  readonly former?: readonly FormerKeys[];
}

/** What somebody's keys are, and what they were before: each step is proved by both sides of it. */
export interface KeyHistory {
  readonly fingerprint: AccountFingerprint;
  /** Newest first. */
  readonly former: readonly FormerKeys[];
}

/** Opens the ring that a server keeps. @throws {MailError} `bad_signature` where it was altered */
export async function openContacts(
  key: MailboxKey,
  { version, sealed }: ReplyOf<"keyring">,
): Promise<readonly Contact[]> {
  if (sealed === null && version === 0) return [];
  const opened: Bytes = await key.openKeyring(version, sealed ?? new Uint8Array(0));
  return opened[0] === 2
    ? decode(secondLayout, opened).contacts
    : decode(firstLayout, opened).contacts;
}

/** Lays contacts out as they are sealed. */
export function encodeContacts(contacts: readonly Contact[]): Bytes {
  if (contacts.every(({ former }) => former === undefined)) {
    return encode(firstLayout, { contacts });
  }
  const whole = contacts.map((contact) => ({ ...contact, former: contact.former ?? [] }));
  return encode(secondLayout, { contacts: whole });
}

/** False where mail that merely arrives has filled its share of the ring, or would with these addresses. */
export function hasRoomFor(
  contacts: ReadonlyMap<Address, Contact>,
  addresses: readonly Address[],
): boolean {
  const bytes = addresses.reduce((sum, address) => sum + bytesOf({ address }), ringBytes(contacts));
  return bytes <= maxSeenBytes && contacts.size + addresses.length <= maxContacts / 2;
}

/** Adds contacts in their order while the ring has room for them; returns whether any was added. */
export function addWhileRoom(
  contacts: Map<Address, Contact>,
  added: readonly Contact[],
): boolean {
  const size = contacts.size;
  let bytes = ringBytes(contacts);
  for (const contact of added) {
    bytes += bytesOf(contact);
    if (bytes > maxRingBytes || contacts.size === maxContacts) break;
    contacts.set(contact.address, contact);
  }
  return contacts.size > size;
}

function ringBytes(contacts: ReadonlyMap<Address, Contact>): number {
  return contacts.values().reduce((sum, contact) => sum + bytesOf(contact), 0);
}

function bytesOf({ address, former = [] }: Pick<Contact, "address" | "former">): number {
  return contactBytes + utf8(address).length + former.length * formerBytes;
}

/**
 * Goes on to the current keys of contacts whose pinned ones are on their line; returns whether any changed. Former keys
 * are no more than mail that arrives may fill: else many strangers who change their keys often would leave no room to
 * pin.
 */
export function followHistories(
  contacts: Map<Address, Contact>,
  lines: ReadonlyMap<Address, KeyHistory>,
  now: number,
): boolean {
  let changed = false;
  for (const [address, line] of lines) {
    const contact = contacts.get(address);
    const room = Math.floor((maxSeenBytes - ringBytes(contacts)) / formerBytes);
    const followed = contact && followHistory(contact, line, now, Math.max(0, room));
    if (!followed) continue;
    contacts.set(address, followed);
    changed = true;
  }
  return changed;
}

/** Null where the line does not have the pinned keys, or nothing to learn. `room`: former keys that may be added. */
function followHistory(
  contact: Contact,
  line: KeyHistory,
  now: number,
  room: number,
): Contact | null {
  const isOn = ({ fingerprint }: FormerKeys) => equalBytes(fingerprint, contact.fingerprint);
  const isCurrent = equalBytes(line.fingerprint, contact.fingerprint);
  if (!isCurrent && !line.former.some(isOn)) return null;
  const before = contact.former ?? [];
  const known = before.filter(({ until }) => until > 0).map(({ fingerprint }) =>
    fingerprint.toHex()
  );
  const fresh = line.former.filter(({ fingerprint }) => !known.includes(fingerprint.toHex()));
  const isFresh = ({ fingerprint }: FormerKeys) =>
    fresh.some((keys) => equalBytes(keys.fingerprint, fingerprint));
  const most = Math.min(before.length + room, limits.maxSuccessions);
  if (isCurrent && (fresh.length === 0 || most === before.length)) return null;
  const former = [...fresh, ...before.filter((keys) => !isFresh(keys))]
    .sort((a, b) => b.until - a.until).slice(0, most);
  if (isCurrent) return { ...contact, former };
  return { ...contact, fingerprint: line.fingerprint, verified: false, since: now, former };
}

export function byAddress(contacts: readonly Contact[]): Map<Address, Contact> {
  return new Map(contacts.map((contact) => [contact.address, contact]));
}

/** Pins keys of addresses that have none; returns whether there were any. */
export function addMissing(
  contacts: Map<Address, Contact>,
  fresh: readonly (readonly [Address, AccountFingerprint])[],
  since: number,
): boolean {
  const missing = fresh.filter(([address]) => !contacts.has(address));
  for (const [address, fingerprint] of missing) {
    contacts.set(address, { address, fingerprint, verified: false, since });
  }
  return missing.length > 0;
}

/** True where a pin may be replaced: it is of one of these keys, or there is none. */
export function isEither(
  pinned: Contact | null,
  fingerprint: AccountFingerprint,
  replaces: Uint8Array | null,
): boolean {
  return pinned === null || equalBytes(pinned.fingerprint, fingerprint) ||
    (replaces !== null && equalBytes(pinned.fingerprint, replaces));
}
