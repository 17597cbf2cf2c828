import { letOthersIn } from "../../model/promises.ts";
import { SerialQueue } from "../../model/serial_queue.ts";

/** Work that holds the thread, one piece after the other, with room for everybody else in between. */
export class YieldingQueue {
  readonly #queue = new SerialQueue();

  /** Waits for its turn, then works. What it waits for must not be in anybody else's hands. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.#queue.acquire();
    try {
      return await work();
    } finally {
      letOthersIn().then(release);
    }
  }
}
