/** The use cases around senders that an account has blocked: their mail is taken, and dropped. */
import { MailError } from "../model/errors.ts";
import { parseSender } from "../model/sender_address.ts";
import type { Account, AccountStore } from "../store/account_store.ts";
import type { BlockStore, StoredBlock } from "../store/block_store.ts";
import type { RateLimiter } from "./rate_limit.ts";

export interface BlockingOptions {
  readonly store: AccountStore & BlockStore;
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
    limiter.takeByAccount("blocksByAccount", account.name, address);
    const senders = this.#parse(wanted);
    if (senders.includes(account.name)) throw oneself();
    await this.#requireAccounts(senders);
    await store.block(account.id, senders, now());
    return senders.map((sender) => this.#shown(sender));
  }

  /**
   * Ends blocks, all or none, and returns their addresses. `address`: as in `block`.
   * @throws {MailError} `malformed`; `no_such_recipient` naming all that are not blocked; `try_later`
   */
  async unblock(account: Account, wanted: readonly string[], address: string): Promise<string[]> {
    const { store, limiter } = this.#options;
    limiter.takeByAccount("blocksByAccount", account.name, address);
    const senders = this.#parse(wanted);
    await store.unblock(account.id, senders);
    return senders.map((sender) => this.#shown(sender));
  }

  async list(account: Account): Promise<StoredBlock[]> {
    const all = await this.#options.store.blocked(account.id);
    return all.map((one) => ({ ...one, address: this.#shown(one.address) }));
  }

  #parse(texts: readonly string[]): string[] {
    return [...new Set(texts.map((text) => parseSender(text, this.#options.domain)))];
  }

  async #requireAccounts(senders: readonly string[]): Promise<void> {
    const names = senders.filter((sender) => !sender.includes("@"));
    const keys = await this.#options.store.findKeys(names);
    const unknown = names.filter((_, at) => keys[at] === null);
    if (unknown.length === 0) return;
    throw new MailError(
      "no_such_recipient",
      `Cannot block ${unknown.join(", ")}: there is no such account`,
    );
  }

  #shown(sender: string): string {
    return sender.includes("@") ? sender : `${sender}@${this.#options.domain}`;
  }
}

function oneself(): MailError {
  return new MailError("malformed", "Cannot block yourself: name another sender");
}
