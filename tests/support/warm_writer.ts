/**
 * A store starts a Worker, which costs more than all that a small test does with the store. Here one that has closed
 * its database is another store's writer after that.
 */

const RealWorker = Worker;
const child = new URL("warm_writer_child.ts", import.meta.url);

/** By the module that they run. */
const idle = new Map<string, KeptWorker[]>();

/** Has the stores of this process take writers that others had before, for the rest of it. */
export function keepWriters(): void {
  globalThis.Worker = KeptWorker;
}

class KeptWorker extends RealWorker {
  #module = "";
  /** Its store is closed: until then, whoever ends it ends it. */
  #isClosed = false;

  constructor(url: string | URL) {
    const module = String(url);
    const kept = idle.get(module)?.pop();
    if (kept !== undefined) return kept;
    super(child, { type: "module", name: module });
    this.#module = module;
    this.addEventListener("message", ({ data }) => this.#isClosed = data === null);
  }

  override terminate(): void {
    if (!this.#isClosed) return super.terminate();
    this.#isClosed = false;
    this.onmessage = this.onmessageerror = this.onerror = null;
    idle.getOrInsertComputed(this.#module, () => []).push(this);
  }
}
