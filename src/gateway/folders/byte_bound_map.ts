/** What was used last, as much as has room. */
export class ByteBoundMap<K, V> {
  readonly #most: number;
  readonly #values = new Map<K, { readonly value: V; readonly bytes: number }>();
  #bytes = 0;

  /** `most`: bytes of all values together. */
  constructor(most: number) {
    this.#most = most;
  }

  has(key: K): boolean {
    return this.#values.has(key);
  }

  get(key: K): V | undefined {
    const found = this.#values.get(key);
    if (found === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, found);
    return found.value;
  }

  /** Puts out what was not used for longest. What is too large by itself is not kept. */
  set(key: K, value: V, bytes: number): void {
    this.#remove(key);
    if (bytes > this.#most) return;
    this.#values.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest] of this.#values) {
      if (this.#bytes <= this.#most) return;
      this.#remove(oldest);
    }
  }

  #remove(key: K): void {
    this.#bytes -= this.#values.get(key)?.bytes ?? 0;
    this.#values.delete(key);
  }
}
