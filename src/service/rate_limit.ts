/** How often somebody may try: token buckets in bounded memory. */
import { BoundedMap } from "../model/bounded_map.ts";
import { MailError } from "../model/errors.ts";

interface Rate {
  /** Tries at once, after a long pause. */
  readonly burst: number;
  /** Tries that come back in a second. */
  readonly perSecond: number;
  /** What a try is, for the message to the caller. */
  readonly meaning: string;
  /** Whose tries are counted together, for docs/reference.md. */
  readonly of: string;
}

export const rates = {
  loginByAccountAndAddress: {
    burst: 5,
    perSecond: 1 / 20,
    meaning: "failed logins",
    of: "an account from one address",
  },
  loginByAddress: { burst: 20, perSecond: 1 / 10, meaning: "failed logins", of: "an address" },
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
  sendByAccount: { burst: 1_000, perSecond: 2, meaning: "messages", of: "an account" },
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
    burst: 10_000,
    perSecond: 500,
    meaning: "imported messages",
    of: "an account",
  },
} as const satisfies Record<string, Rate>;

export type RateName = keyof typeof rates;

/** One bucket: a rate, and who is held to it. */
export interface Bucket {
  readonly rate: RateName;
  readonly key: string;
}

interface Level {
  tokens: number;
  at: number;
}

/** Counts tries. It remembers `capacity` callers a rate; who was idle longest is forgotten first. */
export class RateLimiter {
  readonly #now: () => number;
  readonly #capacity: number;
  readonly #levels = new Map<RateName, BoundedMap<string, Level>>();

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
    const waits = buckets.map((bucket) => this.#secondsUntilNext(bucket));
    const longest = Math.max(0, ...waits);
    if (longest > 0) throw tooMany(buckets[waits.indexOf(longest)]!, longest);
    for (const bucket of buckets) this.#keep(bucket).tokens -= 1;
  }

  /** Puts a try back that turned out not to count. */
  giveBack(buckets: readonly Bucket[]): void {
    for (const bucket of buckets) {
      const level = this.#keep(bucket);
      level.tokens = Math.min(rates[bucket.rate].burst, level.tokens + 1);
    }
  }

  /** Callers remembered, over all rates. */
  get size(): number {
    return [...this.#levels.values()].reduce((sum, levels) => sum + levels.size, 0);
  }

  #secondsUntilNext(bucket: Bucket): number {
    const { tokens } = this.#refilled(bucket);
    return tokens >= 1 ? 0 : (1 - tokens) / rates[bucket.rate].perSecond;
  }

  /** What the bucket would hold now. */
  #refilled({ rate, key }: Bucket): Level {
    const { burst, perSecond } = rates[rate];
    const now = this.#now();
    const before = this.#levels.get(rate)?.get(key) ?? { tokens: burst, at: now };
    const seconds = Math.max(0, now - before.at) / 1000; // a clock set back refills nothing
    return { tokens: Math.min(burst, before.tokens + seconds * perSecond), at: now };
  }

  /** Refills the bucket and makes it the newest. */
  #keep(bucket: Bucket): Level {
    const { rate, key } = bucket;
    const level = this.#refilled(bucket);
    const newLevels = () => new BoundedMap<string, Level>(this.#capacity);
    this.#levels.getOrInsertComputed(rate, newLevels).set(key, level);
    return level;
  }
}

function tooMany({ rate }: Bucket, seconds: number): MailError {
  const retryAfterSeconds = Math.ceil(seconds);
  return new MailError(
    "try_later",
    `Cannot do that now: too many ${rates[rate].meaning}, so wait ${retryAfterSeconds} seconds`,
    { retryAfterSeconds, hint: `Try again in ${retryAfterSeconds} seconds.` },
  );
}
