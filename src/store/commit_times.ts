/** How long commits took: a histogram. */
import type { StoreLoad } from "./store.ts";

const boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, Infinity];

export class CommitTimes {
  readonly #counts = boundsSeconds.map(() => 0);
  #seconds = 0;

  add(seconds: number): void {
    const at = boundsSeconds.findIndex((bound) => seconds <= bound);
    this.#counts[at]! += 1;
    this.#seconds += seconds;
  }

  /** Tells them, beside how many writes wait now. */
  load(waiting: number): StoreLoad {
    const commits = boundsSeconds.map((withinSeconds, at) => ({
      withinSeconds,
      count: this.#counts[at]!,
    }));
    return { waiting, commits, commitSeconds: this.#seconds };
  }
}
