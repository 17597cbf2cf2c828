/** Counts the bytes of one stream, or of several together, as they go by. */
export class ByteCounter {
  readonly #onCount: (bytes: number) => void;
  #bytes = 0;

  /** `onCount` hears the bytes so far before the chunk that made them is handed on. It may throw to stop the stream. */
  constructor(onCount: (bytes: number) => void = () => {}) {
    this.#onCount = onCount;
  }

  /** Bytes that went by. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Hands the source on as it is. */
  async *pass<T extends Uint8Array>(source: AsyncIterable<T>): AsyncGenerator<T, void> {
    for await (const chunk of source) {
      this.#bytes += chunk.length;
      this.#onCount(this.#bytes);
      yield chunk;
    }
  }
}
