/**
 * A person's mailbox, plaintext in and out: everything is sealed before it leaves here and checked when it comes back.
 * Calls made without waiting travel together, so that opening a mailbox and listing it cost one round trip.
 */
import { openBody } from "../crypto/body.ts";
import { encodeSummary } from "../crypto/envelope.ts";
import { verifyPieces } from "../crypto/piece.ts";
import { localName, parseAddress } from "../model/address.ts";
import type { AppPasswordScope } from "../model/app_password.ts";
import { type Bytes, utf8 } from "../model/bytes.ts";
import { sealBroken } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import type { BodyDigests, Box, Headers } from "../model/message.ts";
import { systemDisplayName, systemName } from "../model/returned.ts";
import type { WireEntry } from "../wire/layouts.ts";
import { identitiesOf, type OpenAccount } from "./account.ts";
import type { AppPassword } from "./app_passwords.ts";
import { burnt, isBurnt } from "./burn.ts";
import type { Client } from "./client.ts";
import type { FoundUser, UserWish } from "./directory.ts";
import type { Draft, Progress, SendResult } from "./draft.ts";
import {
  type GivenEntry,
  hasReceipts,
  type ListedMessage,
  notAskedFor,
  type OpenedEntry,
  openEntry,
} from "./entry.ts";
import { Follower } from "./follow.ts";
import type { ImportedMessage, ImportListener } from "./import.ts";
import { type Contact, Keyring, type KeyringMark } from "./keyring.ts";
import type { Checked } from "./receipts.ts";
import { askNotices, isNotice, withNotices } from "./return_notices.ts";
import type { SendContext } from "./send.ts";
import type { ToldLine } from "./succession.ts";
import type { Comparison } from "./trust.ts";

export type { Content, Draft, Progress, SendResult } from "./draft.ts";
export type { ListedDelivery, ListedMessage } from "./entry.ts";
export type { Contact } from "./keyring.ts";
export type { Comparison } from "./trust.ts";

/** What an account shows of itself. */
export interface AccountCard {
  readonly name: string;
  /** `name@domain` */
  readonly address: string;
  readonly domain: string;
  /** SHA-256 of the account's public keys. */
  readonly fingerprint: Uint8Array;
  /** Bytes of body and attachments that one message may have. */
  readonly maxMessageBytes: number;
}

export interface ListedPage {
  /** Of the whole box, whatever was wished for. */
  readonly total: number;
  readonly unread: number;
  /** Newest first. */
  readonly messages: readonly ListedMessage[];
}

export interface ListWish {
  readonly box: Box;
  readonly limit: number;
  /** Only messages with a lower id. */
  readonly before?: number | undefined;
  readonly unread?: boolean | undefined;
  /** Address or name; only what this account wrote, not what it or the server brought in. */
  readonly from?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Pins no key and keeps no summary: nobody looks at who signed what. */
  readonly unseen?: boolean | undefined;
}

export interface ArrivalsWish {
  /** Only messages with a higher id. */
  readonly after: number;
  readonly unread: boolean;
}

export interface ArrivalsPage {
  /** Oldest first. */
  readonly messages: readonly ListedMessage[];
  /** True where more is there already. */
  readonly more: boolean;
}

/** How far something sent has got. */
export interface SentState {
  readonly message: ListedMessage;
  /** Whom it was sealed to, as was signed: the server could leave out a delivery. */
  readonly recipients: readonly string[];
  /** Receipts and returned copies that the server has told of, whatever they are worth; one more where it does not wait. */
  readonly settled: number;
}

/** A message whose envelope was opened and checked; its body is checked piece by piece as it is read. */
export interface OpenedMessage extends ListedMessage {
  readonly headers: Headers;
  /** What a receipt for it is over (`digestContents`); null for a notice, which nobody sent. */
  readonly contents: Uint8Array | null;
  /**
   * Hands out the MIME source. May be called once, before the next call on the mailbox.
   * @throws {MailError} `no_such_message` where it burnt; `bad_signature` before any byte of a piece that does not match its signed digest.
   */
  source(): AsyncIterable<Uint8Array>;
}

