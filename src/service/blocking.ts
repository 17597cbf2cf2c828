/** The use cases around senders that an account has blocked: their mail is taken, and dropped. */
import { type AccountName, asAccountName } from "../model/address.ts";
import { MailError } from "../model/errors.ts";
import { blocksOneself, parseSender } from "../model/sender_address.ts";
import type { Account } from "../store/account_store.ts";
import type { StoredBlock } from "../store/block_store.ts";
import type { Store } from "../store/store.ts";
import type { Accounts } from "./accounts.ts";
import type { RateLimiter } from "./rate_limit.ts";

export interface BlockingOptions {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly domain: string;
  readonly limiter: RateLimiter;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class Blocking {
  readonly #options: BlockingOptions;

  constructor(options: BlockingOptions) {
    this.#options = options;
  }

  /**
   * Blocks senders, all or none, and returns their addresses. A name is looked for as for a send. `address` is where the
   * account asks from.
   * @throws {MailError} `malformed`, also for oneself; `no_such_recipient` naming all that have no account; `too_large`;
   * `try_later`
   */
  async block(account: Account, wanted: readonly string[], address: string): Promise<string[]> {
    const { store, limiter, now } = this.#options;
    const rate = limiter.takeByAccount("blocksByAccount", account.name, address);
    const { senders, unknown } = await this.#find(account, wanted);
    if (unknown.length > 0) throw noSuchAccount(unknown);
    if (senders.includes(account.name)) throw oneself();
    await store.as(account, { rate }).block(account.id, senders, now());
    return senders.map((sender) => this.#shown(sender));
  }

  /**
   * Ends blocks, all or none, and returns their addresses. `address`: as in `block`.
   * @throws {MailError} `malformed`; `no_such_recipient` naming all that are not blocked; `try_later`
   */
  async unblock(account: Account, wanted: readonly string[], address: string): Promise<string[]> {
    const { store, limiter } = this.#options;
    const rate = limiter.takeByAccount("blocksByAccount", account.name, address);
    const { senders } = await this.#find(account, wanted);
    await store.as(account, { rate }).unblock(account.id, senders);
    return senders.map((sender) => this.#shown(sender));
  }

  async list(account: Account): Promise<StoredBlock[]> {
    const all = await this.#options.store.as(account).blocked(account.id);
    return all.map((one) => ({ ...one, address: this.#shown(one.address) }));
  }

  /** Finds the accounts of names and aliases; a name that is neither stays as it is. */
  async #find(account: Account, texts: readonly string[]) {
    const parsed = texts.map((text) => parseSender(text, this.#options.domain));
    const names = parsed.filter((sender) => !sender.includes("@")).map(asAccountName);
    const found = await this.#options.accounts.lookUp(account, names);
    const owners = new Map<string, AccountName | undefined>(
      names.map((name, at) => [name, found[at]?.name]),
    );
    return {
      senders: [...new Set(parsed.map((sender) => owners.get(sender) ?? sender))],
      unknown: names.filter((_, at) => found[at] === null),
    };
  }

  #shown(sender: string): string {
    return sender.includes("@") ? sender : `${sender}@${this.#options.domain}`;
  }
}

function noSuchAccount(names: readonly string[]): MailError {
  return new MailError(
    "no_such_recipient",
    `Cannot block ${names.join(", ")}: there is no such account`,
  );
}

function oneself(): MailError {
  return new MailError("malformed", blocksOneself);
}
