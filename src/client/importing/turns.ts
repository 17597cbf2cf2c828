/** Turns on one connection: calls go out at any time, but not while somebody streams. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Calls once nobody has the connection alone. The call has to go out before anything is awaited in it. */
  async call<T>(send: () => Promise<T>): Promise<T> {
    for (let seen: Promise<void> | null = null; seen !== this.#last;) {
      seen = this.#last;
      await seen;
    }
    return await send();
  }

  /** Takes the connection for oneself, until what is returned is called. */
  async take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }

  /** Does work that makes calls one after the other. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.take();
    try {
      return await work();
    } finally {
      release();
    }
  }
}
