/** Work that holds the thread, one piece after the other, with room for everybody else in between. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for its turn, then works. What it waits for must not be in anybody else's hands. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {}).then(breathe);
    return await done;
  }
}

/** Lets timers and sockets come in. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
