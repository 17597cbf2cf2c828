/** How long anything that depends on somebody else may take, and how it ends before. */
import { isFailure } from "../model/errors.ts";

interface Waiting {
  readonly until: number;
  readonly expire: () => void;
}

/**
 * Those who may take equally long, in the order in which their times end. One alarm serves them all: the runtime keeps a
 * signal until its time, however early the work is done, and a large message is a thousand waits. A signal that nobody
 * listens to does not keep the process.
 */
class Deadlines {
  readonly #milliseconds: number;
  readonly #waiting = new Set<Waiting>();
  #alarm: AbortSignal | null = null;
  /** When it rings. */
  #alarmAt = 0;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Returns what takes it out again. */
  add(expire: () => void): () => void {
    const now = performance.now();
    const waiting = { until: now + this.#milliseconds, expire };
    if (this.#waiting.size === 0) this.#listen(now);
    this.#waiting.add(waiting);
    return () => {
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#alarm?.removeEventListener("abort", this.#ring);
    };
  }

  #listen(now: number): void {
    const isSet = this.#alarmAt > now && this.#alarm?.aborted === false;
    if (isSet) this.#alarm!.addEventListener("abort", this.#ring);
    else this.#setAlarm(now, this.#milliseconds);
  }

  /** The first `setTimeout` of a process costs 3 ms, which every one-shot command would pay: a signal costs a tenth. */
  #setAlarm(now: number, milliseconds: number): void {
    this.#alarmAt = now + milliseconds;
    this.#alarm = AbortSignal.timeout(milliseconds);
    this.#alarm.addEventListener("abort", this.#ring);
  }

  readonly #ring = (): void => {
    const now = performance.now();
    for (const waiting of this.#waiting) {
      if (waiting.until > now) return this.#setAlarm(now, Math.ceil(waiting.until - now));
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  };
}

/** By how long that is, in milliseconds: there are few. */
const deadlines = new Map<number, Deadlines>();

/**
 * Waits for work as long as it may take; `onLate` then has to end it.
 * @throws {Deno.errors.TimedOut}
 */
export async function inTime<T>(
  work: Promise<T>,
  milliseconds: number,
  onLate = () => {},
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const equallyLong = deadlines.getOrInsertComputed(
    milliseconds,
    () => new Deadlines(milliseconds),
  );
  const forget = equallyLong.add(() => {
    late.reject(new Deno.errors.TimedOut());
    onLate();
  });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    forget();
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
