/**
 * The keys of correspondents, pinned on first use. The ring is kept at the server, sealed under the account's own key,
 * so that every machine with the password holds the same pins. WIRE.md 9.
 */
import type { MailboxKey } from "../../crypto/account/mailbox_key.ts";
import { formerKeysOf } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { areSame, newestTag, versionOf } from "../../model/keyring.ts";
import type { Outcome } from "../../model/message.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import { listAttempts, tryAnew } from "../compare_and_swap.ts";
import type { Change, Client } from "../connection/client.ts";
import type { ListMark } from "../list_mark.ts";
import { type Acceptance, pinKey } from "./accept_key.ts";
import { byAddress, type Contact, followHistories, type KeyHistory } from "./contacts.ts";
import {
  canWait,
  forked,
  hadAnother,
  hadOlder,
  hasRestored,
  wentBack,
} from "./keyring_failures.ts";
import { noRing, type OpenedRing, openParts, sealRing } from "./keyring_parts.ts";
import { addKnown } from "./merge_contacts.ts";
import { nothingReceived } from "./numbers.ts";
import { contactsOf, type OwnKeys } from "./own_keys.ts";

/** What the pins say of a key; the rest of an outcome is the signature's. */
export type Standing = Exclude<
  Outcome,
  "invalid" | "notice" | "imported" | "unsigned"
>;

/** A ring as it goes to the server, or what changed of it, behind the one of `expectedVersion`. */
export type RingUpdate = Change<"replaceKeyring">;

/**
 * Hands a changed ring to the server, by itself or with what depends on it. Null: all this was done before, and the ring
 * is as it was. @throws {MailError} `keyring_changed` where the server has another one by now, and took nothing
 */
export type StoreRing = (
  update: RingUpdate,
  contacts: ReadonlyMap<Address, Contact>,
) => Promise<true | null>;

export interface KeyringOptions {
  readonly client: Client;
  /** The account's keys, as the server gave them. */
  readonly own: OwnKeys;
  /** What the ring is sealed under. */
  readonly key: MailboxKey;
  /** How far the ring was seen to go, on this machine. */
  readonly seen: ListMark;
  /** Keeps how far it was seen to go from now on. */
  readonly note: (mark: ListMark) => Promise<void>;
  /** Hears, in a sentence, that the server had lost contacts. */
  readonly tell: (sentence: string) => void;
}

export class Keyring {
  readonly #options: KeyringOptions;
  /** What the server has. */
  #ring: OpenedRing = noRing;
  #contacts = new Map<Address, Contact>();
  /** What this machine knows apart from what `learn` adds: no change of the ring takes any of it away. */
  #known: readonly Contact[] = [];
  /** The highest version that this machine knows: it may be above the server's. */
  #floor = 0;
  /** What is told once the server has all that is known; null: it has. */
  #owed: string | null = null;
  /** When the server last restored a backup. */
  #restoredAt: number;
  readonly #changes = new SerialQueue();

  private constructor(options: KeyringOptions, ring: OpenedRing, restoredAt: number) {
    this.#options = options;
    this.#restoredAt = restoredAt;
    this.#adopt(ring);
  }

