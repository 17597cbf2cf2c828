/**
 * Time that passes only when a test says so: for `setTimeout`, `AbortSignal.timeout` and `performance.now` of the
 * program's own modules.
 */

import { setImmediate } from "node:timers";

/** As programs for Node.js expect it, too. */
interface Timer {
  readonly at: number;
  readonly run: () => void;
  unref(): Timer;
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  timeout: AbortSignal.timeout,
};

const now = performance.now.bind(performance);
/** What has passed besides: it never goes back, and what a module waits for by one clock is over by the next. */
let ahead = 0;
performance.now = () => now() + ahead;
const anotherClockMs = 24 * 3_600_000;

export class FakeClock implements Disposable {
  #now = 0;
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>();

  /** From now on, until it is disposed of. */
  constructor() {
    ahead += anotherClockMs;
    const set = (run: () => void, ms = 0) => this.#set(run, ms);
    const clear = (timer: Timer) => void this.#timers.delete(timer);
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    AbortSignal.timeout = (ms) => {
      const controller = new AbortController();
      set(() => controller.abort(new DOMException("It is late", "TimeoutError")), ms);
      return controller.signal;
    };
  }

  /** Lets so much time pass, and what is due be done. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await breathe();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#goTo(timer.at);
      this.#timers.delete(timer);
      timer.run();
      await breathe();
    }
    this.#goTo(end);
  }

  [Symbol.dispose](): void {
    ahead += anotherClockMs;
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    AbortSignal.timeout = real.timeout;
  }

  #goTo(at: number): void {
    ahead += at - this.#now;
    this.#now = at;
  }

  #set(run: () => void, ms: number): Timer {
    const timer: Timer = { at: this.#now + ms, run, unref: () => timer };
    this.#timers.add(timer);
    return timer;
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= end);
    return due.toSorted((a, b) => a.at - b.at)[0];
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function breathe(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
}
