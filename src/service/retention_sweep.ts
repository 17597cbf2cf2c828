/** Mail that is kept for a time only: one round over all mailboxes after the other, in bounded steps. */
import { retentionOf } from "../model/retention.ts";
import type { Quota } from "../store/administration_store.ts";
import type { RetentionStore } from "../store/retention_store.ts";

interface Round {
  readonly keepMs: number;
  readonly begunAt: number;
  /** The account to go on behind; null: all were looked at. */
  readonly after: number | null;
}

export class RetentionSweep {
  readonly #store: RetentionStore;
  readonly #now: () => number;
  readonly #keepMs: () => number | null;
  #round: Round | null = null;

  /** `now`: milliseconds since 1970. `keepMs` is asked each time; null: for ever. */
  constructor(store: RetentionStore, now: () => number, keepMs: () => number | null) {
    this.#store = store;
    this.#now = now;
    this.#keepMs = keepMs;
  }

  /**
   * Does a part of a round that has begun or is due, and returns whether there is more of it. `quota`: of those whose
   * mail comes back.
   */
  async step(quota?: Quota): Promise<boolean> {
    const keepMs = this.#keepMs();
    const now = this.#now();
    const round = keepMs === null ? null : this.#roundAt(keepMs, now);
    this.#round = round;
    if (round === null || round.after === null) return false;
    const retention = retentionOf(round.keepMs);
    const after = await this.#store.retain(retention, now, round.after, quota);
    this.#round = { ...round, after };
    return after !== null;
  }

  /** The round that goes on, or a new one: also where another time was set, or the clock set back. */
  #roundAt(keepMs: number, now: number): Round {
    const round = this.#round;
    const { roundMs } = retentionOf(keepMs);
    const isOver = round === null || round.keepMs !== keepMs || now < round.begunAt ||
      round.after === null && now >= round.begunAt + roundMs;
    return isOver ? { keepMs, begunAt: now, after: 0 } : round;
  }
}
