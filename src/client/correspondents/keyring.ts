/**
 * The keys of correspondents, pinned on first use. The ring is kept at the server, sealed under the account's own key,
 * so that every machine with the password holds the same pins. WIRE.md 9.
 */
import { sha256 } from "../../crypto/fingerprint.ts";
import type { MailboxKey } from "../../crypto/account/mailbox_key.ts";
import { formerKeysOf } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import type { Outcome } from "../../model/message.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import { changedKeyHint } from "../connection/changed_key_hints.ts";
import type { Client } from "../connection/client.ts";
import {
  addMissing,
  byAddress,
  type Contact,
  encodeContacts,
  followHistories,
  hasRoomFor,
  type KeyHistory,
  openContacts,
} from "./contacts.ts";
import { forked, pinnedMeanwhile, wentBack } from "./keyring_failures.ts";

/** What the pins say of a key; the rest of an outcome is the signature's. */
export type Standing = Exclude<Outcome, "invalid" | "notice" | "imported" | "unsigned">;

/** A key that somebody decided to be a correspondent's. */
export interface Acceptance {
  readonly address: Address;
  readonly fingerprint: AccountFingerprint;
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

export interface KeyringOptions {
  readonly client: Client;
  /** What the ring is sealed under. */
  readonly key: MailboxKey;
  /** How far the ring was seen to go, on this machine. */
  readonly seen: KeyringMark;
  /** Keeps how far it was seen to go from now on. */
  readonly note: (mark: KeyringMark) => Promise<void>;
}

export class Keyring {
  readonly #client: Client;
  readonly #key: MailboxKey;
  readonly #note: (mark: KeyringMark) => Promise<void>;
  #version: number;
  #contacts: Map<Address, Contact>;
  readonly #changes = new SerialQueue();

  private constructor(
    { client, key, note }: KeyringOptions,
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
  static async open(kept: ReplyOf<"keyring">, options: KeyringOptions): Promise<Keyring> {
    const { key, seen, note } = options;
    const mark = await markOf(kept.version, kept.sealed);
    if (mark.version < seen.version) throw wentBack(mark.version, seen.version);
    if (mark.version === seen.version && mark.digest !== seen.digest) throw forked(mark.version);
    const keyring = new Keyring(options, kept.version, await openContacts(key, kept));
    if (mark.version > seen.version) await note(mark);
    return keyring;
  }

  /** Finds the contact of an address; null where there is none yet. */
  find(address: Address): Contact | null {
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
  judge(address: Address, fingerprint: AccountFingerprint, date = Infinity): Standing {
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
  async followKeyChanges(lines: ReadonlyMap<Address, KeyHistory>, now: number): Promise<void> {
    if (this.learn(lines, now)) await this.keepLearned(lines, now);
  }

  /** As `follow`, but for this object only: `keepLearned` tells the server. Returns whether anything changed. */
  learn(lines: ReadonlyMap<Address, KeyHistory>, now: number): boolean {
    return followHistories(this.#contacts, lines, now);
  }

  /** Keeps at the server what was learned. Gives way to any other change. */
  async keepLearned(lines: ReadonlyMap<Address, KeyHistory>, now: number): Promise<void> {
    try {
      await this.#save((contacts) => {
        followHistories(contacts, lines, now);
        return true;
      });
    } catch (error) {
      if (!(error instanceof MailError) || !givesWay.has(error.code)) throw error;
    }
  }

  /** Pins keys of addresses that have none, when mail from them was seen. Gives way to any other change. */
  async pinSeen(seen: ReadonlyMap<Address, AccountFingerprint>, now: number): Promise<void> {
    const fresh = [...seen].filter(([address]) => this.find(address) === null);
    const addresses = fresh.map(([address]) => address);
    if (fresh.length === 0 || !hasRoomFor(this.#contacts, addresses)) return;
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
  async pin(keys: ReadonlyMap<Address, AccountFingerprint>, now: number): Promise<void> {
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
  requireVerified(keys: ReadonlyMap<Address, AccountFingerprint>): void {
    const others = [...keys].filter(([address, key]) => this.judge(address, key) !== "verified");
    if (others.length === 0) return;
    const names = others.map(([address]) => address);
    throw new MailError(
      "not_verified",
      `Cannot send to ${names.join(", ")}: the key is not verified`,
      { hint: `Run \`mailctl verify ${names.length === 1 ? names[0] : "NAME"}\` to compare it.` },
    );
  }

  /** @throws {MailError} `key_changed` naming every address whose key is not the pinned one. */
  requireUnchanged(keys: ReadonlyMap<Address, AccountFingerprint>): void {
    const changed = [...keys].filter(([address, key]) => this.judge(address, key) === "changed");
    if (changed.length === 0) return;
    const names = changed.map(([address]) => address);
    throw new MailError(
      "key_changed",
      `Cannot send to ${names.join(", ")}: the key changed`,
      { hint: changedKeyHint(names) },
    );
  }

  /** Changes the ring, one change after the other: two at once would take each other for a server that forks it. */
  #save(change: (contacts: Map<Address, Contact>) => boolean): Promise<void> {
    return this.#changes.run(() => this.#saveNow(change));
  }

  /** Changes the ring at the server, starting over from the newest where another machine was quicker. */
  async #saveNow(change: (contacts: Map<Address, Contact>) => boolean): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
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
      await pauseAfter(attempt);
      await this.#reload(); // after the pause: what is read is to be the newest still
    }
    throw new MailError(
      "try_later",
      "Cannot save the key: other machines keep changing the keyring",
    );
  }

  async #reload(): Promise<void> {
    const kept = await this.#client.call("keyring", {});
    if (kept.version < this.#version) throw wentBack(kept.version, this.#version);
    if (kept.version === this.#version) throw forked(kept.version); // the ring that was refused was made from it
    this.#contacts = byAddress(await openContacts(this.#key, kept));
    this.#version = kept.version;
  }
}

/** Of fifty machines that begin at once each gets its turn within seconds. */
const maxAttempts = 20;

/** Pauses are random and grow, so that machines which met do not meet again. */
async function pauseAfter(attempt: number): Promise<void> {
  if (attempt === 0) return; // most often there is one other, and it is through
  const milliseconds = Math.random() * Math.min(1_000, 25 * 2 ** attempt);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What keeps a key that was only seen from being pinned, and is no reason to stop. */
const givesWay: ReadonlySet<string> = new Set([
  "try_later",
  "too_large",
  "unavailable",
  "storage_full",
  "storage_failed",
]);

async function markOf(version: number, sealed: Uint8Array | null): Promise<KeyringMark> {
  return { version, digest: sealed === null ? null : (await sha256(sealed)).toHex() };
}

/** True where a pin may be replaced: it is of one of these keys, or there is none. */
function isEither(
  pinned: Contact | null,
  fingerprint: AccountFingerprint,
  replaces: Uint8Array | null,
): boolean {
  return pinned === null || equalBytes(pinned.fingerprint, fingerprint) ||
    (replaces !== null && equalBytes(pinned.fingerprint, replaces));
}
