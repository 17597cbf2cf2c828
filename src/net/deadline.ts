/** How long anything that depends on somebody else may take, and how it ends before. */
import { isFailure } from "../model/errors.ts";

/**
 * Waits for work as long as it may take; `onLate` then has to end it. The first `setTimeout` of a process costs 3 ms,
 * which every one-shot command would pay: a signal costs a tenth.
 * @throws {Deno.errors.TimedOut}
 */
export async function inTime<T>(
  work: Promise<T>,
  milliseconds: number,
  onLate: () => void,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const signal = AbortSignal.timeout(milliseconds);
  const expire = () => {
    late.reject(new Deno.errors.TimedOut());
    onLate();
  };
  signal.addEventListener("abort", expire);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener("abort", expire);
  }
}

/** True for what ends with its connection: the peer is gone, or its time was over. That is nobody's defect. */
export function isLost(error: unknown): boolean {
  return error instanceof Deno.errors.TimedOut || isFailure(error, "unavailable");
}

/** Resolves once the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
