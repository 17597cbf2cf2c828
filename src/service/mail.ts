/** The use cases around messages: listing, reading, sending, deleting. The server never sees what is inside. */
import type { AccountName } from "../model/address.ts";
import { timeBefore } from "../model/delivery_time.ts";
import type { IdempotencyKey } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import type { EntryId } from "../model/ids.ts";
import { requireNewer } from "../model/keyring.ts";
import { limits } from "../model/limits.ts";
import type { RetentionNotice } from "../model/retention.ts";
import type { Account } from "../store/account_store.ts";
import type { Quota } from "../store/administration_store.ts";
import type { Bounce } from "../store/bounce_store.ts";
import { noSuchMessage } from "../store/failures.ts";
import type { Entry, ListPage } from "../store/mailbox_store.ts";
import type { NewMessage, StoredSubmission } from "../store/send_store.ts";
import type { Store } from "../store/store.ts";
import type { DueWork } from "./due_work.ts";
import type {
  CancelledMessages,
  MailQuery,
  MarkedRead,
  NewMailQuery,
  SavedSummaries,
} from "./mail_requests.ts";
import { cutPage } from "./page.ts";
import type { RateLimiter } from "./rate_limit.ts";
import { type Arriving, arrivingOf, tellingWhatNeverFits } from "./room.ts";
import {
  bodyOf,
  checkBody,
  checkMessage,
  digested,
  type SubmissionTerms,
  type SubmittedAppend,
  type SubmittedMessage,
  timesOf,
} from "./submitted_message.ts";
import type { Uploads } from "./upload.ts";

/** The most that a sealed body may have for a content of `maxMessageBytes`: transfer encoding, headers and seals on top. */
export function sealedBodyBytes(maxMessageBytes: number): number {
  return Math.ceil(maxMessageBytes * 1.5) + 1024 * 1024;
}

/** How far something sent has got. */
export interface StoredSentState {
  readonly entry: Entry;
  readonly bounced: readonly Bounce[];
}

export interface MailOptions {
  /** What a mailbox may hold that has no quota of its own. */
  readonly quota: Quota;
  readonly limiter: RateLimiter;
  readonly dueWork: DueWork;
}

export class Mail {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #options: MailOptions;

  /** `now`: milliseconds since 1970. */
  constructor(store: Store, now: () => number, options: MailOptions) {
    this.#store = store;
    this.#now = now;
    this.#options = options;
  }

