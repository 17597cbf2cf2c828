/**
 * The keys of correspondents, pinned on first use. The ring is kept at the server, sealed under the account's own key,
 * so that every machine with the password holds the same pins. WIRE.md 9.
 */
import { sha256 } from "../crypto/fingerprint.ts";
import type { MailboxKey } from "../crypto/mailbox_key.ts";
import { type FormerKeys, formerKeysOf } from "../model/account.ts";
import { type Bytes, equalBytes, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import type { Outcome } from "../model/message.ts";
import { bool, decode, encode, fixed, list, struct, text, u64, versioned } from "../wire/fields.ts";
import type { ReplyOf } from "../wire/operations.ts";
import { changedKeyHint } from "./changed_key.ts";
import type { Client } from "./client.ts";

/** What mail that merely arrives may fill of the ring, so that nobody can keep its owner from pinning. */
const maxSeenBytes = limits.maxKeyringBytes / 2;
const maxContacts = 3_000;
/** Of one contact in the layout, besides its address. */
const contactBytes = 4 + 32 + 1 + 8 + 4;
/** Of keys that a contact had. */
const formerBytes = 32 + 8;

const contact = {
  address: text(1024),
  fingerprint: fixed(32),
  /** True once a person compared the fingerprint by another way. */
  verified: bool,
  /** When it was pinned, milliseconds since 1970. */
  since: u64,
};
const former = list(struct({ fingerprint: fixed(32), until: u64 }), limits.maxSuccessions);

/** The second layout is for rings with contacts whose keys changed. */
const firstLayout = versioned(1, struct({ contacts: list(struct(contact), maxContacts) }));
const secondLayout = versioned(
  2,
  struct({ contacts: list(struct({ ...contact, former }), maxContacts) }),
);

/** A correspondent and the key that is theirs as far as this account knows. */
export interface Contact {
  readonly address: string;
  readonly fingerprint: Uint8Array;
  readonly verified: boolean;
  readonly since: number;
  /** Keys that the pinned ones own up to as having been before them, newest first. Absent: none. */
  readonly former?: readonly FormerKeys[];
}

/** What somebody's keys are, and what they were before: each step is proved by both sides of it. */
export interface KeyLine {
  readonly fingerprint: Uint8Array;
  /** Newest first. */
  readonly former: readonly FormerKeys[];
}

/** What the pins say of a key; the rest of an outcome is the signature's. */
export type Standing = Exclude<Outcome, "invalid" | "notice" | "imported" | "unsigned">;

/** A key that somebody decided to be a correspondent's. */
export interface Acceptance {
  readonly address: string;
  readonly fingerprint: Uint8Array;
  /** True where it was compared by another way. */
  readonly verified: boolean;
  /** The pinned key that was shown to whoever decided; null where none was. */
  readonly replaces: Uint8Array | null;
}

/** How far a keyring was seen to go: its version, and SHA-256 of what was sealed (hexadecimal; null for version 0). */
export interface KeyringMark {
  readonly version: number;
  readonly digest: string | null;
}

export const noKeyring: KeyringMark = { version: 0, digest: null };

export class Keyring {
  readonly #client: Client;
  readonly #key: MailboxKey;
  readonly #note: (mark: KeyringMark) => Promise<void>;
  #version: number;
  #contacts: Map<string, Contact>;

  private constructor(
    client: Client,
    key: MailboxKey,
    note: (mark: KeyringMark) => Promise<void>,
    version: number,
    contacts: readonly Contact[],
  ) {
    this.#client = client;
    this.#key = key;
    this.#note = note;
    this.#version = version;
    this.#contacts = byAddress(contacts);
  }

  /**
   * Opens what the server keeps.
   * @throws {MailError} `bad_signature` for a ring that was altered, is older than `seen`, or another of the same age
   */
  static async open(
    client: Client,
    key: MailboxKey,
    kept: ReplyOf<"keyring">,
    seen: KeyringMark,
    note: (mark: KeyringMark) => Promise<void>,
  ): Promise<Keyring> {
    const mark = await markOf(kept.version, kept.sealed);
    if (mark.version < seen.version) throw wentBack(mark.version, seen.version);
    if (mark.version === seen.version && mark.digest !== seen.digest) throw forked(mark.version);
    const keyring = new Keyring(client, key, note, kept.version, await openContacts(key, kept));
    if (mark.version > seen.version) await note(mark);
    return keyring;
  }

  /** Finds the contact of an address; null where there is none yet. */
  find(address: string): Contact | null {
    return this.#contacts.get(address) ?? null;
  }

  /** All contacts, by address. */
  contacts(): Contact[] {
    return [...this.#contacts.values()].sort((a, b) => a.address < b.address ? -1 : 1);
  }

  /**
   * Tells what a valid signature by this key is worth for this address. Keys that the contact had count for what was
   * signed while it had them: `date`, milliseconds since 1970; absent: not at all.
   */
  judge(address: string, fingerprint: Uint8Array, date = Infinity): Standing {
    const contact = this.find(address);
    if (contact === null) return "unknown";
    if (equalBytes(contact.fingerprint, fingerprint)) {
      return contact.verified ? "verified" : "signed";
    }
    return formerKeysOf(contact.former ?? [], fingerprint, date) === null ? "changed" : "signed";
  }

  /**
   * Goes on to the current keys of contacts whose pinned ones are on their line. A person compared only the keys that
   * were: so the new ones are not verified. Changes nothing for keys that the pinned ones do not lead to.
   */
  async follow(lines: ReadonlyMap<string, KeyLine>, now: number): Promise<void> {
    if (this.learn(lines, now)) await this.keepLearned(lines, now);
  }

  /** As `follow`, but for this object only: `keepLearned` tells the server. Returns whether anything changed. */
  learn(lines: ReadonlyMap<string, KeyLine>, now: number): boolean {
    return followLines(this.#contacts, lines, now);
  }

  /** Keeps at the server what was learned. Gives way to any other change. */
  async keepLearned(lines: ReadonlyMap<string, KeyLine>, now: number): Promise<void> {
    try {
      await this.#save((contacts) => {
        followLines(contacts, lines, now);
        return true;
      });
    } catch (error) {
      if (!(error instanceof MailError) || !givesWay.has(error.code)) throw error;
    }
  }

  /** Pins keys of addresses that have none, when mail from them was seen. Gives way to any other change. */
  async pinSeen(seen: ReadonlyMap<string, Uint8Array>, now: number): Promise<void> {
    const fresh = [...seen].filter(([address]) => this.find(address) === null);
    const addresses = [...this.#contacts.keys(), ...fresh.map(([address]) => address)];
    const bytes = ringBytes(this.#contacts) +
      fresh.reduce((sum, [address]) => sum + bytesOf({ address }), 0);
    if (fresh.length === 0 || bytes > maxSeenBytes || addresses.length > maxContacts / 2) return;
    try {
      await this.#save((contacts) => addMissing(contacts, fresh, now));
    } catch (error) {
      if (error instanceof MailError && givesWay.has(error.code)) return;
      throw error;
    }
  }

  /**
   * Pins keys before mail is sealed to them.
   * @throws {MailError} `key_changed` where another machine pinned another key meanwhile; `too_large` for a full ring
   */
  async pin(keys: ReadonlyMap<string, Uint8Array>, now: number): Promise<void> {
    const fresh = [...keys].filter(([address]) => this.find(address) === null);
    if (fresh.length > 0) await this.#save((contacts) => addMissing(contacts, fresh, now));
    this.requireUnchanged(keys);
  }

  /**
   * Pins the key that somebody decided on, in the place of `replaces` where there is another pin. What was verified of
   * the same key stays verified.
   * @throws {MailError} `key_changed` where another machine pinned a third key meanwhile; `too_large` for a full ring
   */
  async accept(
    { address, fingerprint, verified, replaces }: Acceptance,
    now: number,
  ): Promise<void> {
    await this.#save((contacts) => {
      const pinned = contacts.get(address) ?? null;
      if (!isEither(pinned, fingerprint, replaces)) throw pinnedMeanwhile(address);
      const isSame = pinned !== null && equalBytes(pinned.fingerprint, fingerprint);
      if (isSame && (pinned.verified || !verified)) return false;
      const accepted = isSame
        ? { ...pinned, verified }
        : { address, fingerprint, verified, since: now }; // what came before it, its own line tells
      contacts.set(address, accepted);
      return true;
    });
  }

  /** @throws {MailError} `not_verified` naming every address whose key nobody compared. */
  requireVerified(keys: ReadonlyMap<string, Uint8Array>): void {
    const others = [...keys].filter(([address, key]) => this.judge(address, key) !== "verified");
    if (others.length === 0) return;
    const names = others.map(([address]) => address);
    throw new MailError(
      "not_verified",
      `Cannot send: the key of ${names.join(", ")} was not compared yet`,
      { hint: `\`mailctl verify ${names.length === 1 ? names[0] : "NAME"}\` compares it.` },
    );
  }

  /** @throws {MailError} `key_changed` naming every address whose key is not the pinned one. */
  requireUnchanged(keys: ReadonlyMap<string, Uint8Array>): void {
    const changed = [...keys].filter(([address, key]) => this.judge(address, key) === "changed");
    if (changed.length === 0) return;
    const names = changed.map(([address]) => address);
    throw new MailError(
      "key_changed",
      `Cannot send: the key of ${names.join(", ")} is not the one known so far`,
      { hint: changedKeyHint(names) },
    );
  }

  /** Changes the ring at the server, starting over from the newest where another machine was quicker. */
  async #save(change: (contacts: Map<string, Contact>) => boolean): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const contacts = new Map(this.#contacts);
      if (!change(contacts)) return; // the quicker one did the same
      const ring = encodeContacts([...contacts.values()]);
      const sealed = await this.#key.sealKeyring(this.#version + 1, ring);
      const expectedVersion = this.#version;
      const { replaced } = await this.#client.call("replaceKeyring", { expectedVersion, sealed });
      if (replaced) {
        this.#contacts = contacts;
        this.#version++;
        return await this.#note(await markOf(this.#version, sealed));
      }
      await this.#reload();
    }
    throw new MailError("try_later", "Cannot change the keyring: other machines keep changing it");
  }

  async #reload(): Promise<void> {
    const kept = await this.#client.call("keyring", {});
    if (kept.version < this.#version) throw wentBack(kept.version, this.#version);
    if (kept.version === this.#version) throw forked(kept.version); // the ring that was refused was made from it
    this.#contacts = byAddress(await openContacts(this.#key, kept));
    this.#version = kept.version;
  }
}

