/** Work that is done one piece after the other, in the order in which it came: a mutex of promises. */
export class SerialQueue {
  /** Settles when everything that came so far is done. It never rejects. */
  #last: Promise<void> = Promise.resolve();

  /** Waits until everything before it is done. Returns what ends the turn; calling that twice does nothing more. */
  async acquire(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }

  /**
   * Does work in its turn: at once where nothing runs or waits, before its caller goes on from an `await`. A failure goes
   * to the caller, and the next piece begins all the same.
   */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.then(() => {}, () => {});
    return done;
  }

  /** Starts work at a moment when nothing runs or waits. It has no turn: what comes after does not wait for it. */
  async whenIdle<T>(work: () => T | Promise<T>): Promise<T> {
    for (let seen: Promise<void> | null = null; seen !== this.#last;) {
      seen = this.#last;
      await seen;
    }
    return await work();
  }
}