  /**
   * Opens what the server keeps: `reply` is to the question for what is behind `seen`. Where that is older than `seen`,
   * or lacks some of it, it is made whole here, and is owed to the server.
   * @throws {MailError} `bad_signature` for a ring that was altered, or is of other keys of the account than the server
   * gave; for an older one where these took the place of them; and for one that is older than `seen`, or another of the
   * same age, where `seen` does not open
   */
  static async open(reply: ReplyOf<"keyring">, options: KeyringOptions): Promise<Keyring> {
    const { client, key, seen, note, own } = options;
    const known = await openParts(key, seen).catch(() => null);
    const isLost = known === null && !reply.isWhole;
    const kept = isLost ? await client.call("keyring", { known: null }) : reply;
    const ring = await openReply(key, kept, known);
    const keyring = new Keyring(options, ring, kept.restoredAt);
    const isRestored = ring.own !== null && ring.restoredAt !== kept.restoredAt;
    if (isRestored) keyring.#owed = hasRestored; // a server that only says so hides mail by it
    const [version, seenVersion] = [versionOf(ring.parts), versionOf(seen)];
    if (areSame(ring.parts, seen)) return keyring;
    if (known === null) {
      if (version < seenVersion) throw wentBack(version, seenVersion);
      if (version === seenVersion) throw forked(version);
    } else if (kept.isWhole) keyring.#takeIn(contactsOf(known, own, kept.restoredAt), seenVersion);
    if (keyring.#owed === null) await note(ring.parts);
    return keyring;
  }

  /** True where the server has lost something that this machine knows, and does not have it yet. */
  get isOwed(): boolean {
    return this.#owed !== null;
  }

  /** What the server tells of restored backups; 0: there was none. WIRE.md 6 */
  get restoredAt(): number {
    return this.#restoredAt;
  }

  /** Gives the server all that it had lost. @throws {MailError} */
  async putBack(): Promise<void> {
    await this.change(() => this.isOwed);
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
   * signed while it had them: `date`, milliseconds since 1970; absent: not at all. Nor do they for the `number` of a
   * message from the first one on that its present keys signed.
   */
  judge(
    address: Address,
    fingerprint: AccountFingerprint,
    date = Infinity,
    number = 0,
  ): Standing {
    const contact = this.find(address);
    if (contact === null) return "unknown";
    if (equalBytes(contact.fingerprint, fingerprint)) {
      return contact.verified ? "verified" : "signed";
    }
    const { since = 0 } = contact.received ?? {};
    if (since > 0 && number >= since) return "changed";
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
      await this.change((contacts) => {
        followHistories(contacts, lines, now);
        return true;
      });
    } catch (error) {
      if (!canWait(error)) throw error;
    }
  }

  /** Learns, for this object alone, from which number on the pinned keys sign. */
  learnSince(address: Address, fingerprint: AccountFingerprint, since: number): void {
    const contact = this.find(address);
    if (contact === null || !equalBytes(contact.fingerprint, fingerprint)) return;
    const { received = nothingReceived } = contact;
    if (received.since >= since) return;
    this.#contacts.set(address, { ...contact, received: { ...received, since } });
  }

  /**
   * Pins the key that somebody decided on, in the place of `replaces` where there is another pin. What was verified of
   * the same key stays verified.
   * @throws {MailError} `key_changed` where another machine pinned a third key meanwhile; `too_large` for a full ring
   */
  async accept(acceptance: Acceptance, now: number): Promise<void> {
    await this.change((contacts) => pinKey(contacts, acceptance, now));
  }

  /**
   * Changes the ring, one change after the other: two at once would take each other for a server that forks it. `change`
   * tells whether there is anything to change, and is asked again where another machine was quicker. Returns what it
   * told at last: false where nothing was stored.
   */
  change(
    change: (contacts: Map<Address, Contact>) => boolean,
    store: StoreRing = (update) => this.#replace(update),
  ): Promise<boolean> {
    return this.#changes.run(() => this.#changeNow(change, store));
  }

  /** Changes the ring at the server, starting over from the newest where another machine was quicker. */
  async #changeNow(
    change: (contacts: Map<Address, Contact>) => boolean,
    store: StoreRing,
  ): Promise<boolean> {
    let isChanged = false;
    const attempt = async () => {
      const contacts = new Map(this.#contacts);
      isChanged = change(contacts); // false: perhaps the quicker one did the same
      return !isChanged || await this.#store(contacts, store);
    };
    if (await tryAnew(attempt, () => this.#reload(), listAttempts)) return isChanged;
    throw new MailError(
      "try_later",
      "Cannot save the key: other machines keep changing the keyring",
    );
  }

  /** Stores a ring of a version above all that are known; false where the server has another one by now. */
  async #store(contacts: Map<Address, Contact>, store: StoreRing): Promise<boolean> {
    const { key, own, note, tell } = this.#options;
    const [restoredAt, expectedVersion] = [this.#restoredAt, versionOf(this.#ring.parts)];
    const ring = { own: own.fingerprint, restoredAt, contacts: [...contacts.values()] };
    const { after, sealed } = await sealRing(key, this.#floor + 1, ring, this.#ring);
    const update = { expectedVersion, after, ...sealed.parts.at(-1)! };
    const stored = await store(update, contacts).catch(goneOn);
    if (stored !== true) return stored === null;
    const told = this.#owed;
    this.#adopt(sealed);
    await note(sealed.parts);
    if (told !== null) tell(told);
    return true;
  }

  async #replace(update: RingUpdate): Promise<true> {
    await this.#options.client.change("replaceKeyring", update);
    return true;
  }

  async #reload(): Promise<void> {
    const { client, key } = this.#options;
    const kept = await client.call("keyring", { known: newestTag(this.#ring.parts) });
    const ring = await openReply(key, kept, this.#ring);
    const [version, before] = [versionOf(ring.parts), versionOf(this.#ring.parts)];
    if (version < before) throw wentBack(version, before);
    if (version === before) throw forked(version); // the ring that was refused was made from it
    const [known, floor, isLacking] = [this.#known, this.#floor, kept.isWhole || this.isOwed];
    this.#restoredAt = kept.restoredAt;
    this.#adopt(ring);
    if (isLacking) this.#takeIn(known, floor);
  }

  /** Goes on from a ring that the server has. */
  #adopt(ring: OpenedRing): void {
    const contacts = contactsOf(ring, this.#options.own, this.#restoredAt);
    this.#ring = ring;
    this.#floor = versionOf(ring.parts);
    this.#contacts = byAddress(contacts);
    this.#known = contacts;
    this.#owed = null;
  }

  /** Takes in what was known by `version`: what the server has may be from before it, or may not be made from it. */
  #takeIn(known: readonly Contact[], version: number): void {
    const isLacking = addKnown(this.#contacts, known);
    this.#known = [...this.#contacts.values()];
    const shown = versionOf(this.#ring.parts);
    if (shown < version) this.#owed = hadOlder;
    else if (shown === version || isLacking) this.#owed = hadAnother;
    this.#floor = Math.max(this.#floor, version);
  }
}

/** Opens what a server has behind what is known: that is none of it where it gives all. */
function openReply(
  key: MailboxKey,
  { isWhole, parts }: ReplyOf<"keyring">,
  known: OpenedRing | null,
): Promise<OpenedRing> {
  return openParts(key, parts, isWhole ? noRing : known ?? noRing);
}

/** The server has another ring by now. */
function goneOn(error: unknown): "gone on" {
  if (isFailure(error, "keyring_changed")) return "gone on";
  throw error;
}
