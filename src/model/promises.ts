/** Promises whose failure is not told where they stand. Each use says who hears of it, or why nobody has to. */

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
