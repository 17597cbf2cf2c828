/**
 * Mail that is kept for a time only: one round over all mailboxes after the other, in bounded steps. In each, what was
 * received goes first: what comes back unread still finds its original, also where the server was off for long. Where
 * several processes use one store, one of them does it for all, and none while they do not agree how long mail is kept.
 */
import { keepSetting, retentionOf } from "../model/retention.ts";
import type { Quota } from "../store/administration_store.ts";
import type { ProcessStore } from "../store/process_store.ts";
import type { RetentionStore } from "../store/retention_store.ts";

interface Round {
  readonly keepMs: number;
  readonly begunAt: number;
  /** False: it first looks at all accounts for what was received. */
  readonly ofSent: boolean;
  /** The account to go on behind; null: all were looked at. */
  readonly after: number | null;
}

export class RetentionSweep {
  readonly #store: RetentionStore & ProcessStore;
  readonly #now: () => number;
  readonly #keepMs: () => number | null;
  /** As it was when this process last had the job. */
  #round: Round | null = null;

  /** `now`: milliseconds since 1970. `keepMs` is asked each time; null: for ever. */
  constructor(
    store: RetentionStore & ProcessStore,
    now: () => number,
    keepMs: () => number | null,
  ) {
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
    if (keepMs === null || isDone(this.#round, keepMs, this.#now())) return false;
    const kept = await this.#store.takeJob("retention", keepSetting(keepMs));
    if (kept === null) return false;
    const now = this.#now();
    const round = roundAt(parseRound(kept), keepMs, now);
    this.#round = round;
    if (round.after === null) return false;
    const usual = retentionOf(keepMs);
    const retention = round.ofSent ? usual : { ...usual, sentGraceMs: now }; // nothing that was sent goes yet
    const after = await this.#store.retain(retention, now, round.after, quota);
    const isHalf = after === null && !round.ofSent;
    this.#round = isHalf ? { ...round, ofSent: true, after: 0 } : { ...round, after };
    return await this.#store.keepJob("retention", JSON.stringify(this.#round)) &&
      this.#round.after !== null;
  }
}

/** The round that goes on, or a new one: also where another time was set, or the clock set back. */
function roundAt(round: Round | null, keepMs: number, now: number): Round {
  const { roundMs } = retentionOf(keepMs);
  const isOver = round === null || round.keepMs !== keepMs || now < round.begunAt ||
    round.after === null && now >= round.begunAt + roundMs;
  return isOver ? { keepMs, begunAt: now, ofSent: false, after: 0 } : round;
}

/** True where no step of any round is due: the store need not be asked. */
function isDone(round: Round | null, keepMs: number, now: number): boolean {
  return round !== null && roundAt(round, keepMs, now) === round && round.after === null;
}

function parseRound(kept: string): Round | null {
  return kept === "" ? null : JSON.parse(kept) as Round;
}
