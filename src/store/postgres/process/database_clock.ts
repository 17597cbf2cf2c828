/** The database's clock, by which all processes go, as this process knows it. */

/** What took longer says too little of the time. */
const longestMs = 1_000;
/** How far the database's clock may be from the machine's own, in milliseconds: from then on one of them is wrong. */
export const wrongMs = 5_000;

export class DatabaseClock {
  /** What this process's own count has to be added to; null: not known yet. */
  #startedAt: number | null = null;
  /** By how much the database was before the machine's own clock when it was asked last, in milliseconds. */
  aheadMs = 0;
  /** True where the count had to be set when the database was asked last: a clock jumped, or the machine slept. */
  hasJumped = false;

  /** Milliseconds since 1970. What the machine's own clock is set to meanwhile changes nothing. */
  now(): number {
    return Math.round((this.#startedAt ?? performance.timeOrigin) + performance.now());
  }

  get isWrong(): boolean {
    return Math.abs(this.aheadMs) > wrongMs;
  }

  /**
   * Takes what the database said while it was asked from `askedAt` until now, by `performance.now()`. Where the
   * machine's own clock says otherwise, the count goes on as it was: a clock that jumped would make mail due too early.
   */
  set(said: number, askedAt: number): void {
    const heardAt = performance.now();
    const isVague = heardAt - askedAt > longestMs;
    if (isVague && this.#startedAt !== null) return;
    const startedAt = said - (askedAt + heardAt) / 2;
    this.aheadMs = startedAt + heardAt - Date.now();
    if (this.#startedAt !== null && this.isWrong) return;
    this.hasJumped = Math.abs(startedAt - (this.#startedAt ?? startedAt)) > wrongMs;
    this.#startedAt = startedAt;
  }
}

/** As a column of a statement. */
export const nowColumn = "extract(epoch FROM clock_timestamp())::float8 * 1000";

/** True of a row of a process that was renewed lately enough: not of one that a clock which was ahead left. */
export const isAlive =
  "seen_at BETWEEN now() - interval '60 seconds' AND now() + interval '60 seconds'";