/** How a mailbox is held: what it needs of where it was opened from. */
export interface MailboxOptions {
  readonly client: Client;
  readonly account: Promise<OpenAccount>;
  /** The newest keyring seen before: an older one, or another of the same age, is a roll-back. */
  readonly keyringMark: KeyringMark;
  readonly noteKeyring: (mark: KeyringMark) => Promise<void>;
  /** Opens the same mailbox on a new connection; `seen` is the newest keyring by now. */
  readonly reopen: (seen: KeyringMark) => Promise<Mailbox>;
  readonly now: () => number;
  /** Where true, nothing is sent to a key that nobody compared. */
  readonly requireVerified: boolean;
  /** Where false, no sender learns that mail was read. */
  readonly receipts: boolean;
}

/** A logged-in mailbox. */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #client: Client;
  readonly #account: Promise<OpenAccount>;
  #keyring: Promise<Keyring> | null = null;
  #seen: KeyringMark;
  #follower: Follower;

  constructor(options: MailboxOptions) {
    this.#options = options;
    this.#seen = options.keyringMark;
    this.#client = options.client;
    this.#account = options.account;
    this.#account.catch(() => {}); // the first call tells
    this.#follower = new Follower(options.now);
  }

  /** Waits for the login. @throws {MailError} `denied` */
  async account(): Promise<AccountCard> {
    const { name, address, domain, fingerprint, maxMessageBytes } = await this.#account;
    return { name, address, domain, fingerprint, maxMessageBytes };
  }

  /** Has the next call open the keyring anew: on a long session, another machine may have changed it since. */
  lookAgain(): void {
    this.#keyring = null;
    this.#follower = new Follower(this.#options.now); // a sender asked about long ago may have changed keys since
  }

  /** Opens the keyring, so that its age is noted. @throws {MailError} `bad_signature` */
  async checkKeyring(): Promise<void> {
    await this.#openKeyring();
  }

  /** Lists newest first, as many pages of the server's as it takes. @throws {MailError} `malformed` for `from` */
  async list(wish: ListWish): Promise<ListedPage> {
    const from = wish.from === undefined ? null : parseAddress(wish.from);
    const messages: ListedMessage[] = [];
    let before = wish.before ?? null;
    for (;;) {
      const limit = Math.min(wish.limit - messages.length, limits.maxListEntries);
      const listing = this.#client.call("list", {
        box: wish.box,
        before,
        limit,
        unread: wish.unread ?? false,
        from: from === null ? null : senderName(from.name),
        since: wish.since ?? null,
      });
      const keyring = this.#openKeyring();
      const account = await this.#account;
      const { total, unread, entries, more } = await listing;
      if (from !== null && localName(from, account.domain) === null) {
        return { total, unread, messages };
      }
      checkPage(entries, {
        ...wish,
        before: before ?? Infinity,
        limit,
        from: from === null ? undefined : senderName(from.name),
      });
      const opened = await this.#openAll(account, await keyring, entries, wish.unseen);
      messages.push(...opened.filter(({ origin }) => from === null || origin === null));
      if (!more || entries.length === 0 || messages.length >= wish.limit) {
        return { total, unread, messages };
      }
      before = entries.at(-1)!.id;
    }
  }

  /**
   * Waits for inbox messages behind an id, for a minute at most; an empty page then says nothing of the next one. A
   * call made meanwhile ends the wait. They are judged by the keyring of now: it may be long since it was opened.
   */
  async waitForMail({ after, unread }: ArrivalsWish): Promise<ArrivalsPage> {
    const arrived = this.#client.call("waitForMail", { after, unread });
    const account = await this.#account;
    const { entries, more } = await arrived;
    if (entries.length === 0) return { messages: [], more: false };
    checkArrivals(entries, after);
    this.lookAgain();
    return { messages: await this.#openAll(account, await this.#openKeyring(), entries), more };
  }

  /**
   * Sends one message to all of its recipients or to none.
   * @throws {MailError} `no_such_recipient` naming all unknown ones, `key_changed`, `too_large`, `conflict`
   */
  async send(draft: Draft, progress: Progress = () => {}): Promise<SendResult> {
    const { sendDraft } = await import("./send.ts");
    return await sendDraft(this.#sending(), draft, progress);
  }

  /**
   * Looks at a recipient as `send` would.
   * @throws {MailError} `no_such_recipient`, `key_changed`, `not_verified`, `malformed`
   */
  async checkRecipient(recipient: string): Promise<void> {
    const { checkRecipient } = await import("./send.ts");
    await checkRecipient(this.#sending(), recipient);
  }

  /**
   * Brings messages in that were made elsewhere, as imported; each is stored once, and not beside mail that it is a copy of.
   * @throws {MailError} what keeps all others from being stored too, such as `over_quota`
   */
  async import(messages: AsyncIterable<ImportedMessage>, listener: ImportListener): Promise<void> {
    const [{ importAll }, { Present }] = await Promise.all([
      import("./import.ts"),
      import("./present.ts"),
    ]);
    const account = await this.#account;
    const present = new Present({
      domain: account.domain,
      messages: (box) => this.#whole(box),
      digests: (id) => this.#digestsOf(id),
    });
    const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    const context = { client: this.#client, account, present, now: this.#options.now, wait };
    await importAll(context, messages, listener);
  }

  /** Opens a body that `sealed` gave, now or once. @throws {MailError} `bad_signature` while reading */
  async *openSealed(sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    yield* openBody(identitiesOf(await this.#account), sealed);
  }

  /** Finds what a send stored under its key: the id of the sender's copy, or null. */
  async findSend(idempotencyKey: Uint8Array): Promise<number | null> {
    await this.#account;
    return (await this.#client.call("findSend", { idempotencyKey })).id;
  }

  /** Finds what a send stored under the key that its draft had: the id of the sender's copy, or null. */
  async findSent(key: string): Promise<number | null> {
    const { mailboxKey } = await this.#account;
    return await this.findSend(await mailboxKey.tag("key", utf8(key)));
  }

  /**
   * Opens one message. Its body must be read to the end, or the mailbox closed.
   * @throws {MailError} `no_such_message`; `bad_signature` where it cannot be opened at all
   */
  async open(id: number, progress: Progress = () => {}): Promise<OpenedMessage> {
    const keyring = this.#openKeyring();
    const notices = askNotices(this.#client, [id]); // before the body, which would have to be read first
    const download = this.#client.download("fetch", { id });
    const account = await this.#account;
    const { reply: { entry }, stream } = await download;
    if (entry.id !== id) throw notAskedFor();
    const opened = await openEntry(account, await keyring, entry);
    if (isNotice(entry, opened.message, await notices)) {
      const { openNoticeMessage } = await import("./return_notices.ts");
      return await openNoticeMessage(account, entry, await notices, counted(stream, progress));
    }
    const { body, contents } = opened;
    const { first, keepLearned } = await this.#withReceipts(await keyring, { entry, opened });
    const { message: { headers, ...message }, keep } = await this.#follower.judgeAgain(
      await keyring,
      first,
      () => this.reopen(),
    );
    if (body === null || headers === null) throw sealBroken();
    const source = async function* (mailbox: Mailbox) {
      if (isBurnt(message)) {
        for await (const _ of stream);
        throw burnt(id);
      }
      const opened = openBody(identitiesOf(account), counted(stream, progress));
      yield* verifyPieces(opened, body);
      await keep();
      await keepLearned();
      await mailbox.#pinSeen(await keyring, [{ ...message, headers }]);
    };
    return { ...message, headers, contents, source: () => source(this) };
  }

  /** Tells whom a message was not stored for, by the id of the own copy: names, or addresses that were nobody's. */
  async returnedAtSend(id: number): Promise<string[]> {
    const { returned } = await askNotices(this.#client, [id]);
    return returned.filter(({ reason }) => reason === "no_such_account")
      .map(({ recipient }) => recipient);
  }

  /**
   * Hands out the sealed body of one message, an age file for this account's identity, as the server has it: nothing
   * of it is checked. It must be read to the end, or the mailbox closed.
   * Null: it burns, and is not to be kept. @throws {MailError} `no_such_message`
   */
  async sealed(id: number): Promise<AsyncIterable<Uint8Array> | null> {
    const keyring = this.#openKeyring();
    const download = this.#client.download("fetch", { id });
    await this.#account;
    const { reply: { entry }, stream } = await download;
    if (entry.id !== id) throw notAskedFor();
    const { message: { burn } } = await openEntry(await this.#account, await keyring, entry);
    if (!burn) return stream;
    for await (const _ of stream);
    return null;
  }

  /** Opens the headers of one message, whatever checking them finds. @throws {MailError} `no_such_message` */
  async look(id: number): Promise<ListedMessage> {
    const looked = this.#client.call("look", { ids: [id] });
    const keyring = this.#openKeyring();
    const account = await this.#account;
    const [entry] = (await looked).entries;
    if (entry?.id !== id) throw notAskedFor();
    const opened = await openEntry(account, await keyring, entry);
    const { entries, keep } = await this.#checkReceipts(await keyring, [{ entry, opened }], this);
    await keep();
    const messages = entries.map(({ opened }) => opened.message);
    return (await this.#follower.judgeAll(await keyring, messages, this))[0]!;
  }

  /**
   * Waits until more of a message in `sent` is settled than `known`, by its delivery or by being taken back, by receipts
   * or by coming back, for a minute at most; null: does not wait. Judged by the keyring of now, as in `waitForMail`.
   * @throws {MailError} `no_such_message`; `bad_signature` where it does not verify
   */
  async waitForRead(id: number, known: number | null): Promise<SentState> {
    const told = this.#client.call("waitForRead", { id, known });
    const account = await this.#account;
    const { entry, returned } = await told;
    if (entry.id !== id || entry.box !== "sent") throw notAskedFor();
    this.#keyring = null;
    const keyring = await this.#openKeyring();
    const opened = await openEntry(account, keyring, entry);
    const { envelope, message: { outcome } } = opened;
    if (envelope === null || outcome === "invalid") throw sealBroken();
    const { entries, keep } = await this.#checkReceipts(keyring, [{ entry, opened }], this);
    await keep();
    const messages = entries.map(({ opened }) => opened.message);
    const [message] = await withNotices(account, [entry], messages, { returned, removals: [] });
    const receipts = entry.deliveries.filter(({ receipt }) => receipt !== null);
    const recipients = envelope.recipients.map(({ address }) => address);
    const waited = entry.heldUntil === null ? 1 : 0;
    return { message: message!, recipients, settled: receipts.length + returned.length + waited };
  }

  /** Asks how the keys of addresses came to be what they are. */
  async keyLines(addresses: readonly string[]): Promise<Map<string, ToldLine>> {
    const { domain } = await this.#account;
    const { fetchLines } = await import("./succession.ts");
    return await fetchLines(this.#client, domain, addresses);
  }

  /** Takes back messages that wait, all or none. @throws {MailError} `no_such_message`, `already_sent` naming all such */
  async cancel(ids: readonly number[]): Promise<void> {
    const cancelled = this.#client.call("cancel", { ids });
    await this.#account;
    await cancelled;
  }

  /**
   * Marks messages as read; the server erases those that burn. Their senders get a signed receipt each, unless the
   * mailbox gives none or the message is not known to be theirs: otherwise they learn nothing, but that what burns is
   * gone.
   */
  async markRead(messages: readonly OpenedMessage[]): Promise<void> {
    const account = await this.#account;
    const { receipts, now } = this.#options;
    const { receiptFor } = await import("./give_receipt.ts");
    const read = await Promise.all(messages.map(async (message) => ({
      id: message.id,
      receipt: receipts ? await receiptFor(account, message, now()) : null,
    })));
    await this.#client.call("markRead", { read });
  }

  /** Marks messages as read, and gives nobody a receipt: that a program has them says nothing of a reader. */
  async markFetched(ids: readonly number[]): Promise<void> {
    const marked = this.#client.call("markRead", {
      read: ids.map((id) => ({ id, receipt: null })),
    });
    await this.#account;
    await marked;
  }

  /** Deletes all or none. @throws {MailError} `no_such_message` naming every unknown id */
  async delete(ids: readonly number[]): Promise<void> {
    const deleted = this.#client.call("delete", { ids });
    await this.#account;
    await deleted;
  }

  /** Lists whose keys are pinned, by address. */
  async contacts(): Promise<Contact[]> {
    return (await this.#openKeyring()).contacts();
  }

  /**
   * Looks at a correspondent's key as it is now, beside the one that is pinned.
   * @throws {MailError} `no_such_recipient`, `bad_signature`; `usage` for oneself
   */
  async compare(name: string): Promise<Comparison> {
    const { compareKeys } = await import("./trust.ts");
    const [client, account, { now }] = [this.#client, this.#account, this.#options];
    return await compareKeys({ client, account, keyring: this.#openKeyring(), now }, name);
  }

  /**
   * Pins the key of a comparison, and no other than was shown. Returns the comparison as it is then.
   * @throws {MailError} `key_changed` where another machine pinned a third key meanwhile
   */
  async accept(shown: Comparison, { verified }: { verified: boolean }): Promise<Comparison> {
    const { acceptKey } = await import("./trust.ts");
    return await acceptKey(await this.#openKeyring(), shown, verified, this.#options.now());
  }

  /** Opens the same mailbox on a new connection, for what comes after a long wait. Whoever does closes it. */
  reopen(): Promise<Mailbox> {
    return this.#options.reopen(this.#seen);
  }

  /** Finds accounts by name or pattern. @throws {MailError} `denied` where the server does not tell */
  async *users(wish: UserWish): AsyncGenerator<FoundUser, void> {
    const { findUsers } = await import("./directory.ts");
    yield* findUsers(this.#client, this.#account, wish);
  }

  /** Lists the account's application passwords, by what they are called. */
  async appPasswords(): Promise<readonly AppPassword[]> {
    const listed = this.#client.call("appPasswords", {});
    await this.#account;
    return (await listed).appPasswords;
  }

  /** Ends application passwords, in this order. @throws {MailError} `malformed` for the first that does not exist */
  async revokeAppPasswords(labels: readonly string[]): Promise<void> {
    await this.#account;
    const { revokeAppPasswords } = await import("./app_passwords.ts");
    await revokeAppPasswords(this.#client, labels);
  }

  /** Tells whether an application password lets a program of this scope in. Nobody's text ever does. */
  async checkAppPassword(scope: AppPasswordScope, password: string): Promise<boolean> {
    const { checkAppPassword } = await import("./app_passwords.ts");
    return await checkAppPassword(this.#client, this.#account, scope, password);
  }

  /** Writes the account's keys out as an age identity file, in the clear. */
  async keyFile(): Promise<string> {
    const { formatKeyFile } = await import("./key_file.ts");
    return formatKeyFile(await this.#account);
  }

  close(): void {
    this.#client.close();
  }

  async *#whole(box: Box): AsyncGenerator<ListedMessage, void> {
    let before: number | undefined = undefined;
    for (;;) {
      const limit = limits.maxListEntries;
      const { messages }: ListedPage = await this.list({ box, limit, before });
      yield* messages;
      if (messages.length < limit) return;
      before = messages.at(-1)!.id;
    }
  }

  async #digestsOf(id: number): Promise<BodyDigests | null> {
    const looked = this.#client.call("look", { ids: [id] });
    const [account, keyring] = [await this.#account, await this.#openKeyring()];
    const entry = (await looked).entries[0];
    if (entry?.id !== id) throw notAskedFor();
    const { message, body } = await openEntry(account, keyring, entry);
    return message.outcome === "invalid" ? null : body;
  }

  #sending(): SendContext {
    return {
      client: this.#client,
      account: this.#account,
      keyring: () => this.#openKeyring(),
      reopen: () => this.reopen(),
      now: this.#options.now,
      requireVerified: this.#options.requireVerified,
    };
  }

  async #openAll(
    account: OpenAccount,
    keyring: Keyring,
    entries: readonly WireEntry[],
    unseen = false,
  ): Promise<ListedMessage[]> {
    const notices = askNotices(this.#client, idsToAsk(entries));
    const given = await Promise.all(
      entries.map(async (entry) => ({ entry, opened: await openEntry(account, keyring, entry) })),
    );
    const checked = unseen ? unchecked(given) : await this.#checkReceipts(keyring, given, this);
    const listed = checked.entries.map(({ opened }) => opened.message);
    const found = await withNotices(account, entries, listed, await notices);
    if (unseen) return found;
    const messages = await this.#follower.judgeAll(keyring, found, this);
    await checked.keep();
    await Promise.all([
      this.#saveSummaries(account, newlyChecked(given, checked.entries)),
      this.#pinSeen(keyring, messages),
    ]);
    return messages;
  }

  /** Checks the receipts of what was sent; `source` is whom to ask for readers' keys. */
  async #checkReceipts(
    keyring: Keyring,
    given: readonly GivenEntry[],
    source: Pick<Mailbox, "keyLines">,
  ): Promise<Checked> {
    if (!given.some(hasReceipts)) return unchecked(given);
    const { checkReceipts } = await import("./receipts.ts");
    return await checkReceipts({
      account: await this.#account,
      keyring,
      now: this.#options.now(),
      source: {
        keyLines: (addresses) => source.keyLines(addresses),
        look: async (ids) => (await this.#client.call("look", { ids: [...ids] })).entries,
      },
    }, given);
  }

  /** Checks receipts while a body is under way: so readers' keys are asked for on a connection of its own. */
  async #withReceipts(
    keyring: Keyring,
    given: GivenEntry,
  ): Promise<{ first: ListedMessage; keepLearned: () => Promise<void> }> {
    const keyLines = async (addresses: readonly string[]) => {
      const elsewhere = await this.reopen();
      return await elsewhere.keyLines(addresses).finally(() => elsewhere.close());
    };
    const { entries, keep } = await this.#checkReceipts(keyring, [given], { keyLines });
    return { first: entries[0]!.opened.message, keepLearned: keep };
  }

  /** Keeps what was checked just now for the next list, which is quicker with it and no worse without. */
  async #saveSummaries(
    { mailboxKey }: OpenAccount,
    checked: readonly GivenEntry[],
  ): Promise<void> {
    const fresh = checked.filter(({ opened }) => isWorthKeeping(opened));
    if (fresh.length === 0) return;
    const summaries = await Promise.all(
      fresh.map(async ({ entry, opened }) => ({
        id: entry.id,
        summary: await mailboxKey.sealSummary(entry, await summaryOf(opened)),
      })),
    );
    await this.#client.call("saveSummaries", { summaries }).catch(() => {});
  }

  async #pinSeen(keyring: Keyring, messages: readonly ListedMessage[]): Promise<void> {
    const seen = messages.filter(({ outcome }) => outcome === "unknown");
    const keys = new Map(seen.map(({ from, senderFingerprint }) => [from, senderFingerprint!]));
    if (keys.size > 0) await keyring.pinSeen(keys, this.#options.now());
  }

  #openKeyring(): Promise<Keyring> {
    this.#keyring ??= this.#fetchKeyring();
    this.#keyring.catch(() => {}); // whoever awaits it hears of it
    return this.#keyring;
  }

  async #fetchKeyring(): Promise<Keyring> {
    const kept = this.#client.call("keyring", {});
    const { mailboxKey } = await this.#account;
    const note = (mark: KeyringMark) => this.#noteKeyring(mark);
    return Keyring.open(this.#client, mailboxKey, await kept, this.#seen, note);
  }

  async #noteKeyring(mark: KeyringMark): Promise<void> {
    this.#seen = mark;
    await this.#options.noteKeyring(mark);
  }
}

const nothing = () => Promise.resolve();

function unchecked(given: readonly GivenEntry[]): Checked {
  return { entries: [...given], keep: nothing };
}

/** Entries of which more is known now than their summaries tell. */
function newlyChecked(
  given: readonly GivenEntry[],
  checked: readonly GivenEntry[],
): GivenEntry[] {
  return checked.filter(({ entry, opened }, at) =>
    entry.summary === null || entry !== given[at]!.entry ||
    opened.receipts.length !== given[at]!.opened.receipts.length
  );
}

/** False where nothing was found to hold that a later list could go by. */
function isWorthKeeping({ message, contents }: OpenedEntry): boolean {
  const { outcome, headers, origin, burn } = message;
  return outcome !== "invalid" && !burn && headers !== null && (contents ?? origin) !== null;
}

async function summaryOf({ message, contents, receipts }: OpenedEntry): Promise<Bytes> {
  const { headers, senderFingerprint, origin } = message;
  if (origin === null) {
    const fingerprint = { senderFingerprint: senderFingerprint! };
    return encodeSummary({ ...headers!, ...fingerprint, contents: contents!, receipts });
  }
  const { encodeForeignSummary } = await import("../crypto/foreign.ts");
  return encodeForeignSummary({ ...headers!, origin });
}

/** The server's own name is written otherwise on the wire. */
function senderName(name: string): string {
  return name === systemDisplayName ? systemName : name;
}

/** The entries of which more is to be known than the list says: what came back, and to whom. */
function idsToAsk(entries: readonly WireEntry[]): number[] {
  return entries.filter(({ box, from }) => box === "sent" || from === systemName)
    .map(({ id }) => id);
}

/** @throws {MailError} `protocol` for entries that were not asked for */
function checkPage(
  entries: readonly WireEntry[],
  { box, before, limit, from }: {
    box: Box;
    before: number;
    limit: number;
    from: string | undefined;
  },
): void {
  let last = before;
  for (const entry of entries) {
    const right = entry.box === box && entry.id < last &&
      (from === undefined || entry.from === from);
    if (!right) throw notAskedFor();
    last = entry.id;
  }
  if (entries.length > limit) throw notAskedFor();
}

/** @throws {MailError} `protocol` for entries that were not asked for */
function checkArrivals(entries: readonly WireEntry[], after: number): void {
  let last = after;
  for (const { box, id } of entries) {
    if (box !== "inbox" || id <= last) throw notAskedFor();
    last = id;
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  progress: Progress,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const chunk of source) {
    progress(bytes += chunk.length);
    yield chunk;
  }
}