  /** Lists newest first. A page ends early where its envelopes are large; ask on with `before`. */
  async list(
    account: Account,
    query: MailQuery,
  ): Promise<ListPage & { readonly more: boolean }> {
    const limit = Math.min(query.limit, limits.maxListEntries);
    const since = query.since && timeBefore(query.since, this.#now());
    const wanted = { ...query, accountId: account.id, limit: limit + 1, since };
    const page = await this.#options.dueWork.read(account, (store) => store.list(wanted));
    const entries = cutPage(page.entries.slice(0, limit));
    return { ...page, entries, more: entries.length < page.entries.length };
  }

  /** Lists what came into the inbox behind an entry, oldest first; a page ends where one of `list` would. */
  async newMail(
    account: Account,
    { after, unread }: NewMailQuery,
  ): Promise<{ entries: Entry[]; more: boolean }> {
    const limit = limits.maxListEntries;
    const query = { accountId: account.id, after, limit: limit + 1, unread };
    const found = await this.#options.dueWork.read(account, (store) => store.newMail(query));
    const entries = cutPage(found.slice(0, limit));
    return { entries, more: entries.length < found.length };
  }

  /**
   * Shows entries with their envelopes, in the order asked for; as many from the first on as fit into a reply.
   * @throws {MailError} `no_such_message` naming every unknown id.
   */
  async look(account: Account, ids: readonly EntryId[]): Promise<Entry[]> {
    const entries = await this.#entries(account, ids);
    const unknown = ids.filter((_, at) => entries[at] === null);
    if (unknown.length > 0) throw noSuchMessage(unknown);
    return cutPage(entries as Entry[]);
  }

  /** Shows one entry as lists do, and hands out its sealed body. @throws {MailError} `no_such_message` */
  async fetch(
    account: Account,
    id: EntryId,
  ): Promise<{ entry: Entry; body: AsyncIterable<Uint8Array> }> {
    const [whole = null] = await this.#entries(account, [id]);
    if (whole === null) throw noSuchMessage([id]);
    const entry = whole.summary === null ? whole : { ...whole, envelope: null };
    return { entry, body: this.#store.as(account).body(account.id, id) };
  }

  /**
   * Stores a message, all copies or none. A repeated one is stored once. `address` is where it came from: on the
   * server's own machine only quotas bound how much an account sends.
   * @throws {MailError} `malformed`, `try_later` after too many, and what the store refuses.
   */
  async send(account: Account, message: SubmittedMessage, uploads: Uploads, address: string) {
    checkMessage(message, []);
    const rate = this.#admit(account, address);
    const arriving = arrivingOf(account, message, uploads);
    const sending = this.#store.as(account, { rate }).send(this.#received(account, message));
    const sent = await this.#tellingWhatNeverFits(arriving, sending);
    if (message.upload !== null) await uploads.discard(message.upload);
    return sent;
  }

  /**
   * Stores a message on terms: for whoever exists, from a time on, until a time, to be read once.
   * @throws {MailError} `malformed`, and what the store refuses.
   */
  async submit(
    account: Account,
    submission: SubmittedMessage & SubmissionTerms,
    uploads: Uploads,
    address: string,
  ): Promise<StoredSubmission> {
    const { unknown, partial, burn, upload } = submission;
    checkMessage(submission, unknown);
    const terms = { unknown, partial, burn, ...timesOf(submission, this.#now()) };
    const rate = this.#admit(account, address);
    const arriving = arrivingOf(account, submission, uploads);
    const store = this.#store.as(account, { rate });
    const submitting = store.submit(this.#received(account, submission), terms);
    const sent = await this.#tellingWhatNeverFits(arriving, submitting);
    if (upload !== null) await uploads.discard(upload);
    return sent;
  }

  /**
   * Puts a message into the account's own mailbox; one that is there under its key stays as it is.
   * @throws {MailError} `malformed`, `try_later` after too many, and what the store refuses.
   */
  async append(
    account: Account,
    message: SubmittedAppend,
    uploads: Uploads,
    address: string,
  ): Promise<{ id: EntryId; repeated: boolean }> {
    checkBody(message);
    const { limiter, quota } = this.#options;
    const rate = limiter.takeByAccount("appendByAccount", account.name, address);
    const { idempotencyKey, box, read: isRead, upload, envelope, filing } = message;
    const arriving = arrivingOf(account, { ...message, own: envelope, recipients: [] }, uploads);
    const appending = this.#store.as(account, { rate }).append({
      accountId: account.id,
      idempotencyKey,
      box,
      isRead,
      storedAt: this.#now(),
      body: bodyOf(message),
      copy: digested(envelope),
      filing,
      quota,
    });
    const stored = await this.#tellingWhatNeverFits(arriving, appending);
    if (upload !== null) await uploads.discard(upload);
    return stored;
  }

  /** Tells which of what was appended under these keys is there. */
  findAppended(account: Account, keys: readonly IdempotencyKey[]): Promise<(EntryId | null)[]> {
    return this.#store.as(account).findAppended(account.id, keys);
  }

  /** Takes back messages that wait, all or none. @throws {MailError} `no_such_message`, `already_sent` */
  async cancel(account: Account, { ids, keyring }: CancelledMessages): Promise<void> {
    requireNewer(keyring);
    await this.#store.as(account).cancel(account.id, [...new Set(ids)], this.#now(), keyring);
  }

  /** Tells what came back of messages, and what the server's own entries stand for; other ids are passed over. */
  async notices(
    account: Account,
    ids: readonly EntryId[],
  ): Promise<{ bounced: readonly Bounce[]; retentionNotices: readonly RetentionNotice[] }> {
    return {
      bounced: await this.#store.as(account).bounced(account.id, ids),
      retentionNotices: await this.#store.as(account).retentionNotices(account.id, ids),
    };
  }

  /** Finds what was sent under a key; null where nothing was. */
  findSend(account: Account, idempotencyKey: IdempotencyKey): Promise<EntryId | null> {
    return this.#store.as(account).findSend(account.id, idempotencyKey);
  }

  /**
   * Keeps what a client wants to see in lists in the place of envelopes. `address`: as in `send`.
   * @throws {MailError} `try_later` after too many, and what the store refuses.
   */
  async saveSummaries(
    account: Account,
    { summaries, keyring }: SavedSummaries,
    address: string,
  ): Promise<void> {
    requireNewer(keyring);
    const { limiter, quota } = this.#options;
    const rate = limiter.takeByAccount("summariesByAccount", account.name, address);
    await this.#store.as(account, { rate }).saveSummaries(account.id, summaries, quota, keyring);
  }

  /** Marks what is there; other ids are passed over. What its reader signed is for the sender alone to check. */
  markRead(account: Account, read: readonly MarkedRead[]): Promise<void> {
    const ids = [...new Set(read.map(({ id }) => id))];
    const receipts = new Map(
      read.flatMap(({ id, receipt }) => receipt === null ? [] : [[id, receipt]]),
    );
    return this.#store.as(account).markRead(account.id, ids, this.#now(), receipts);
  }

  /** Shows an entry of `sent` and what came back of it. @throws {MailError} `no_such_message` */
  async sent(account: Account, id: EntryId): Promise<StoredSentState> {
    const [entry] = await this.look(account, [id]);
    if (entry!.box !== "sent") throw noSuchMessage([id]);
    return { entry: entry!, bounced: await this.#store.as(account).bounced(account.id, [id]) };
  }

  /** Who entries are from; ids that are not there are left out. */
  async sendersOf(
    account: Account,
    ids: readonly EntryId[],
  ): Promise<ReadonlyMap<EntryId, AccountName>> {
    const entries = await this.#store.entries(account.id, ids);
    return new Map(entries.flatMap((entry) => entry === null ? [] : [[entry.id, entry.from]]));
  }

  /** Deletes as `MailboxStore` says. @throws {MailError} as that does; `malformed` for another number of versions */
  delete(
    account: Account,
    ids: readonly EntryId[],
    versions: readonly number[] | null,
  ): Promise<EntryId[]> {
    if (versions !== null && versions.length !== ids.length) {
      throw new MailError("malformed", "Cannot delete messages: each has one version");
    }
    return this.#store.as(account).deleteEntries(account.id, ids, versions ?? undefined);
  }

  #entries(account: Account, ids: readonly EntryId[]): Promise<(Entry | null)[]> {
    return this.#options.dueWork.read(account, (store) => store.entries(account.id, ids));
  }

  /** Returns what a send is counted by. */
  #admit(account: Account, address: string) {
    return this.#options.limiter.takeByAccount("sendByAccount", account.name, address);
  }

  #tellingWhatNeverFits<T>(arriving: Arriving, work: Promise<T>): Promise<T> {
    const { quota } = this.#options;
    return tellingWhatNeverFits({ store: this.#store, quota }, arriving, work);
  }

  #received(account: Account, message: SubmittedMessage): NewMessage {
    return {
      quota: this.#options.quota,
      senderId: account.id,
      idempotencyKey: message.idempotencyKey,
      contentTag: message.contentTag,
      storedAt: this.#now(),
      body: bodyOf(message),
      own: digested(message.own),
      keyring: message.keyring,
      recipients: message.recipients.map(({ name, fingerprint, envelope }) => ({
        name,
        fingerprint,
        copy: digested(envelope),
      })),
    };
  }
}
