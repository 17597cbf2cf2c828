/** Work that leaves nothing behind, also when somebody ends it with a signal. */

const signals = ["SIGINT", "SIGTERM"] as const;

/** Runs the work until it is done or interrupted; either way the caller's own `finally` then cleans up. @throws {Error} */
export async function untilInterrupted<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new Error("Interrupted"));
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  try {
    return await Promise.race([work, promise]);
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, stop);
  }
}
