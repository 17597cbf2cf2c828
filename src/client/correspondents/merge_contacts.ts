/**
 * What one machine knows of correspondents, added to what a server shows. The rule is the same from both sides, so that
 * machines with different rings agree whichever comes first. WIRE.md 9.
 */
import type { FormerKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import { addWhileRoom, type Contact } from "./contacts.ts";
import { countGiven, mergeGiven, mergeReceived, nothingGiven, nothingReceived } from "./numbers.ts";

/** Adds what is known to contacts; returns whether any was missing, not verified, of another key, or behind in numbers. */
export function addKnown(contacts: Map<Address, Contact>, known: readonly Contact[]): boolean {
  let isChanged = false;
  for (const mine of known) {
    const theirs = contacts.get(mine.address);
    if (theirs === undefined) continue;
    const merged = merge(theirs, mine);
    contacts.set(mine.address, merged);
    isChanged ||= !isAsKnown(merged, theirs);
  }
  const missing = known.filter(({ address }) => !contacts.has(address));
  return addWhileRoom(contacts, missing.sort(mostWanted)) || isChanged;
}

/** The keys that a pin takes the place of, as they stay with it: they vouch for nothing. None: no field. */
export function replacedKeys(
  pinned: Contact | null,
  fingerprint: AccountFingerprint,
): Pick<Contact, "former"> {
  if (pinned === null) return {};
  const former = [pinned, ...pinned.former ?? []]
    .map((keys) => ({ fingerprint: keys.fingerprint, until: 0 }))
    .filter((keys) => !equalBytes(keys.fingerprint, fingerprint))
    .slice(0, limits.maxSuccessions);
  return { former };
}

/** Verified pins first, then the oldest. */
function mostWanted(a: Contact, b: Contact): number {
  return Number(b.verified) - Number(a.verified) || a.since - b.since;
}

function merge(a: Contact, b: Contact): Contact {
  if (!equalBytes(a.fingerprint, b.fingerprint)) return preferred(a, b);
  const { verified, mark } = a.verified ? a : b;
  return {
    ...a,
    verified,
    ...(mark && { mark }),
    since: Math.min(a.since, b.since),
    former: mergeFormer(a, b),
    given: mergeGiven(a.given ?? nothingGiven, b.given ?? nothingGiven),
    received: mergeReceived(a.received ?? nothingReceived, b.received ?? nothingReceived),
  };
}

/**
 * Of two keys the one that took the other's place. Where neither did, nobody can say which is right: one that was
 * compared goes before one that was not, of two that were compared the later goes first, and of two that were not the
 * earlier, which is the one that whoever put the other there had to get past.
 */
function preferred(a: Contact, b: Contact): Contact {
  const [later, earlier] = isLater(a, b) ? [a, b] : [b, a];
  const [aFollows, bFollows] = [follows(a, b), follows(b, a)];
  if (aFollows !== bFollows) return aFollows ? a : b;
  if (aFollows) return later; // the owner went back and forth
  if (a.verified !== b.verified) return a.verified ? inPlaceOf(a, b) : inPlaceOf(b, a);
  return a.verified ? inPlaceOf(later, earlier) : inPlaceOf(earlier, later);
}

function isLater(a: Contact, b: Contact): boolean {
  if (a.since !== b.since) return a.since > b.since;
  return a.fingerprint.toHex() > b.fingerprint.toHex();
}

function follows(a: Contact, b: Contact): boolean {
  return (a.former ?? []).some(({ fingerprint }) => equalBytes(fingerprint, b.fingerprint));
}

/** Notes the choice with the pin: then it is made once. */
function inPlaceOf(chosen: Contact, other: Contact): Contact {
  const former = (chosen.former ?? []).slice(0, limits.maxSuccessions - 1);
  return { ...chosen, former: [...former, { fingerprint: other.fingerprint, until: 0 }] };
}

function mergeFormer(a: Contact, b: Contact): readonly FormerKeys[] | undefined {
  if (a.former === undefined || b.former === undefined) return a.former ?? b.former;
  const all = new Map<string, FormerKeys>();
  for (const keys of [...a.former, ...b.former].sort((x, y) => x.until - y.until)) {
    all.set(keys.fingerprint.toHex(), keys);
  }
  return [...all.values()].sort((x, y) => y.until - x.until).slice(0, limits.maxSuccessions);
}

function isAsKnown(a: Contact, b: Contact): boolean {
  const numbersOf = ({ given = nothingGiven, received }: Contact) =>
    `${given.last} ${countGiven(given)} ${received?.highest ?? 0}`;
  return a.verified === b.verified && equalBytes(a.fingerprint, b.fingerprint) &&
    numbersOf(a) === numbersOf(b);
}
