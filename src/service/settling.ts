/** What falls due by itself: mail that expires or is kept no longer, accounts that close. Bounded steps, one after the other. */
import type { Keeping } from "./keeping.ts";
import type { Store } from "../store/store.ts";

/** Steps that somebody waits for; what is left is done behind them. */
const awaitedSteps = 200;

export class Settling {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #keeping: Keeping;
  #running: Promise<void> | null = null;
  #stopped = false;

  /** `now`: milliseconds since 1970. */
  constructor(store: Store, now: () => number, keeping: Keeping) {
    this.#store = store;
    this.#now = now;
    this.#keeping = keeping;
  }

  /** Does all that is due, once however many ask for it at the same time. */
  run(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => this.#running = null);
    return this.#running;
  }

  /** Does much of what is due and returns whether that was all. */
  async runSome(): Promise<boolean> {
    return !await this.#steps(null);
  }

  /** Takes out what expired of one account, so that nobody sees it there again. */
  async expire(accountId: number): Promise<void> {
    await this.#steps(accountId);
  }

  /** Does no more, and waits for the step that was begun. What is left, the next start finds. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => {});
  }

  async #runAll(): Promise<void> {
    while (await this.#steps(null));
    while (!this.#stopped && await this.#keeping.step());
  }

  /** Returns whether there may be more. */
  async #steps(accountId: number | null): Promise<boolean> {
    for (let step = 0; step < awaitedSteps; step++) {
      if (this.#stopped || !await this.#store.settle(accountId, this.#now())) return false;
    }
    return true;
  }
}
