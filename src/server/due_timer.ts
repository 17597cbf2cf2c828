/**
 * Does what falls due: soon after its time where a message waits for one, and otherwise now and then. What it misses,
 * as a server that is not running does, the next look finds.
 */
import type { DueWork } from "../service/due_work.ts";
import type { Log } from "./log.ts";
import { logFailure } from "./store_trouble.ts";

/** How often expired mail is looked for. Its reader never sees it; its sender waits so long for the notice. */
const intervalMs = 5_000;

/** Sets a timer and returns what clears it. */
export type SetTimer = (work: () => void, ms: number) => () => void;

export class DueTimer {
  readonly #dueWork: DueWork;
  readonly #log: Log;
  readonly #setTimer: SetTimer;
  #clear = () => {};
  #isOn = false;
  /** Looks that were begun, and the last of them that was answered. */
  #looks = 0;
  #answered = 0;

  constructor(dueWork: DueWork, log: Log, setTimer: SetTimer = setUnrefTimer) {
    this.#dueWork = dueWork;
    this.#log = log;
    this.#setTimer = setTimer;
  }

  /** Does at once what is due already, as an earlier run may have left it, and goes on until `stop`. */
  start(): void {
    this.#isOn = true;
    this.#run();
  }

  stop(): void {
    this.#isOn = false;
    this.#clear();
  }

  /** Looks again when something is due: it may be sooner than what was known. */
  look(): void {
    if (!this.#isOn) return;
    const at = ++this.#looks;
    const isNews = () => {
      if (at < this.#answered) return false; // a later one was answered before, and knows more
      this.#answered = at;
      return true;
    };
    this.#dueWork.untilNext().then(
      (ms) => isNews() && this.#arm(ms),
      (error) => isNews() && this.#failed(error),
    );
  }

  #run(): void {
    this.#dueWork.run().then(() => this.look(), (error) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!this.#isOn) return;
    logFailure(this.#log, "cannot carry out due work", error);
    this.#arm(null);
  }

  #arm(ms: number | null): void {
    this.#clear();
    if (!this.#isOn) return;
    // However far away: the machine may sleep, and its clock may be set.
    this.#clear = this.#setTimer(() => this.#run(), Math.min(ms ?? intervalMs, intervalMs));
  }
}

function setUnrefTimer(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
}
