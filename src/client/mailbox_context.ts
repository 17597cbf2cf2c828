/** What everything that a mailbox does has in common: its connection, its account, and what it knows of keys by now. */
import type { Address } from "../model/address.ts";
import { newestTag, versionOf } from "../model/keyring.ts";
import { heardElsewhere, Lazy } from "../model/promises.ts";
import type { OpenAccount } from "./account.ts";
import type { Client } from "./connection/client.ts";
import { LostAnswer } from "./connection/outcome_unknown.ts";
import type { OnUnsaved } from "./connection/unsaved.ts";
import type { Follower } from "./correspondents/key_changes.ts";
import type { ServerKeyHistory } from "./correspondents/key_history.ts";
import { Keyring } from "./correspondents/keyring.ts";
import { notPutBack } from "./correspondents/keyring_failures.ts";
import { describeMissing, type MissingMessages } from "./correspondents/numbered_contacts.ts";
import { type ListMark, ListMemory } from "./list_mark.ts";

/** How a mailbox is held: what it needs of where it was opened from. */
export interface MailboxOptions {
  readonly client: Client;
  readonly account: Promise<OpenAccount>;
  /** The newest keyring seen before: an older one, or another of the same age, is a roll-back. */
  readonly keyringMark: ListMark;
  readonly noteKeyring: (mark: ListMark) => Promise<void>;
  /** The newest list of folders seen before, likewise. Absent: none was. */
  readonly folders?: ListMemory | undefined;
  /** Hears, in a sentence, what the owner is to know and no command stops for. */
  readonly onWarning?: ((sentence: string) => void) | undefined;
  /** Where this machine keeps an index of the mail; null: it keeps nothing of it. */
  readonly indexPath: string | null;
  /** Hears what could not be kept on this machine. */
  readonly onUnsaved?: OnUnsaved | undefined;
  /** Opens the same mailbox on a new connection; `seen` is the newest keyring by now. */
  readonly reopen: (seen: ListMark) => MailboxOptions;
  readonly now: () => number;
  /** Where true, nothing is sent to a key that nobody compared. */
  readonly requireVerified: boolean;
  /** Where false, no sender learns that mail was read. */
  readonly receipts: boolean;
}

export class MailboxContext {
  readonly client: Client;
  readonly account: Promise<OpenAccount>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly requireVerified: boolean;
  readonly receipts: boolean;
  /** The newest list of folders that this machine saw. */
  readonly folders: ListMemory;
  readonly indexPath: string | null;
  readonly onUnsaved: OnUnsaved | undefined;
  readonly #options: MailboxOptions;
  readonly #keyring = new Lazy<Keyring>();
  #seen: ListMark;
  #unfinished: Promise<void> = Promise.resolve();
  #follower: Follower | null = null;
  readonly #toldMissing = new Set<string>();

  constructor(options: MailboxOptions) {
    this.client = options.client;
    this.account = options.account;
    heardElsewhere(this.account); // by the first call
    this.now = options.now;
    this.requireVerified = options.requireVerified;
    this.receipts = options.receipts;
    this.folders = options.folders ?? new ListMemory([], () => Promise.resolve());
    this.indexPath = options.indexPath;
    this.onUnsaved = options.onUnsaved;
    this.#options = options;
    this.#seen = options.keyringMark;
  }

  /** Waits for the reply to a call that was sent along with the login: where that was refused, it tells. */
  async afterLogin<T>(reply: Promise<T>): Promise<T> {
    await this.account.catch((error) => {
      if (!(error instanceof LostAnswer)) throw error; // the call may have been repeated
    });
    return await reply;
  }

  /** Tells the owner something that no command stops for. */
  warn(sentence: string): void {
    this.#options.onWarning?.(sentence);
  }

  /** Opens the keyring, once; tries again where that failed. @throws {MailError} `bad_signature` */
  keyring(): Promise<Keyring> {
    // By the caller, unless it fails before it awaits this.
    return heardElsewhere(this.#keyring.get(() => this.#fetchKeyring()));
  }

  /** Has the keyring opened anew. */
  forgetKeyring(): void {
    this.#keyring.forget();
  }

  /** As above, and asks anew about senders that were asked about: they may have changed keys since. */
  refreshKeyring(): void {
    this.forgetKeyring();
    this.#follower = null;
  }

  /** Who asks about senders whose key changed, and once about each. */
  async follower(): Promise<Follower> {
    const { Follower } = await import("./correspondents/key_changes.ts");
    return this.#follower ??= new Follower(this.now);
  }

  /** Asks how the keys of addresses came to be what they are. */
  async keyLines(addresses: readonly Address[]): Promise<Map<Address, ServerKeyHistory>> {
    const { domain } = await this.account;
    const { fetchLines } = await import("./correspondents/key_history.ts");
    return await fetchLines(this.client, domain, addresses);
  }

  /** Opens the same mailbox on a new connection. Whoever does closes it. */
  reopen(): MailboxContext {
    return new MailboxContext(this.reopened());
  }

  /** How the same mailbox is held on a new connection. */
  reopened(): MailboxOptions {
    return this.#options.reopen(this.#seen);
  }

  /** Tells of messages that are missing, once. */
  tellMissing(missing: readonly MissingMessages[]): void {
    for (const sentence of missing.map(describeMissing)) {
      if (this.#toldMissing.has(sentence)) continue;
      this.#toldMissing.add(sentence);
      this.warn(`${sentence}; run \`mailctl missing\``);
    }
  }

  /** Has `finish` wait for work that no caller does, and that tells of its failures itself. */
  finishAfter(work: Promise<void>): void {
    this.#unfinished = Promise.all([this.#unfinished, work]).then(() => {});
  }

  /** Closes it once the server has what it was owed. That it cannot get it is told, and no failure. */
  async finish(): Promise<void> {
    await this.#unfinished;
    this.close();
  }

  close(): void {
    this.client.close();
  }

  async #fetchKeyring(): Promise<Keyring> {
    const keyring = await this.#openKeyring();
    if (keyring.isOwed) this.finishAfter(this.#putBack());
    return keyring;
  }

  /** On a connection of its own: on this one the reply may wait behind a body that is read only later. */
  async #putBack(): Promise<void> {
    const apart = this.reopen();
    try {
      await (await apart.#openKeyring()).putBack();
    } catch (error) {
      this.warn(notPutBack(error)); // the mail that was asked for does not depend on it
    } finally {
      apart.close();
    }
  }

  async #openKeyring(): Promise<Keyring> {
    const seen = this.#seen; // by now: what is seen after the question may be newer than the reply
    const reply = this.client.call("keyring", { known: newestTag(seen) });
    const { mailboxKey: key, fingerprint, share } = await this.account;
    const own = { fingerprint, earlier: share.identity === null ? null : share.earlier ?? [] };
    const note = (mark: ListMark) => this.#noteKeyring(mark);
    const tell = (sentence: string) => this.warn(sentence);
    return Keyring.open(await reply, { client: this.client, own, key, seen, note, tell });
  }

  async #noteKeyring(mark: ListMark): Promise<void> {
    if (versionOf(mark) > versionOf(this.#seen)) this.#seen = mark;
    await this.#options.noteKeyring(mark);
  }
}
