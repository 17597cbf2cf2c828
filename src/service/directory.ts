/** Who has an account here, for those who have one: as far as the server's owner lets them look. */
import type { AccountName } from "../model/address.ts";
import type { AccountId } from "../model/ids.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { parsePattern } from "../model/pattern.ts";
import type { Account } from "../store/account_store.ts";
import type { Store } from "../store/store.ts";

/** `exact`: whether a name that is known already is somebody's; `all`: every name, and who is there now. */
export type DirectoryPolicy = "exact" | "all";

export interface DirectoryOptions {
  readonly store: Store;
  readonly policy: DirectoryPolicy;
  /** Sessions that an account has now at this process. */
  readonly sessionsOf: (accountId: AccountId) => number;
}

export interface DirectoryQuery {
  /** A name, or a pattern of names. */
  readonly pattern: string;
  /** Only those who are logged in now. */
  readonly online: boolean;
  /** Only names behind this one. */
  readonly after: AccountName | null;
}

export interface DirectoryPage {
  readonly accounts: readonly { readonly name: AccountName; readonly online: boolean | null }[];
  /** What to ask on with as `after`; null at the end. */
  readonly next: AccountName | null;
}

export class Directory {
  readonly #options: DirectoryOptions;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /**
   * Looks through one page of names, and answers with those that fit: perhaps none.
   * @throws {MailError} `malformed`; `denied` for what the server does not tell
   */
  async find(
    account: Account,
    { pattern: text, online, after }: DirectoryQuery,
  ): Promise<DirectoryPage> {
    const { policy, sessionsOf } = this.#options;
    const store = this.#options.store.as(account);
    const { prefix, exact, matches } = parsePattern(text);
    if (policy === "exact") return await this.#findExact(store, online ? null : exact);
    const limit = limits.maxIdsPerRequest;
    const page = await store.describeAccounts({ prefix, after, limit });
    const fitting = page.filter(({ name }) => matches(name));
    const elsewhere = await store.onlineOf(fitting.map(({ id }) => id));
    const accounts = fitting
      .map(({ id, name }) => ({ name, online: sessionsOf(id) > 0 || elsewhere.has(id) }))
      .filter((account) => account.online || !online);
    return { accounts, next: page.length < limit ? null : page.at(-1)!.name };
  }

  async #findExact(store: Store, name: AccountName | null): Promise<DirectoryPage> {
    if (name === null) throw onlyExact();
    const found = await store.describeAccount(name);
    return { accounts: found === null ? [] : [{ name, online: null }], next: null };
  }
}

function onlyExact(): MailError {
  return new MailError("denied", "Cannot list accounts: the server only finds exact names", {
    hint: "Run `mailctl users NAME` with an exact name.",
  });
}
