/** What is left of guesses at passwords, kept over a restart. */

/** A bucket of tries that failed logins took from. */
export interface FailedLogins {
  /** Which rate, and who is held to it: an account, an address, or both. */
  readonly rate: string;
  readonly key: string;
  /** When all its tries are there again: whole milliseconds since 1970. */
  readonly fullAt: number;
}

/** So many are kept. Those that come back last stay. */
export const maxFailedLogins = 30_000;

export interface FailedLoginStore {
  /** Keeps these, in the place of what was known of them, and drops those that are full by `now`. */
  noteFailedLogins(failed: readonly FailedLogins[], now: number): Promise<void>;
  /** Those that are not full at `now`, the one that comes back first at the front. */
  failedLogins(now: number): Promise<FailedLogins[]>;
}
