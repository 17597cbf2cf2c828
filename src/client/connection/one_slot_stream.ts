/** A stream of one slot between the session's pump and whoever reads: the pump waits until a piece was taken. */
export class OneSlotStream<T> implements AsyncIterable<T> {
  #slot: { readonly value: T; readonly taken: () => void } | null = null;
  #ended = false;
  #error: unknown = null;
  #abandoned = false;
  #wake: () => void = () => {};

  /** Hands over one piece and waits until it is taken. Once it is abandoned, pieces are dropped. */
  put(value: T): Promise<void> {
    if (this.#abandoned) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#slot = { value, taken: resolve };
    this.#wake();
    return promise;
  }

  /** Ends the stream; with an error that is not null, by failing. */
  end(error: unknown): void {
    this.#ended = true;
    this.#error ??= error;
    this.#slot?.taken();
    this.#wake();
  }

  /** Drops what waits and what comes: nobody reads it, or goes on to. */
  abandon(): void {
    this.#abandoned = true;
    this.#slot?.taken();
    this.#slot = null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    try {
      for (;;) {
        if (this.#slot !== null) {
          const { value, taken } = this.#slot;
          this.#slot = null;
          taken();
          yield value;
        } else if (this.#error !== null) throw this.#error;
        else if (this.#ended) return;
        else await new Promise<void>((wake) => this.#wake = wake);
      }
    } finally {
      this.abandon();
    }
  }
}
