/** The database's clock, by which all processes go, as this process knows it. */

/** What took longer says too little of the time. */
const longestMs = 1_000;

export class DatabaseClock {
  /** What this process's own count has to be added to; null: not known yet. */
  #startedAt: number | null = null;

  /** Milliseconds since 1970. What the machine's own clock is set to meanwhile changes nothing. */
  now(): number {
    return Math.round((this.#startedAt ?? performance.timeOrigin) + performance.now());
  }

  /** By how much it is before the machine's own, in milliseconds. */
  get aheadMs(): number {
    return this.now() - Date.now();
  }

  /** Takes what the database said while it was asked from `askedAt` until now, by `performance.now()`. */
  set(said: number, askedAt: number): void {
    const heardAt = performance.now();
    const isVague = heardAt - askedAt > longestMs;
    if (!isVague || this.#startedAt === null) this.#startedAt = said - (askedAt + heardAt) / 2;
  }
}

/** As a column of a statement. */
export const nowColumn = "extract(epoch FROM clock_timestamp())::float8 * 1000";

/** True of a row of a process that was renewed lately enough. */
export const isAlive = "seen_at > now() - interval '60 seconds'";
