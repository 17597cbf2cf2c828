/** A mailbox that outlives its connections: what was cut is done again on a new one. */
import { MailError } from "../../model/errors.ts";
import type { Mailbox } from "../mailbox.ts";

const firstPauseMs = 200;
const longestPauseMs = 30_000;
/** Longer than that no server is obeyed. */
const longestObeyedMs = 3_600_000;

export class SteadyMailbox {
  readonly #onTrouble: (error: MailError) => void;
  #mailbox: Mailbox;
  #worked = false;
  #closed = false;
  #endPause: (() => void) | null = null;

  /** `onTrouble` is told once an outage, when a new connection fails too. */
  constructor(mailbox: Mailbox, onTrouble: (error: MailError) => void) {
    this.#mailbox = mailbox;
    this.#onTrouble = onTrouble;
  }

  /** The mailbox of now, for what must not be done twice. */
  get mailbox(): Mailbox {
    return this.#mailbox;
  }

  /**
   * Does what may be done twice, until the connection holds. A server that could not be reached from the start is
   * not waited for.
   * @throws {MailError} what no new connection can help
   */
  async use<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    for (let failures = 0;; failures++) {
      try {
        const result = await work(this.#mailbox);
        this.#worked = true;
        return result;
      } catch (error) {
        if (!this.#canGoOn(error)) throw error;
        if (failures === 1) this.#onTrouble(error);
        await this.#reopen(pauseMs(failures, error), error);
      }
    }
  }

  /** Ends everything, a pause too. */
  close(): void {
    this.#closed = true;
    this.#endPause?.();
    this.#mailbox.close();
  }

  #canGoOn(error: unknown): error is MailError {
    return this.#worked && !this.#closed && error instanceof MailError &&
      (error.code === "unavailable" || error.code === "try_later");
  }

  async #reopen(pauseMs: number, error: MailError): Promise<void> {
    this.#mailbox.close();
    await this.#pause(pauseMs);
    if (this.#closed) throw error;
    const mailbox = await this.#mailbox.reopen();
    if (this.#closed) mailbox.close();
    this.#mailbox = mailbox;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Doubles from one failure to the next; the jitter keeps all that lost one server from coming back as one. */
function pauseMs(failures: number, { retryAfterSeconds = 0 }: MailError): number {
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
  const told = Math.min(retryAfterSeconds * 1000, longestObeyedMs);
  return Math.max(longest * (0.5 + Math.random() / 2), told);
}
