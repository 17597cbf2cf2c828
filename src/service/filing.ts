/** The use cases around how an account files its messages. What a filing says, the server never sees. */
import type { AccountName } from "../model/address.ts";
import type { EntryId } from "../model/ids.ts";
import { requireNewer } from "../model/keyring.ts";
import { limits } from "../model/limits.ts";
import type { Account } from "../store/account_store.ts";
import type { Quota } from "../store/administration_store.ts";
import type {
  Changes,
  ChangesQuery,
  FiledEntry,
  FilingAnswer,
  FoldersUpdate,
  NewCopy,
  NewFiling,
  StoredFolders,
} from "../store/filing_store.ts";
import type { EntryOutline } from "../store/outline_store.ts";
import type { Store } from "../store/store.ts";
import type { DueWork } from "./due_work.ts";
import type { Mail } from "./mail.ts";
import type { RateLimiter } from "./rate_limit.ts";

export interface FilingOptions {
  readonly store: Store;
  readonly mail: Pick<Mail, "sendersOf">;
  /** What a mailbox may hold that has no quota of its own. */
  readonly quota: Quota;
  readonly limiter: RateLimiter;
  readonly dueWork: DueWork;
}

/** How full a mailbox is. */
export interface Usage {
  readonly bytes: number;
  readonly messages: number;
  /** Null: no bound. */
  readonly maxBytes: number | null;
  readonly maxMessages: number | null;
  /** When the account was made, milliseconds since 1970. */
  readonly createdAt: number;
}

export class Filings {
  readonly #options: FilingOptions;

  constructor(options: FilingOptions) {
    this.#options = options;
  }

  /** How entries are filed, in order; null where there is none, or of another's mail where senders are given. */
  async filings(
    account: Account,
    ids: readonly EntryId[],
    senders: readonly AccountName[] | null,
  ): Promise<(FiledEntry | null)[]> {
    const { dueWork, mail } = this.#options;
    const entries = await dueWork.read(account, (store) => store.filedEntries(account.id, ids));
    if (senders === null) return entries;
    const from = await mail.sendersOf(account, ids);
    return entries.map((entry) =>
      entry !== null && senders.includes(from.get(entry.id) as AccountName) ? entry : null
    );
  }

  /** Tells what changed, of mail of these senders alone unless there are none given. What went, it tells of all. */
  async changes(
    account: Account,
    query: Omit<ChangesQuery, "accountId">,
    senders: readonly AccountName[] | null,
  ): Promise<Changes> {
    const { dueWork, mail } = this.#options;
    const limit = Math.max(1, Math.min(query.limit, limits.maxFilingsPerRequest));
    const wanted = { ...query, limit, accountId: account.id };
    const found = await dueWork.read(account, (store) => store.changes(wanted));
    if (senders === null) return found;
    const from = await mail.sendersOf(account, found.entries.map(({ id }) => id));
    return {
      ...found,
      entries: found.entries.filter(({ id }) => senders.includes(from.get(id) as AccountName)),
    };
  }

  /**
   * Files entries, each by itself. `address`: where it is asked from.
   * @throws {MailError} `try_later` after too many, and what the store refuses.
   */
  file(account: Account, filings: readonly NewFiling[], address: string): Promise<FilingAnswer[]> {
    return this.#counted(account, address).fileEntries(account.id, filings, this.#options.quota);
  }

  /** Copies entries. `address`: as in `file`. @throws {MailError} as `file` does, and `denied` */
  copy(account: Account, copies: readonly NewCopy[], address: string): Promise<(EntryId | null)[]> {
    return this.#counted(account, address).copyEntries(account.id, copies, this.#options.quota);
  }

  /** Marks entries as unread, of mail of these senders alone unless there are none given. */
  async markUnread(
    account: Account,
    ids: readonly EntryId[],
    senders: readonly AccountName[] | null,
  ): Promise<void> {
    const own = await this.#ofSenders(account, ids, senders);
    await this.#options.store.as(account).markUnread(account.id, [...new Set(own)]);
  }

  /** What is kept of the content of entries, in order; null where there is none, or of another's mail, as in `filings`. */
  async outlines(
    account: Account,
    ids: readonly EntryId[],
    senders: readonly AccountName[] | null,
  ): Promise<(Uint8Array | null)[]> {
    const { store } = this.#options;
    const outlines = await store.as(account).outlines(account.id, ids);
    const own = new Set(await this.#ofSenders(account, ids, senders));
    return outlines.map((outline, at) => own.has(ids[at]!) ? outline : null);
  }

  /** Keeps outlines, of mail of these senders alone unless there are none given. @throws {MailError} as `file` does */
  async saveOutlines(
    account: Account,
    outlines: readonly EntryOutline[],
    senders: readonly AccountName[] | null,
    address: string,
  ): Promise<void> {
    const { store, limiter } = this.#options;
    const rate = limiter.takeByAccount("summariesByAccount", account.name, address);
    const own = new Set(await this.#ofSenders(account, outlines.map(({ id }) => id), senders));
    const kept = outlines.filter(({ id }) => own.has(id));
    await store.as(account, { rate }).saveOutlines(account.id, kept);
  }

  folders(account: Account): Promise<StoredFolders> {
    return this.#options.store.as(account).folders(account.id);
  }

  /** False where the list has another version by now. @throws {MailError} `malformed`, `try_later` */
  replaceFolders(account: Account, update: FoldersUpdate, address: string): Promise<boolean> {
    requireNewer(update, "list of folders");
    return this.#counted(account, address).replaceFolders(account.id, update);
  }

  async usage(account: Account): Promise<Usage> {
    const { store, quota } = this.#options;
    const { bytes, messages, ...own } = (await store.as(account).describeAccount(account.name))!;
    const boundOf = (name: keyof Quota) => (own[name] ?? quota[name]) || null;
    const bounds = { maxBytes: boundOf("maxBytes"), maxMessages: boundOf("maxMessages") };
    return { bytes, messages, ...bounds, createdAt: account.createdAt };
  }

  /** Those of mail of these senders; all of them where none are given. */
  async #ofSenders(
    account: Account,
    ids: readonly EntryId[],
    senders: readonly AccountName[] | null,
  ): Promise<readonly EntryId[]> {
    if (senders === null) return ids;
    const from = await this.#options.mail.sendersOf(account, ids);
    return ids.filter((id) => senders.includes(from.get(id) as AccountName));
  }

  /** The store, for a change that is counted. @throws {MailError} `try_later` */
  #counted(account: Account, address: string): Store {
    const { store, limiter } = this.#options;
    const rate = limiter.takeByAccount("filingsByAccount", account.name, address);
    return store.as(account, { rate });
  }
}
