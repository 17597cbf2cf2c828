/** How often somebody may try: token buckets in bounded memory. */
import { BoundedMap } from "../model/bounded_map.ts";
import type { AccountRate } from "../store/account_store.ts";
import { tooOften } from "../store/failures.ts";
import { isLocal } from "./client_address.ts";

interface Rate {
  /** Tries at once, after a long pause. */
  readonly burst: number;
  /** Tries that come back in a second. */
  readonly perSecond: number;
  /** What a try is, for the message to the caller. */
  readonly meaning: string;
  /** Whose tries are counted together, for docs/reference.md. */
  readonly of: string;
  /** Of a rate that all servers of one store share: see `AccountRate`. */
  readonly place?: number;
}

export const rates = {
  loginByAccountAndAddress: {
    burst: 5,
    perSecond: 1 / 20,
    meaning: "failed logins",
    of: "an account from one address",
  },
  loginByAddress: {
    burst: 20,
    perSecond: 1 / 10,
    meaning: "failed logins",
    of: "an address, to accounts new to it",
  },
  /** Guards against guessing from many addresses; addresses that logged in before are not held to it. */
  loginByAccount: {
    burst: 50,
    perSecond: 1 / 30,
    meaning: "failed logins",
    of: "an account, from new addresses",
  },
  registrationByAddress: {
    burst: 10,
    perSecond: 1 / 60,
    meaning: "registrations",
    of: "an address, without invite",
  },
  registrationByMachine: {
    burst: 1_000,
    perSecond: 10,
    meaning: "registrations",
    of: "the server's own machine, without invite",
  },
  handshakeByAddress: { burst: 100, perSecond: 5, meaning: "connections", of: "an address" },
  /** Scripts on the server's own machine. */
  handshakeByMachine: {
    burst: 5_000,
    perSecond: 500,
    meaning: "connections",
    of: "the server's own machine",
  },
  /** Not for the server's own machine. */
  sendByAccount: {
    place: 1,
    burst: 1_000,
    perSecond: 2,
    meaning: "messages",
    of: "an account",
  },
  /** Not for the server's own machine. */
  receiveByAddress: {
    burst: 500,
    perSecond: 2,
    meaning: "copies of messages",
    of: "an address, by SMTP without login",
  },
  unknownRecipientByAddress: {
    burst: 50,
    perSecond: 1 / 6,
    meaning: "unknown recipients",
    of: "an address, by SMTP",
  },
  /** What an account imports stays in its own mailbox, which its quota bounds. Not for the server's own machine. */
  appendByAccount: {
    place: 2,
    burst: 10_000,
    perSecond: 500,
    meaning: "imported messages",
    of: "an account",
  },
  /** One is for all that a page of a list shows. Not for the server's own machine, and neither are the next. */
  summariesByAccount: {
    place: 3,
    burst: 2_000,
    perSecond: 10,
    meaning: "saved pages of summaries or outlines",
    of: "an account",
  },
  keyringByAccount: {
    place: 4,
    burst: 2_000,
    perSecond: 4,
    meaning: "changes of the keyring",
    of: "an account",
  },
  /** A mail program files each message by itself. */
  filingsByAccount: {
    place: 5,
    burst: 5_000,
    perSecond: 50,
    meaning: "changes of flags and folders",
    of: "an account",
  },
  blocksByAccount: {
    place: 6,
    burst: 200,
    perSecond: 1 / 5,
    meaning: "changes of blocked senders",
    of: "an account",
  },
  credentialsByAccount: {
    place: 7,
    burst: 100,
    perSecond: 1 / 20,
    meaning: "changes of passwords, recovery codes and keys",
    of: "an account",
  },
} as const satisfies Record<string, Rate>;

export type RateName = keyof typeof rates;
/** Rates that all servers of one store share. */
export type SharedRateName = {
  [Name in RateName]: (typeof rates)[Name] extends AccountRate ? Name : never;
}[RateName];

/** One bucket: a rate, and who is held to it. */
export interface Bucket {
  readonly rate: RateName;
  readonly key: string;
}

/**
 * Counts tries. It remembers `capacity` callers a rate; who was idle longest is forgotten first. Of each bucket it
 * keeps one number: when it will be full again.
 */
export class RateLimiter {
  readonly #now: () => number;
  readonly #capacity: number;
  readonly #fullAt = new Map<RateName, BoundedMap<string, number>>();

  /** `now`: milliseconds since any moment, never set back. */
  constructor(now: () => number, capacity = 10_000) {
    this.#now = now;
    this.#capacity = capacity;
  }

  /**
   * Takes a try out of every bucket, or out of none. A try that is refused is not remembered: else made-up callers
   * would make the limiter forget the real ones.
   * @throws {MailError} `try_later`, with the seconds until all of them have one.
   */
  take(buckets: readonly Bucket[]): void {
    const waits = buckets.map((bucket) => this.#msUntilNext(bucket));
    const longest = Math.max(0, ...waits);
    if (longest > 0) {
      const { rate } = buckets[waits.indexOf(longest)]!;
      throw tooOften(rates[rate].meaning, longest / 1000);
    }
    for (const bucket of buckets) this.#keep(bucket, this.msUntilFull(bucket) + msOfTry(bucket));
  }

  /**
   * Takes a try of an account's own, and returns the rate, by which the store counts it at all servers: see `Store.as`.
   * Undefined where none is taken: on the server's machine only quotas bound what an account does.
   */
  takeByAccount(rate: SharedRateName, name: string, address: string): AccountRate | undefined {
    if (isLocal(address)) return undefined;
    this.take([{ rate, key: name }]);
    return rates[rate];
  }

  /** Puts a try back that turned out not to count. */
  giveBack(buckets: readonly Bucket[]): void {
    for (const bucket of buckets) this.#keep(bucket, this.msUntilFull(bucket) - msOfTry(bucket));
  }

  /** How long it takes until a bucket is full again, if nobody takes from it. */
  msUntilFull({ rate, key }: Bucket): number {
    const now = this.#now();
    return Math.max(0, (this.#fullAt.get(rate)?.get(key) ?? now) - now);
  }

  /**
   * Tells how long it takes until a bucket is full again, as others know it who took from it as well: no sooner than
   * that, and it is empty at most, and in no rate that does not exist.
   */
  restore(
    { rate, key }: { readonly rate: string; readonly key: string },
    msUntilFull: number,
  ): void {
    if (!isRate(rate)) return;
    const emptyMs = rates[rate].burst * msOfTry({ rate, key });
    const known = this.msUntilFull({ rate, key });
    this.#keep({ rate, key }, Math.max(known, Math.min(msUntilFull, emptyMs)));
  }

  /** Callers remembered, over all rates. */
  get size(): number {
    return [...this.#fullAt.values()].reduce((sum, callers) => sum + callers.size, 0);
  }

  #msUntilNext(bucket: Bucket): number {
    const wait = this.msUntilFull(bucket) - (rates[bucket.rate].burst - 1) * msOfTry(bucket);
    return wait < 1 ? 0 : wait; // less than a millisecond is rounding
  }

  /** Makes the bucket the newest. */
  #keep({ rate, key }: Bucket, msUntilFull: number): void {
    const newCallers = () => new BoundedMap<string, number>(this.#capacity);
    this.#fullAt.getOrInsertComputed(rate, newCallers).set(key, this.#now() + msUntilFull);
  }
}

function isRate(name: string): name is RateName {
  return Object.hasOwn(rates, name);
}

/** How long one try takes to come back. */
export function msOfTry({ rate }: Bucket): number {
  return 1000 / rates[rate].perSecond;
}
