/**
 * The keys of correspondents, pinned on first use. The ring is kept at the server, sealed under the account's own key,
 * so that every machine with the password holds the same pins. WIRE.md 9.
 */
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
  isEither,
  type KeyHistory,
  openContacts,
} from "./contacts.ts";
import {
  canWait,
  forked,
  hadAnother,
  hadOlder,
  notVerified,
  pinnedMeanwhile,
  wentBack,
} from "./keyring_failures.ts";
import { type KeyringMark, markOf, openSeen } from "./keyring_mark.ts";
import { addKnown, replacedKeys } from "./merge_contacts.ts";

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

export interface KeyringOptions {
  readonly client: Client;
  /** What the ring is sealed under. */
  readonly key: MailboxKey;
  /** How far the ring was seen to go, on this machine. */
  readonly seen: KeyringMark;
  /** Keeps how far it was seen to go from now on. */
  readonly note: (mark: KeyringMark) => Promise<void>;
  /** Hears, in a sentence, that the server had lost contacts. */
  readonly tell: (sentence: string) => void;
}

export class Keyring {
  readonly #options: KeyringOptions;
  /** What the server has. */
  #version: number;
  #contacts: Map<Address, Contact>;
  /** What this machine knows apart from what `learn` adds: no change of the ring takes any of it away. */
  #known: readonly Contact[];
  /** The highest version that this machine knows: it may be above the server's. */
  #floor: number;
  /** What is told once the server has all that is known; null: it has. */
  #owed: string | null = null;
  readonly #changes = new SerialQueue();

  private constructor(options: KeyringOptions, version: number, contacts: readonly Contact[]) {
    this.#options = options;
    this.#version = version;
    this.#floor = version;
    this.#contacts = byAddress(contacts);
    this.#known = contacts;
  }

  /**
   * Opens what the server keeps. Where that is older than `seen`, or lacks some of it, it is made whole here, and is
   * owed to the server.
   * @throws {MailError} `bad_signature` for a ring that was altered; and for one that is older than `seen`, or another
   * of the same age, where `seen` was not kept
   */
  static async open(kept: ReplyOf<"keyring">, options: KeyringOptions): Promise<Keyring> {
    const { key, seen, note } = options;
    const mark = await markOf(kept.version, kept.sealed);
    const keyring = new Keyring(options, kept.version, await openContacts(key, kept));
    if (mark.version === seen.version && mark.digest === seen.digest) return keyring;
    const known = await openSeen(key, seen);
    if (known !== null) keyring.#takeIn(known, seen.version);
    else if (mark.version < seen.version) throw wentBack(mark.version, seen.version);
    else if (mark.version === seen.version) throw forked(mark.version);
    if (keyring.#owed === null) await note(mark);
    return keyring;
  }

  /** True where the server has lost something that this machine knows, and does not have it yet. */
  get isOwed(): boolean {
    return this.#owed !== null;
  }

  /** Gives the server all that it had lost. @throws {MailError} */
  putBack(): Promise<void> {
    return this.#save(() => false);
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
      if (!canWait(error)) throw error;
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
      if (!canWait(error)) throw error;
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
        : { address, fingerprint, verified, since: now, ...replacedKeys(pinned, fingerprint) };
      contacts.set(address, accepted);
      return true;
    });
  }

  /** @throws {MailError} `not_verified` naming every address whose key nobody compared. */
  requireVerified(keys: ReadonlyMap<Address, AccountFingerprint>): void {
    const others = [...keys].filter(([address, key]) => this.judge(address, key) !== "verified");
    if (others.length === 0) return;
    throw notVerified(others.map(([address]) => address));
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
      if (!change(contacts) && this.#owed === null) return; // the quicker one did the same
      if (await this.#replace(contacts)) return;
      await pauseAfter(attempt);
      await this.#reload(); // after the pause: what is read is to be the newest still
    }
    throw new MailError(
      "try_later",
      "Cannot save the key: other machines keep changing the keyring",
    );
  }

  /** Replaces the ring at the server, at a version above all that are known; false where it has another one by now. */
  async #replace(contacts: Map<Address, Contact>): Promise<boolean> {
    const { client, key, note, tell } = this.#options;
    const all = [...contacts.values()];
    const version = this.#floor + 1;
    const sealed = await key.sealKeyring(version, encodeContacts(all));
    const expectedVersion = this.#version;
    const request = { expectedVersion, version, sealed };
    if (!(await client.change("replaceKeyring", request)).replaced) return false;
    const told = this.#owed;
    this.#adopt(version, all);
    await note(await markOf(version, sealed));
    if (told !== null) tell(told);
    return true;
  }

  async #reload(): Promise<void> {
    const { client, key } = this.#options;
    const kept = await client.call("keyring", {});
    if (kept.version < this.#version) throw wentBack(kept.version, this.#version);
    if (kept.version === this.#version) throw forked(kept.version); // the ring that was refused was made from it
    const [known, floor] = [this.#known, this.#floor];
    this.#adopt(kept.version, await openContacts(key, kept));
    this.#takeIn(known, floor);
  }

  #adopt(version: number, contacts: readonly Contact[]): void {
    this.#version = version;
    this.#floor = version;
    this.#contacts = byAddress(contacts);
    this.#known = contacts;
    this.#owed = null;
  }

  /** Takes in what was known by `version`: what the server has may be from before it, or may not be made from it. */
  #takeIn(known: readonly Contact[], version: number): void {
    const isLacking = addKnown(this.#contacts, known);
    this.#known = [...this.#contacts.values()];
    if (this.#version < version) this.#owed = hadOlder;
    else if (this.#version === version || isLacking) this.#owed = hadAnother;
    this.#floor = Math.max(this.#floor, version);
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