/** What keeps a key that was only seen from being pinned, and is no reason to stop. */
const givesWay: ReadonlySet<string> = new Set([
  "try_later",
  "too_large",
  "unavailable",
  "storage_full",
]);

async function markOf(version: number, sealed: Uint8Array | null): Promise<KeyringMark> {
  return { version, digest: sealed === null ? null : (await sha256(sealed)).toHex() };
}

function wentBack(offered: number, seen: number): MailError {
  return new MailError(
    "bad_signature",
    `Cannot trust the server: it offers version ${offered} of the keyring, and ${seen} was seen before`,
  );
}

function forked(version: number): MailError {
  return new MailError(
    "bad_signature",
    `Cannot trust the server: it offers another version ${version} of the keyring than was seen before`,
  );
}

async function openContacts(
  key: MailboxKey,
  { version, sealed }: ReplyOf<"keyring">,
): Promise<readonly Contact[]> {
  if (sealed === null && version === 0) return [];
  const opened: Bytes = await key.openKeyring(version, sealed ?? new Uint8Array(0));
  return opened[0] === 2
    ? decode(secondLayout, opened).contacts
    : decode(firstLayout, opened).contacts;
}

function encodeContacts(contacts: readonly Contact[]): Bytes {
  if (contacts.every(({ former }) => former === undefined)) {
    return encode(firstLayout, { contacts });
  }
  const whole = contacts.map((contact) => ({ ...contact, former: contact.former ?? [] }));
  return encode(secondLayout, { contacts: whole });
}

