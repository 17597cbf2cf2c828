/** The parts of a keyring, opened and sealed: each is bound to the one before it. WIRE.md 9.1. */
import type { MailboxKey } from "../../crypto/account/mailbox_key.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint, KeyringTag } from "../../model/digests.ts";
import { bytesOf, type KeyringPart, newestTag } from "../../model/keyring.ts";
import { limits } from "../../model/limits.ts";
import {
  byAddress,
  type Contact,
  decodeRing,
  encodeRing,
  maxContacts,
  type Ring,
} from "./contacts.ts";
import { ringFull } from "./keyring_failures.ts";

export interface OpenedRing extends Ring {
  /** It, as it is sealed: the whole one first. */
  readonly parts: readonly KeyringPart[];
}

/** The nonce and the tag. */
const sealBytes = 12 + 16;

export const noRing: OpenedRing = { own: null, restoredAt: 0, contacts: [], parts: [] };

/**
 * Opens the parts behind those of `before`.
 * @throws {MailError} `bad_signature` for one that was altered, or is not in its place
 */
export async function openParts(
  key: MailboxKey,
  parts: readonly KeyringPart[],
  before: OpenedRing = noRing,
): Promise<OpenedRing> {
  const all = [...before.parts, ...parts];
  const opened = await Promise.all(parts.map(({ version, sealed }, at) => {
    const after = newestTag(all.slice(0, before.parts.length + at));
    return key.openKeyring({ version, after }, sealed);
  }));
  const rings = [
    before,
    ...await Promise.all(opened.map((part) => openMarks(key, decodeRing(part)))),
  ];
  const contacts = [...byAddress(rings.flatMap(({ contacts }) => contacts)).values()];
  return { ...rings.at(-1)!, contacts, parts: all };
}

/**
 * Seals a ring that was made from another one: the contacts that are not the same objects, or all of them where that is
 * less to send in the long run. `after`: of the part that it goes behind; null: in the place of all.
 * @throws {MailError} `too_large` for more contacts, or more bytes of them, than a ring has room for
 */
export async function sealRing(
  key: MailboxKey,
  version: number,
  ring: Ring & { readonly own: AccountFingerprint },
  before: OpenedRing,
): Promise<{ readonly after: KeyringTag | null; readonly sealed: OpenedRing }> {
  if (ring.contacts.length > maxContacts) throw ringFull();
  const there = new Set(before.contacts);
  const contacts = ring.contacts.filter((contact) => !there.has(contact));
  const delta = encodeRing({ ...ring, contacts: await makeMarks(key, contacts) });
  const isBehind = hasRoomBehind(before.parts, delta.length);
  const after = isBehind ? newestTag(before.parts) : null;
  const part = isBehind
    ? delta
    : encodeRing({ ...ring, contacts: await makeMarks(key, ring.contacts) });
  if (sealBytes + part.length > limits.maxKeyringBytes) throw ringFull();
  const sealed = await key.sealKeyring({ version, after }, part);
  const kept = isBehind ? before.parts : [];
  return { after, sealed: { ...ring, parts: [...kept, { version, sealed }] } };
}

/** Finds which contacts were verified by a machine that may. One that may not cannot tell, and keeps the marks. */
async function openMarks(key: MailboxKey, ring: Ring): Promise<Ring> {
  if (!key.makesMarks) return ring;
  const contacts = ring.contacts.map(async ({ mark, ...contact }) => {
    if (mark === undefined) return contact;
    const { address, fingerprint } = contact;
    return { ...contact, verified: equalBytes(mark, await key.markOf(address, fingerprint)) };
  });
  return { ...ring, contacts: await Promise.all(contacts) };
}

/** Gives verified contacts their marks, on a machine that can. */
async function makeMarks(key: MailboxKey, contacts: readonly Contact[]): Promise<Contact[]> {
  return await Promise.all(contacts.map(async (contact) => {
    if (!contact.verified || !key.makesMarks) return contact;
    return { ...contact, mark: await key.markOf(contact.address, contact.fingerprint) };
  }));
}

/**
 * Deltas may have half the bytes of the whole ring: who reads everything reads little more than that. All parts together
 * are not longer than a ring may be, so that neither is what they make.
 */
function hasRoomBehind([whole, ...deltas]: readonly KeyringPart[], bytes: number): boolean {
  if (whole === undefined || deltas.length + 2 > limits.maxKeyringParts) return false;
  const changed = bytesOf(deltas) + sealBytes + bytes;
  const wholeBytes = whole.sealed.length;
  return changed <= wholeBytes / 2 && wholeBytes + changed <= limits.maxKeyringBytes;
}
