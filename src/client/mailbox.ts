/**
 * A person's mailbox, plaintext in and out: everything is sealed before it leaves here and checked when it comes back.
 * Calls made without waiting travel together, so that opening a mailbox and listing it cost one round trip.
 */
import { openBody } from "../crypto/body.ts";
import { encodeSummary } from "../crypto/envelope.ts";
import { verifyPieces } from "../crypto/piece.ts";
import { localName, parseAddress } from "../model/address.ts";
import { sealBroken } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import type { Box, Headers } from "../model/message.ts";
import type { WireEntry } from "../wire/operations.ts";
import { identitiesOf, type OpenAccount } from "./account.ts";
import type { Client } from "./client.ts";
import type { Draft, Progress, SendResult } from "./draft.ts";
import { type ListedMessage, notAskedFor, openEntry } from "./entry.ts";
import { Follower } from "./follow.ts";
import { type KeyLine, Keyring, type KeyringMark } from "./keyring.ts";

export type { Content, Draft, Progress, SendResult } from "./draft.ts";
export type { ListedMessage } from "./entry.ts";

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
  /** Address or name. */
  readonly from?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
}

/** A message whose envelope was opened and checked; its body is checked piece by piece as it is read. */
export interface OpenedMessage extends ListedMessage {
  readonly headers: Headers;
  readonly senderFingerprint: Uint8Array;
  /**
   * Hands out the MIME source. May be called once, before the next call on the mailbox.
   * @throws {MailError} `bad_signature` before any byte of a piece that does not match its signed digest.
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
  /** Opens the same mailbox on a new connection, to ask what became of an interrupted send. */
  readonly reopen: () => Promise<Mailbox>;
  readonly now: () => number;
}

/** A logged-in mailbox. */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #client: Client;
  readonly #account: Promise<OpenAccount>;
  #keyring: Promise<Keyring> | null = null;
  readonly #follower: Follower;

  constructor(options: MailboxOptions) {
    this.#options = options;
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
        from: from?.name ?? null,
        since: wish.since ?? null,
      });
      const keyring = this.#openKeyring();
      const account = await this.#account;
      const { total, unread, entries, more } = await listing;
      if (from !== null && localName(from, account.domain) === null) {
        return { total, unread, messages };
      }
      checkPage(entries, { ...wish, before: before ?? Infinity, limit, from: from?.name });
      messages.push(...await this.#openAll(account, await keyring, entries));
      if (!more || entries.length === 0 || messages.length >= wish.limit) {
        return { total, unread, messages };
      }
      before = entries.at(-1)!.id;
    }
  }

  /**
   * Sends one message to all of its recipients or to none.
   * @throws {MailError} `no_such_recipient` naming all unknown ones, `key_changed`, `too_large`, `conflict`
   */
  async send(draft: Draft, progress: Progress = () => {}): Promise<SendResult> {
    const { sendDraft } = await import("./send.ts");
    return await sendDraft(
      {
        client: this.#client,
        account: this.#account,
        keyring: () => this.#openKeyring(),
        reopen: this.#options.reopen,
        now: this.#options.now,
      },
      draft,
      progress,
    );
  }

  /** Finds what a send stored under its key: the id of the sender's copy, or null. */
  async findSend(idempotencyKey: Uint8Array): Promise<number | null> {
    await this.#account;
    return (await this.#client.call("findSend", { idempotencyKey })).id;
  }

  /**
   * Opens one message. Its body must be read to the end, or the mailbox closed.
   * @throws {MailError} `no_such_message`; `bad_signature` where it cannot be opened at all
   */
  async open(id: number, progress: Progress = () => {}): Promise<OpenedMessage> {
    const keyring = this.#openKeyring();
    const download = this.#client.download("fetch", { id });
    const account = await this.#account;
    const { reply: { entry }, stream } = await download;
    if (entry.id !== id) throw notAskedFor();
    const { message: first, envelope } = await openEntry(account, await keyring, entry);
    const { message, keep } = await this.#follower.judgeAgain(
      await keyring,
      first,
      this.#options.reopen,
    );
    const { headers, senderFingerprint } = message;
    if (envelope === null || headers === null || senderFingerprint === null) throw sealBroken();
    const source = async function* (mailbox: Mailbox) {
      const opened = openBody(identitiesOf(account), counted(stream, progress));
      yield* verifyPieces(opened, envelope);
      await keep();
      await mailbox.#pinSeen(await keyring, [message]);
    };
    return { ...message, headers, senderFingerprint, source: () => source(this) };
  }

  /** Asks how the keys of addresses came to be what they are. */
  async keyLines(addresses: readonly string[]): Promise<Map<string, KeyLine>> {
    const { domain } = await this.#account;
    const { fetchLines } = await import("./succession.ts");
    return await fetchLines(this.#client, domain, addresses);
  }

  /** Marks messages as read; ids of none are passed over. */
  async markRead(ids: readonly number[]): Promise<void> {
    const marked = this.#client.call("markRead", { ids });
    await this.#account;
    await marked;
  }

  /** Deletes all or none. @throws {MailError} `no_such_message` naming every unknown id */
  async delete(ids: readonly number[]): Promise<void> {
    const deleted = this.#client.call("delete", { ids });
    await this.#account;
    await deleted;
  }

  /** Writes the account's keys out as an age identity file, in the clear. */
  async keyFile(): Promise<string> {
    const { formatKeyFile } = await import("./key_file.ts");
    return formatKeyFile(await this.#account);
  }

  close(): void {
    this.#client.close();
  }

  async #openAll(
    account: OpenAccount,
    keyring: Keyring,
    entries: readonly WireEntry[],
  ): Promise<ListedMessage[]> {
    const opened = await Promise.all(entries.map((entry) => openEntry(account, keyring, entry)));
    const messages = await this.#follower.judgeAll(
      keyring,
      opened.map(({ message }) => message),
      this,
    );
    await Promise.all([
      this.#saveSummaries(account, entries, messages),
      this.#pinSeen(keyring, messages),
    ]);
    return messages;
  }

  /** Keeps what was checked just now for the next list, which is quicker with it and no worse without. */
  async #saveSummaries(
    { mailboxKey }: OpenAccount,
    entries: readonly WireEntry[],
    messages: readonly ListedMessage[],
  ): Promise<void> {
    const fresh = entries.flatMap((entry, at) => {
      const { headers, senderFingerprint, outcome } = messages[at]!;
      const worth = entry.summary === null && outcome !== "invalid";
      return worth && headers && senderFingerprint ? [{ entry, headers, senderFingerprint }] : [];
    });
    if (fresh.length === 0) return;
    const summaries = await Promise.all(
      fresh.map(async ({ entry, headers, senderFingerprint }) => ({
        id: entry.id,
        summary: await mailboxKey.sealSummary(
          entry,
          encodeSummary({ ...headers, senderFingerprint }),
        ),
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
    const { keyringMark, noteKeyring } = this.#options;
    return Keyring.open(this.#client, mailboxKey, await kept, keyringMark, noteKeyring);
  }
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
