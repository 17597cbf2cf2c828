/** Waits for work; fails where it takes longer than a test may. */
export async function deadline<T>(work: Promise<T>, withinMs: number, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} within ${withinMs} ms`)), withinMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
