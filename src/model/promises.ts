/**
 * What promises need beside `await`. Where a failure is not told where the promise stands, each use says who hears of it, or
 * why nobody has to.
 */

/**
 * Returns a promise that may fail before anybody awaits it: without this the runtime would end the program. Right where
 * its failure is heard elsewhere: because the caller awaits this same promise later, or another failure comes first
 * that is told. Wrong where nobody awaits it: use `bestEffort`, and say why.
 */
export function heardElsewhere<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/**
 * Waits for work that may fail without harm, as removing a temporary file that the next run removes as well. Right only
 * where the program does the same whether or not it succeeds.
 */
export async function bestEffort(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}

/**
 * Lets sockets and timers come in before work that holds the thread goes on. A timer would add a millisecond and more
 * to every turn.
 */
export function letOthersIn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What is made when the first one asks for it, once for all who do. Where that fails, the next one has it made anew. */
export class Lazy<T> {
  #made: Promise<T> | null = null;

  /** Null: it is to be made. */
  get made(): Promise<T> | null {
    return this.#made;
  }

  get(make: () => Promise<T>): Promise<T> {
    if (this.#made !== null) return this.#made;
    const making = make().catch((error) => {
      if (this.#made === making) this.#made = null; // else it was forgotten meanwhile
      throw error;
    });
    return this.#made = making;
  }

  set(made: T): void {
    this.#made = Promise.resolve(made);
  }

  forget(): void {
    this.#made = null;
  }
}

/** Works on a few items at once, and hands out what came of them in their order. */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  most: number,
  work: (item: T, index: number) => Promise<R>,
): AsyncGenerator<R, void> {
  const underWay: Promise<R>[] = [];
  let index = 0;
  for await (const item of items) {
    underWay.push(heardElsewhere(work(item, index++))); // when it is its turn, or one before it failed
    if (underWay.length === most) yield await underWay.shift()!;
  }
  for (const each of underWay) yield await each;
}
