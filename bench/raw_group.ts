/** The floor of group commit: whatever queued while the last commit ran, in one transaction on a Worker. */
import { setImmediate } from "node:timers/promises";
import { askWorker } from "./ask_worker.ts";
import type { RawMessage } from "./raw_store.ts";

interface Waiting {
  readonly message: RawMessage;
  resolve(): void;
  reject(error: unknown): void;
}

export class RawGroup {
  readonly #worker: Worker;
  #waiting: Waiting[] = [];
  #running = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Opens a new database. */
  static async open(path: string): Promise<RawGroup> {
    const worker = new Worker(new URL("./raw_writer.ts", import.meta.url), { type: "module" });
    await askWorker(worker, path);
    return new RawGroup(worker);
  }

  /** Resolves when the message is on disk. */
  write(message: RawMessage): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ message, resolve, reject });
    if (!this.#running) this.#run();
    return promise;
  }

  close(): void {
    this.#worker.terminate();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await this.#commit(this.#waiting.splice(0));
      await setImmediate(); // callers that a batch woke up go together again
    }
    this.#running = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await askWorker(this.#worker, batch.map(({ message }) => message));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
