/** The contacts of a keyring: how they are laid out in what is sealed, how much room they take, and how they change. */
import type { FormerKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, equalBytes, utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import {
  bool,
  type Codec,
  decode,
  encode,
  fixed,
  list,
  optional,
  struct,
  u64,
  versioned,
  word,
} from "../../wire/fields.ts";
import { address, fingerprint } from "../../wire/layouts.ts";
import { gapStates } from "./gaps.ts";
import {
  type GivenNumbers,
  nothingGiven,
  nothingReceived,
  type ReceivedNumbers,
} from "./numbers.ts";

/** What mail that merely arrives may fill of the ring, so that nobody can keep its owner from pinning. */
const maxSeenBytes = limits.maxKeyringBytes / 2;
/** Less the nonce, the tag, and what goes before the contacts. */
const maxRingBytes = limits.maxKeyringBytes - (12 + 16 + 1 + 32 + 8 + 4);
export const maxContacts = 3_000;
/** Of one contact in the layout, besides its address and its lists. */
const contactBytes = 4 + 32 + 1 + 8 + 4 + (8 + 8 + 4 + 8 + 4) + (8 + 8 + 4 + 1 + 8 + 8 + 8);
const markBytes = 32;
/** Of keys that a contact had. */
const formerBytes = 32 + 8;
const rangeBytes = 8 + 8 + 8 + 8;

const range = { first: u64, last: u64 };
const ranges = <T>(item: Codec<T>) => list(item, limits.maxNumberRanges);

const layout = versioned(
  1,
  struct({
    /** The account's own, at the time. */
    own: fingerprint,
    /** As the server said when it was sealed. */
    restoredAt: u64,
    contacts: list(
      struct({
        address,
        fingerprint,
        /** Made once a person compared the fingerprint by another way. */
        mark: optional(fixed(32)),
        /** When it was pinned, milliseconds since 1970. */
        since: u64,
        former: list(struct({ fingerprint, until: u64 }), limits.maxSuccessions),
        given: struct({
          last: u64,
          since: u64,
          absent: ranges(struct({ ...range, expires: u64, due: u64 })),
          heard: u64,
          lacks: ranges(struct(range)),
        }),
        received: struct({
          highest: u64,
          since: u64,
          gaps: ranges(struct({ ...range, expires: u64, state: word(gapStates) })),
          resumes: bool,
          newest: u64,
          restored: u64,
          searched: u64,
        }),
      }),
      maxContacts,
    ),
  }),
);

/** What a keyring has, opened. */
export interface Ring {
  /** The account's own fingerprint when it was sealed; null: nothing was sealed yet. */
  readonly own: AccountFingerprint | null;
  /** What its server had last told of restored backups; 0: there was none. WIRE.md 6 */
  readonly restoredAt: number;
  readonly contacts: readonly Contact[];
}

/** A correspondent and the key that is theirs as far as this account knows. */
export interface Contact {
  readonly address: Address;
  readonly fingerprint: AccountFingerprint;
  readonly verified: boolean;
  /** Proves that a machine with all power verified it. Kept by those that have less, and cannot make it. */
  readonly mark?: Uint8Array | undefined;
  readonly since: number;
  /** Keys that the pinned ones took the place of, newest first; those with `until` 0 without owning up to them. */
  readonly former?: readonly FormerKeys[] | undefined;
  /** Of the numbers of messages to it; absent: none was given. */
  readonly given?: GivenNumbers | undefined;
  /** Of the numbers of messages from it; absent: none was seen. */
  readonly received?: ReceivedNumbers | undefined;
}

/** What somebody's keys are, and what they were before: each step is proved by both sides of it. */
export interface KeyHistory {
  readonly fingerprint: AccountFingerprint;
  /** Newest first. */
  readonly former: readonly FormerKeys[];
}

/** Reads what `encodeRing` laid out. What has a mark is taken for verified. */
export function decodeRing(bytes: Bytes): Ring {
  const { contacts, ...ring } = decode(layout, bytes);
  const marked = contacts.map(({ mark, ...contact }) =>
    mark === null ? { ...contact, verified: false } : { ...contact, verified: true, mark }
  );
  return { ...ring, contacts: marked };
}

/** Lays a ring, or a part of one, out as it is sealed. */
export function encodeRing(
  { own, restoredAt, contacts }: Ring & { readonly own: AccountFingerprint },
): Bytes {
  const whole = contacts.map(({ address, fingerprint, verified, since, ...contact }) => ({
    address,
    fingerprint,
    mark: verified ? contact.mark ?? null : null,
    since,
    former: contact.former ?? [],
    given: contact.given ?? nothingGiven,
    received: contact.received ?? nothingReceived,
  }));
  return encode(layout, { own, restoredAt, contacts: whole });
}

/** False where mail that merely arrives has filled its share of the ring, or would with these addresses. */
function hasRoomFor(
  contacts: ReadonlyMap<Address, Contact>,
  addresses: readonly Address[],
): boolean {
  const bytes = addresses.reduce((sum, address) => sum + bytesOf({ address }), ringBytes(contacts));
  return bytes <= maxSeenBytes && contacts.size + addresses.length <= maxContacts / 2;
}

/**
 * Puts in a contact whose numbers grew: where mail that arrives has filled its share, with the newest gap alone.
 * `ringBytes`: before. Returns what it is then.
 */
export function replaceGrown(
  contacts: Map<Address, Contact>,
  grown: Contact,
  ringBytes: number,
): number {
  const others = ringBytes - bytesOf(contacts.get(grown.address)!);
  const isTooLarge = others + bytesOf(grown) > maxSeenBytes;
  const kept = isTooLarge ? withoutRanges(grown) : grown;
  contacts.set(kept.address, kept);
  return others + bytesOf(kept);
}

function withoutRanges({ given, received, ...contact }: Contact): Contact {
  return {
    ...contact,
    given: given && { ...given, lacks: [] },
    received: received && { ...received, gaps: received.gaps.slice(-1) },
  };
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

export function ringBytes(contacts: ReadonlyMap<Address, Contact>): number {
  return contacts.values().reduce((sum, contact) => sum + bytesOf(contact), 0);
}

function bytesOf(
  { address, verified = false, former = [], given, received }:
    & Pick<Contact, "address">
    & Partial<Contact>,
): number {
  const { absent = [], lacks = [] } = given ?? {};
  const ranges = absent.length + lacks.length + (received?.gaps.length ?? 0);
  return contactBytes + (verified ? markBytes : 0) + utf8(address).length +
    former.length * formerBytes + ranges * rangeBytes;
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
  let bytes = lines.size === 0 ? 0 : ringBytes(contacts);
  for (const [address, line] of lines) {
    const contact = contacts.get(address);
    const room = Math.floor((maxSeenBytes - bytes) / formerBytes);
    const followed = contact && followHistory(contact, line, now, Math.max(0, room));
    if (!followed) continue;
    bytes += bytesOf(followed) - bytesOf(contact);
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
  const received = contact.received && { ...contact.received, since: 0 };
  const { fingerprint } = line;
  return { ...contact, fingerprint, verified: false, since: now, former, received };
}

export function byAddress(contacts: readonly Contact[]): Map<Address, Contact> {
  return new Map(contacts.map((contact) => [contact.address, contact]));
}

/**
 * Pins keys of addresses that have none; returns whether there were any. Where there was no room to pin what arrived,
 * there may have been mail that nobody noted.
 */
export function addMissing(
  contacts: Map<Address, Contact>,
  fresh: readonly (readonly [Address, AccountFingerprint])[],
  since: number,
): boolean {
  const missing = fresh.filter(([address]) => !contacts.has(address));
  const received = hasRoomFor(contacts, []) ? undefined : { ...nothingReceived, resumes: true };
  for (const [address, fingerprint] of missing) {
    contacts.set(address, { address, fingerprint, verified: false, since, received });
  }
  return missing.length > 0;
}

/**
 * Pins keys of addresses that have none, when mail from them was seen: all, or none where there is no room. Returns
 * whether any was pinned.
 */
export function pinSeen(
  contacts: Map<Address, Contact>,
  seen: ReadonlyMap<Address, AccountFingerprint>,
  now: number,
): boolean {
  const fresh = [...seen].filter(([address]) => !contacts.has(address));
  return hasRoomFor(contacts, fresh.map(([address]) => address)) &&
    addMissing(contacts, fresh, now);
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
