/** Mail of programs that may wait while the server is away: on disk before its program hears that it is taken. */
import type { Mailbox } from "../../client/mailbox.ts";
import { type QueueAccount, sendWaiting, tryClaim } from "../../client/submission/flush.ts";
import type { Claim, Spool } from "../../client/submission/spool.ts";
import { backOffMs, Pauses } from "../../client/watching/pauses.ts";
import type { MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";

/** Where mail waits, and whose. */
export interface QueueOptions {
  readonly spool: Spool;
  /** As `mailctl queue` shows it. */
  readonly account: QueueAccount;
  /** Hears what cannot be sent any more; it stays in the queue, with the reason. */
  readonly onFailed: (claim: Claim, error: MailError) => void;
}

interface SendingOptions extends QueueOptions {
  /** Opens the sender's mailbox on a new connection. */
  readonly open: () => Promise<Mailbox>;
  readonly now: () => number;
  /** Hears of defects, and of what keeps it from sending. */
  readonly onTrouble: (error: unknown) => void;
}

/** A message, read up to its body. */
export interface QueuedMessage {
  readonly recipients: readonly string[];
  readonly header: Uint8Array;
  readonly body: AsyncIterable<Uint8Array>;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export class OutgoingQueue {
  readonly #options: SendingOptions;
  readonly #pauses = new Pauses();
  #isSending = false;
  /** Something may wait that the pass which is under way does not know of. */
  #isAsked = false;
  #isClosed = false;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /**
   * Takes a message and tries to send it; false: it waits. @throws {MailError} where it could never be sent, and is not
   * kept; what reading the body throws
   */
  async take({ recipients, header, body }: QueuedMessage): Promise<boolean> {
    const { spool, account, now } = this.#options;
    const note = { ...account, recipients, name: null, queuedAt: now() };
    const claim = await spool.add(note, { header, body });
    const isSent = await this.#try(claim).finally(() => claim.release());
    if (!isSent) this.sendWaiting(); // only now: a message that is claimed is passed over
    return isSent;
  }

  /** Sends what waits, again and again until nothing does. */
  sendWaiting(): void {
    this.#isAsked = true;
    if (this.#isSending || this.#isClosed) return;
    this.#isSending = true;
    this.#sendAll();
  }

  close(): void {
    this.#isClosed = true;
    this.#pauses.end();
  }

  /** False: it waits. */
  async #try(claim: Claim): Promise<boolean> {
    const opening = this.#options.open();
    const { outcome, error } = await tryClaim(opening, claim, { isNew: true, aliases: null });
    await opening.then((mailbox) => mailbox.finish(), () => {});
    if (outcome === "failed") {
      await bestEffort(claim.remove());
      throw error;
    }
    return outcome === "sent";
  }

  async #sendAll(): Promise<void> {
    for (let failures = 0; !this.#isClosed; failures++) {
      this.#isAsked = false;
      const isLeft = await this.#sendSome().catch((error) => {
        this.#options.onTrouble(error);
        return true;
      });
      if (!isLeft && !this.#isAsked) break;
      if (!isLeft) failures = 0;
      await this.#pauses.wait(backOffMs(failures, firstPauseMs, longestPauseMs));
    }
    this.#isSending = false;
  }

  /** True where something still waits. */
  async #sendSome(): Promise<boolean> {
    const { spool, account, open, onFailed } = this.#options;
    const mailbox = await open();
    try {
      return await sendWaiting(spool, mailbox, account, { aliases: null, onFailed });
    } finally {
      await mailbox.finish();
    }
  }
}
