/** The body of a message while the queue writes it: what was read so far is there again if the queue cannot. */

/** Bytes of a body that are kept in memory. A larger one can be read once. */
export const maxRememberedBytes = 32 * 1024 * 1024;

export class RememberedBody {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isBroken = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** False once reading failed, or once there was more than is remembered. */
  get canReplay(): boolean {
    return !this.#isBroken && this.#bytes <= maxRememberedBytes;
  }

  /** Reads the body. Whoever stops early leaves the rest for `replay`. */
  first(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
  }

  /** Reads all of the body, from its beginning; once. */
  async *replay(): AsyncGenerator<Uint8Array> {
    yield* this.#chunks.splice(0);
    for (let next = await this.#source.next(); !next.done; next = await this.#source.next()) {
      yield next.value;
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      const next = await this.#source.next();
      if (!next.done) this.#remember(next.value);
      return next;
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  #remember(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.canReplay) this.#chunks.push(chunk);
    else this.#chunks.length = 0;
  }
}