function ringBytes(contacts: ReadonlyMap<string, Contact>): number {
  return contacts.values().reduce((sum, contact) => sum + bytesOf(contact), 0);
}

function bytesOf({ address, former = [] }: Pick<Contact, "address" | "former">): number {
  return contactBytes + utf8(address).length + former.length * formerBytes;
}

/**
 * Returns whether any contact changed. Former keys are no more than mail that arrives may fill: else many strangers who
 * change their keys often would leave no room to pin.
 */
function followLines(
  contacts: Map<string, Contact>,
  lines: ReadonlyMap<string, KeyLine>,
  now: number,
): boolean {
  let changed = false;
  for (const [address, line] of lines) {
    const contact = contacts.get(address);
    const room = Math.floor((maxSeenBytes - ringBytes(contacts)) / formerBytes);
    const followed = contact && followLine(contact, line, now, Math.max(0, room));
    if (!followed) continue;
    contacts.set(address, followed);
    changed = true;
  }
  return changed;
}

/** Null where the line does not have the pinned keys, or nothing to learn. `room`: former keys that may be added. */
function followLine(contact: Contact, line: KeyLine, now: number, room: number): Contact | null {
  const isOn = ({ fingerprint }: FormerKeys) => equalBytes(fingerprint, contact.fingerprint);
  const isCurrent = equalBytes(line.fingerprint, contact.fingerprint);
  if (!isCurrent && !line.former.some(isOn)) return null;
  const known = (contact.former ?? []).map(({ fingerprint }) => fingerprint.toHex());
  const fresh = line.former.filter(({ fingerprint }) => !known.includes(fingerprint.toHex()));
  const most = Math.min(known.length + room, limits.maxSuccessions);
  if (isCurrent && (fresh.length === 0 || most === known.length)) return null;
  const former = [...fresh, ...contact.former ?? []]
    .sort((a, b) => b.until - a.until).slice(0, most);
  if (isCurrent) return { ...contact, former };
  return { ...contact, fingerprint: line.fingerprint, verified: false, since: now, former };
}

function byAddress(contacts: readonly Contact[]): Map<string, Contact> {
  return new Map(contacts.map((contact) => [contact.address, contact]));
}

function addMissing(
  contacts: Map<string, Contact>,
  fresh: readonly (readonly [string, Uint8Array])[],
  since: number,
): boolean {
  const missing = fresh.filter(([address]) => !contacts.has(address));
  for (const [address, fingerprint] of missing) {
    contacts.set(address, { address, fingerprint, verified: false, since });
  }
  return missing.length > 0;
}

/** True where a pin may be replaced: it is of one of these keys, or there is none. */
function isEither(
  pinned: Contact | null,
  fingerprint: Uint8Array,
  replaces: Uint8Array | null,
): boolean {
  return pinned === null || equalBytes(pinned.fingerprint, fingerprint) ||
    (replaces !== null && equalBytes(pinned.fingerprint, replaces));
}

function pinnedMeanwhile(address: string): MailError {
  return new MailError(
    "key_changed",
    `Cannot note the key of ${address}: another machine noted a different one meanwhile`,
    { hint: `\`mailctl verify ${address}\` shows it.` },
  );
}
