/** How often somebody may try to prove who they are: counted for all ways into an account together. */
import { sha256 } from "../crypto/fingerprint.ts";
import type { AccountName } from "../model/address.ts";
import { BoundedMap } from "../model/bounded_map.ts";
import { bestEffort } from "../model/promises.ts";
import type { FailedLoginStore } from "../store/failed_login_store.ts";
import { addressGroup } from "./client_address.ts";
import type { Bucket, RateLimiter } from "./rate_limit.ts";

export interface LoginTriesOptions {
  readonly store: FailedLoginStore;
  readonly limiter: RateLimiter;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A try to prove who somebody is. */
export interface Try {
  readonly name: AccountName;
  readonly address: string;
  /** What it is tried with: a key, or the bytes of a password. */
  readonly secret: Uint8Array;
}

/** Addresses from which an account logged in; so many are remembered. */
const maxTrusted = 10_000;
/** Secrets that were wrong; so many are remembered. */
const maxWrong = 10_000;

export class LoginTries {
  readonly #options: LoginTriesOptions;
  readonly #trusted = new BoundedMap<string, true>(maxTrusted);
  /** By account, address and secret. A machine that goes on with an old key pays once. */
  readonly #wrong = new BoundedMap<string, true>(maxWrong);

  constructor(options: LoginTriesOptions) {
    this.#options = options;
  }

  /**
   * Runs a check of who somebody is. One that ends in null counts as a failed login, once for each secret: to say the
   * same wrong one again is no guess. @throws {MailError} `try_later`
   */
  async run<T>(one: Try, check: () => Promise<T | null>): Promise<T | null> {
    const { limiter } = this.#options;
    const buckets = this.#buckets(one);
    limiter.take(buckets); // before the check: many at once are not one guess
    const found = await check();
    if (found !== null || await this.#wasWrong(one)) limiter.giveBack(buckets);
    else await this.#noteFailure(buckets);
    return found;
  }

  /** Remembers that an account logged in from an address. */
  trust(one: Pick<Try, "name" | "address">): void {
    this.#trusted.set(placeOf(one), true);
  }

  /** Goes on from the failed logins of earlier runs. Their times are kept by a clock that may have been set since. */
  async goOn(): Promise<void> {
    const { limiter, store } = this.#options;
    const now = this.#options.now();
    for (const used of await store.failedLogins(now)) limiter.restore(used, used.fullAt - now);
  }

  /** Tells whether a wrong secret was counted before, and remembers it. */
  async #wasWrong(one: Try): Promise<boolean> {
    const key = `${placeOf(one)} ${(await sha256(one.secret)).toHex()}`;
    const known = this.#wrong.has(key);
    this.#wrong.set(key, true);
    return known;
  }

  /** Keeps what is left of guesses: a restart gives none back. */
  async #noteFailure(buckets: readonly Bucket[]): Promise<void> {
    const { limiter, store } = this.#options;
    const now = this.#options.now();
    const used = buckets.map((of) => ({ ...of, fullAt: Math.ceil(now + limiter.msUntilFull(of)) }));
    await bestEffort(store.noteFailedLogins(used, now)); // a full disk does not change the answer
  }

  #buckets(one: Try): Bucket[] {
    const own: Bucket = { rate: "loginByAccountAndAddress", key: placeOf(one) };
    // Or guessing from everywhere, or at a neighbour's account, would lock out the owner.
    if (this.#trusted.has(placeOf(one))) return [own];
    const { name, address } = one;
    return [
      own,
      { rate: "loginByAddress", key: addressGroup(address) },
      { rate: "loginByAccount", key: name },
    ];
  }
}

function placeOf({ name, address }: Pick<Try, "name" | "address">): string {
  return `${name} ${addressGroup(address)}`;
}
