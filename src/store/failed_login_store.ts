/** What is left of guesses at passwords, kept over a restart, and counted for all processes of a store. */

/** A bucket of tries that failed logins took from. */
export interface FailedLogins {
  /** Which rate, and who is held to it: an account by its mark, an address, or both. */
  readonly rate: string;
  readonly key: string;
  /** When all its tries are there again: whole milliseconds since 1970. */
  readonly fullAt: number;
}

/** A try that a failed login takes from a bucket. */
export interface FailedTry extends Pick<FailedLogins, "rate" | "key"> {
  /** How long it takes to come back: whole milliseconds. */
  readonly ms: number;
}

/** So many are kept. Those that come back last stay. */
export const maxFailedLogins = 30_000;

/**
 * No bucket takes longer to be full, also where guesses come to many servers at once. One that seems to was noted while
 * the clock was ahead, and counts as full.
 */
export const longestFullMs = 24 * 3_600_000;

export interface FailedLoginStore {
  /**
   * Takes each try from its bucket, of which there is one, and tells in any order what is left of those. Drops what is
   * full at `now`.
   */
  noteFailedLogins(tries: readonly FailedTry[], now: number): Promise<FailedLogins[]>;
  /** Those that are not full at `now`, the one that comes back first at the front. */
  failedLogins(now: number): Promise<FailedLogins[]>;
}
