/** How often somebody may try to prove who they are: counted for all ways into an account together. */
import { sha256 } from "../crypto/fingerprint.ts";
import { HmacKey } from "../crypto/hmac.ts";
import type { AccountName } from "../model/address.ts";
import { BoundedMap } from "../model/bounded_map.ts";
import { utf8 } from "../model/bytes.ts";
import { bestEffort } from "../model/promises.ts";
import type { FailedLoginStore } from "../store/failed_login_store.ts";
import { addressGroup } from "./client_address.ts";
import { type Bucket, msOfTry, type RateLimiter } from "./rate_limit.ts";

export interface LoginTriesOptions {
  readonly store: FailedLoginStore;
  /** Kept by the store, the same for all that serve it. */
  readonly secret: Uint8Array;
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
  readonly #marking: HmacKey;
  readonly #trusted = new BoundedMap<string, true>(maxTrusted);
  /** By account, address and secret. A machine that goes on with an old key pays once. */
  readonly #wrong = new BoundedMap<string, true>(maxWrong);
  /** Checks under way, by what they are counted against until they hold. */
  readonly #underWay = new Map<string, Set<Promise<unknown>>>();

  constructor(options: LoginTriesOptions) {
    this.#options = options;
    this.#marking = new HmacKey(options.secret);
  }

  /**
   * Runs a check of who somebody is. One that ends in null counts as a failed login, once for each secret: to say the
   * same wrong one again is no guess. It counts before it has ended, or many at once would be one guess: where that
   * leaves no room, it waits for the others. `checkRandom`: what is still checked then, and lets in whoever shows a
   * random secret, which no guess finds. @throws {MailError} `try_later`
   */
  async run<T>(
    one: Try,
    check: () => Promise<T | null>,
    checkRandom: () => Promise<T | null> = () => Promise.resolve(null),
  ): Promise<T | null> {
    const buckets = await this.#buckets(one);
    const done = Promise.withResolvers<void>();
    try {
      await this.#begin(buckets, done.promise);
    } catch (tooMany) {
      const found = await checkRandom();
      if (found === null) throw tooMany;
      return found;
    }
    try {
      return await this.#check(one, buckets, check);
    } finally {
      for (const bucket of buckets) this.#end(bucket, done.promise);
      done.resolve();
    }
  }

  async #check<T>(
    one: Try,
    buckets: readonly Bucket[],
    check: () => Promise<T | null>,
  ): Promise<T | null> {
    const { limiter } = this.#options;
    const found = await check().catch((error) => {
      limiter.giveBack(buckets); // the store is away: nothing was guessed
      throw error;
    });
    if (found !== null || await this.#wasWrong(one)) limiter.giveBack(buckets);
    else await this.#noteFailure(buckets);
    return found;
  }

  /** Takes a try for a check. @throws {MailError} `try_later` where none under way can give anything back */
  async #begin(buckets: readonly Bucket[], done: Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        this.#options.limiter.take(buckets);
        for (const bucket of buckets) this.#note(bucket, done);
        return;
      } catch (error) {
        const others = buckets.flatMap((bucket) => [...this.#underWay.get(nameOf(bucket)) ?? []]);
        if (others.length === 0) throw error;
        await Promise.race(others);
      }
    }
  }

  #note(bucket: Bucket, done: Promise<unknown>): void {
    const name = nameOf(bucket);
    const underWay = this.#underWay.get(name) ?? new Set();
    this.#underWay.set(name, underWay.add(done));
  }

  #end(bucket: Bucket, done: Promise<unknown>): void {
    const underWay = this.#underWay.get(nameOf(bucket));
    underWay?.delete(done);
    if (underWay?.size === 0) this.#underWay.delete(nameOf(bucket));
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

  /** Keeps what is left of guesses, so that a restart gives none back, and counts those at other processes. */
  async #noteFailure(buckets: readonly Bucket[]): Promise<void> {
    const { limiter, store } = this.#options;
    const now = this.#options.now();
    const tries = buckets.map((of) => ({ ...of, ms: Math.round(msOfTry(of)) }));
    const noted = store.noteFailedLogins(tries, now).then((left) => {
      for (const used of left) limiter.restore(used, used.fullAt - now);
    });
    await bestEffort(noted); // a full disk does not change the answer
  }

  /** The store keeps them, and a name may be a mistyped password: so it has its mark alone. */
  async #buckets(one: Try): Promise<Bucket[]> {
    const { name, address } = one;
    const mark = (await this.#marking.sign([utf8(`mailctl failed login v1\0${name}`)])).toHex();
    const own: Bucket = {
      rate: "loginByAccountAndAddress",
      key: `${mark} ${addressGroup(address)}`,
    };
    // Or guessing from everywhere, or at a neighbour's account, would lock out the owner.
    if (this.#trusted.has(placeOf(one))) return [own];
    return [
      own,
      { rate: "loginByAddress", key: addressGroup(address) },
      { rate: "loginByAccount", key: mark },
    ];
  }
}

function nameOf({ rate, key }: Bucket): string {
  return `${rate} ${key}`;
}

function placeOf({ name, address }: Pick<Try, "name" | "address">): string {
  return `${name} ${addressGroup(address)}`;
}
