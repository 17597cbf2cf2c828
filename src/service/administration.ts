/** The use cases of the server's administrator. None of them sees what is in a mailbox. */
import type { AccountName } from "../model/address.ts";
import type { AccountId } from "../model/ids.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import type { AccountStore } from "../store/account_store.ts";
import type {
  AccountDetails,
  AdministrationStore,
  Quota,
  QuotaChange,
  Totals,
} from "../store/administration_store.ts";

export interface AdministrationOptions {
  readonly store: AccountStore & AdministrationStore;
  /** What holds for accounts without a quota of their own. */
  readonly quota: Quota;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Sessions that an account has now. */
  readonly sessionsOf: (accountId: AccountId) => number;
  /** Ends all sessions of an account. */
  readonly endSessions: (accountId: AccountId) => void;
  /** Closes an account for good; what it has of mail is left to `expireDue`. */
  readonly endAccount: (accountId: AccountId) => Promise<void>;
  /** Does much of what is due and returns whether that was all. */
  readonly runDue: () => Promise<boolean>;
}

/** An account, and what holds for it now. A bound of 0 is none. */
export interface AccountReport extends AccountDetails {
  readonly sessions: number;
  readonly quota: Quota;
}

export class Administration {
  readonly #options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /** Lists accounts by name; as many as one page has. */
  async list(page: { prefix: string; after: AccountName | null }): Promise<AccountReport[]> {
    const { store } = this.#options;
    const accounts = await store.describeAccounts({ ...page, limit: limits.maxListEntries });
    return accounts.map((account) => this.#report(account));
  }

  /** @throws {MailError} `no_such_recipient` */
  async show(name: AccountName): Promise<AccountReport> {
    return this.#report(required(name, await this.#options.store.describeAccount(name)));
  }

  /**
   * Shuts accounts: they cannot log in any more and their sessions end. Mail for them is kept. None is shut where one of
   * them does not exist.
   * @throws {MailError} `no_such_recipient`
   */
  async disable(...names: readonly AccountName[]): Promise<void> {
    const { store, now, endSessions } = this.#options;
    await this.#requireAll(names);
    for (const name of names) {
      const { id } = required(name, await store.disableAccount(name, now()));
      endSessions(id);
    }
  }

  /** Opens accounts again, with all that came meanwhile: all or none. @throws {MailError} `no_such_recipient` */
  async enable(...names: readonly AccountName[]): Promise<void> {
    const { store } = this.#options;
    await this.#requireAll(names);
    for (const name of names) required(name, await store.disableAccount(name, null));
  }

  async #requireAll(names: readonly AccountName[]): Promise<void> {
    for (const name of names) required(name, await this.#options.store.findAccount(name));
  }

  /**
   * Deletes accounts as their owners could: unread mail goes back, all else is erased. None where one of them never
   * was; one that was deleted before is gone on with. Returns whether nothing is left to erase.
   * @throws {MailError} `no_such_recipient`
   */
  async remove(names: readonly AccountName[]): Promise<boolean> {
    const { endAccount, endSessions, runDue } = this.#options;
    const ids = await Promise.all(names.map((name) => this.#idToEnd(name)));
    for (const id of ids) {
      if (id === null) continue;
      await endAccount(id);
      endSessions(id);
    }
    return await runDue();
  }

  /** Null for an account that was deleted before. */
  async #idToEnd(name: AccountName): Promise<AccountId | null> {
    const { store } = this.#options;
    const account = await store.findAccount(name);
    if (account === null && !await store.wasAccount(name)) throw noSuchAccount(name);
    return account?.id ?? null;
  }

  /** Sets the bounds that are given; null: as the server has it. @throws {MailError} `no_such_recipient` */
  async setQuota(name: AccountName, quota: QuotaChange): Promise<AccountReport> {
    if (!await this.#options.store.setQuota(name, quota)) throw noSuchAccount(name);
    return await this.show(name);
  }

  totals(): Promise<Totals> {
    return this.#options.store.totals(this.#options.now());
  }

  #report(account: AccountDetails): AccountReport {
    const { quota, sessionsOf } = this.#options;
    return {
      ...account,
      sessions: sessionsOf(account.id),
      quota: {
        maxBytes: account.maxBytes ?? quota.maxBytes,
        maxMessages: account.maxMessages ?? quota.maxMessages,
      },
    };
  }
}

function required<T>(name: AccountName, account: T | null): T {
  if (account === null) throw noSuchAccount(name);
  return account;
}

function noSuchAccount(name: AccountName): MailError {
  return new MailError("no_such_recipient", `Cannot find ${name}: there is no such account`, {
    hint: "Run `mailctl admin users` for the list.",
  });
}
