/** A mailbox that outlives its connections: what a lost one cut off is asked again on a new one, as a policy allows. */
import { type FailureCode, isFailure, MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import type { Mailbox } from "../mailbox.ts";
import { backOffMs, Pauses } from "./pauses.ts";

/** When a question is asked again, and what is done around a new connection. */
export interface ReconnectPolicy {
  /** Failures that a new connection may help. */
  readonly retried: readonly FailureCode[];
  /** New connections made for one question, at most. */
  readonly reconnects: number;
  /** Where true, nothing is asked again before anything worked. */
  readonly onlyAfterSuccess: boolean;
  /** Milliseconds before the next connection; `failures` are those of this question before this one. */
  readonly pauseMs: (failures: number, error: MailError) => number;
  /** Told once a question, when a new connection failed too. */
  readonly onTrouble: (error: MailError) => void;
  /** Opens the same mailbox on a new connection, which need not be there yet. */
  readonly reopen: (mailbox: Mailbox) => Promise<Mailbox>;
  /** True where a login that is refused is to be tried again: `reopen` has another one by now. */
  readonly isRenewed: (mailbox: Mailbox) => Promise<boolean>;
  /** Has the first word on a new connection; what it throws closes that. */
  readonly admit: (mailbox: Mailbox) => Promise<void>;
  /** A keyring that was looked at so long ago is opened anew by the next question. */
  readonly keyringAgeMs: number;
  /** Milliseconds of any clock that only goes forward. */
  readonly now: () => number;
}

/** Asks once more on a new connection, at once. */
export const retryOnce: ReconnectPolicy = {
  retried: ["unavailable"],
  reconnects: 1,
  onlyAfterSuccess: false,
  pauseMs: () => 0,
  onTrouble: () => {},
  reopen: (mailbox) => mailbox.reopen(),
  isRenewed: () => Promise.resolve(false),
  admit: () => Promise.resolve(),
  keyringAgeMs: Infinity,
  now: () => performance.now(),
};

/** Asks until the connection holds, with pauses. A server that cannot be reached at first is not waited for. */
export function retryForever(onTrouble: ReconnectPolicy["onTrouble"]): ReconnectPolicy {
  return {
    ...retryOnce,
    retried: ["unavailable", "try_later"],
    reconnects: Infinity,
    onlyAfterSuccess: true,
    pauseMs,
    onTrouble,
    // A question may wait long for its answer: whether the connection holds is known before.
    admit: async (mailbox) => void await mailbox.account(),
  };
}

export class ReconnectingMailbox {
  readonly #policy: ReconnectPolicy;
  readonly #aside = new Set<Mailbox>();
  #mailbox: Mailbox;
  #isDown = false;
  #trouble: MailError | null = null;
  #worked = false;
  #closed = false;
  readonly #queue = new SerialQueue();
  readonly #pauses = new Pauses();
  #lookedAt: number;

  /** The mailbox is closed with this. */
  constructor(mailbox: Mailbox, policy: ReconnectPolicy) {
    this.#mailbox = mailbox;
    this.#policy = policy;
    this.#lookedAt = policy.now();
  }

  /** The mailbox of now, for what must not be done twice. */
  get mailbox(): Mailbox {
    return this.#mailbox;
  }

  /** What cut off the question that is asked, until a new connection is admitted; null where there is a connection. */
  get trouble(): MailError | null {
    return this.#trouble;
  }

  /**
   * Asks one question after the other, and again on a new connection: for what may be done twice.
   * @throws {MailError} what no new connection can help, or what the last one that is allowed met
   */
  ask<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    return this.#queue.run(() => this.#ask(work));
  }

  /** Drops the connection, for example with a reply that nobody reads to its end. The next question makes a new one. */
  hangUp(): void {
    this.#mailbox.close();
    this.#isDown = true;
  }

  /** Opens a connection of its own for something long. The caller gives it back. @throws {MailError} */
  async open(): Promise<Mailbox> {
    const mailbox = await this.#policy.reopen(this.#mailbox);
    this.#aside.add(mailbox);
    try {
      await this.#admit(mailbox);
    } catch (error) {
      this.#aside.delete(mailbox);
      throw error;
    }
    return mailbox;
  }

  /** Closes what `open` opened. The next question sees the keys that were pinned there. */
  giveBack(mailbox: Mailbox): void {
    // Nobody waits for what it still has to note, and that is told where it fails.
    bestEffort(mailbox.finish().finally(() => this.#aside.delete(mailbox)));
    this.#lookedAt = -Infinity;
  }

  /** Works on a connection of its own. @throws {MailError} */
  async aside<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const mailbox = await this.open();
    try {
      return await work(mailbox);
    } finally {
      this.giveBack(mailbox);
    }
  }

  /** Ends everything, a pause too. */
  close(): void {
    this.#closed = true;
    this.#pauses.end();
    this.#mailbox.close();
    for (const mailbox of this.#aside) mailbox.close();
  }

  async #ask<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    this.#refreshKeyring();
    let reconnects = this.#isDown ? 1 : 0;
    for (let failures = 0;; failures++, reconnects++) {
      try {
        if (this.#isDown) await this.#reconnect();
        const result = await work(this.#mailbox);
        this.#worked = true;
        return result;
      } catch (error) {
        if (isFailure(error, "denied")) await this.#hangUpIfRefused();
        const isOver = reconnects >= this.#policy.reconnects;
        if (isOver || !(error instanceof MailError) || !await this.#isRetried(error)) throw error;
        if (failures === 1) this.#policy.onTrouble(error);
        this.#trouble = error;
        this.hangUp();
        await this.#pauses.wait(this.#policy.pauseMs(failures, error));
        if (this.#closed) throw error;
      }
    }
  }

  /** A mailbox that was not let in never is: by the next question there may be another login. */
  async #hangUpIfRefused(): Promise<void> {
    await this.#mailbox.account().catch(() => this.hangUp());
  }

  async #isRetried({ code }: MailError): Promise<boolean> {
    const { retried, onlyAfterSuccess, isRenewed } = this.#policy;
    if (this.#closed || onlyAfterSuccess && !this.#worked) return false;
    return retried.includes(code) || code === "denied" && await isRenewed(this.#mailbox);
  }

  async #reconnect(): Promise<void> {
    this.#mailbox = await this.#policy.reopen(this.#mailbox);
    await this.#admit(this.#mailbox);
    this.#isDown = false;
    this.#trouble = null;
  }

  async #admit(mailbox: Mailbox): Promise<void> {
    if (this.#closed) mailbox.close();
    try {
      await this.#policy.admit(mailbox);
    } catch (error) {
      mailbox.close();
      throw error;
    }
  }

  #refreshKeyring(): void {
    const now = this.#policy.now();
    if (now - this.#lookedAt < this.#policy.keyringAgeMs) return;
    this.#lookedAt = now;
    this.#mailbox.refreshKeyring();
  }
}

const firstPauseMs = 200;
const longestPauseMs = 30_000;
/** Longer than that no server is obeyed. */
const longestObeyedMs = 3_600_000;

function pauseMs(failures: number, { retryAfterSeconds = 0 }: MailError): number {
  const told = Math.min(retryAfterSeconds * 1000, longestObeyedMs);
  return Math.max(backOffMs(failures, firstPauseMs, longestPauseMs), told);
}
