/** The pauses of whoever tries again: how long they are, and that closing ends them. */

/** A wait that tells nothing is not asked again before that: a server may answer as fast as it is asked. */
const fruitlessMs = 1_000;

/** One pause at a time. */
export class Pauses {
  #isEnded = false;
  #endThis: () => void = () => {};

  /** Waits so many milliseconds, or until `end`. */
  wait(ms: number): Promise<void> {
    if (this.#isEnded || ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endThis = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Waits after a wait that told nothing; it takes no time where that took long. */
  afterFruitless(askedAt: number): Promise<void> {
    return this.wait(Math.max(0, Math.ceil(askedAt + fruitlessMs - performance.now())));
  }

  /** Ends the one that is under way; later ones take no time. */
  end(): void {
    this.#isEnded = true;
    this.#endThis();
  }
}

/**
 * Milliseconds before the next try, after so many failures before this one: doubled from one to the next. The jitter
 * keeps all that lost one server from coming back as one.
 */
export function backOffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** failures) * (0.5 + Math.random() / 2);
}
