/** A map of bounded size. The entry that was set longest ago is forgotten first. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #capacity: number;

  /** `capacity`: how many entries it holds, at least one. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** The keys, the one that was set longest ago first. */
  keys(): IteratorObject<K> {
    return this.#entries.keys();
  }

  /** The values, the one that was set longest ago first. */
  values(): IteratorObject<V> {
    return this.#entries.values();
  }

  /** Sets an entry and makes it the newest. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#capacity) this.#forgetOldest();
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) return void this.#entries.delete(key);
  }
}
