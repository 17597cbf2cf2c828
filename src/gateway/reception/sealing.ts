/**
 * Seals mail from outside to its recipients: on the thread that has the connections, or in Workers once several
 * messages come at a time. Sealing is half of what a short message costs that thread.
 */
import { sealUnsigned } from "../../crypto/message/unsigned_seal.ts";
import { peekStart } from "../../mime/block.ts";
import { readUnsigned } from "../../mime/unsigned.ts";
import type { Bytes } from "../../model/bytes.ts";
import type { SmtpOrigin } from "../../model/message.ts";
import { SealingThread } from "./sealing_thread.ts";
import { YieldingQueue } from "./yielding_queue.ts";

export interface SealingOptions {
  /** Workers at most: one a core that the connections leave over, so there may be none. */
  readonly maxWorkers?: number;
  readonly startWorker?: () => Worker;
}

/** A message that is to be sealed. */
export interface Unsealed {
  /** Once. */
  readonly source: AsyncIterable<Uint8Array>;
  /** The age recipients of its readers. */
  readonly recipients: readonly string[];
  readonly origin: SmtpOrigin;
}

/** A longer message is sealed here as it comes, by threads of Web Crypto. */
const maxMessageBytes = 64 * 1024;
/** Plain text that Workers may have at a time. What comes then is sealed here, so that its client waits. */
const maxWaitingBytes = 4 * 1024 * 1024;
/** With so many messages waiting at each Worker another one is started. */
const busyLoad = 8;
const mostWorkers = 3;

export class Sealing {
  readonly #maxWorkers: number;
  readonly #startWorker: () => Worker;
  readonly #threads = new Set<SealingThread>();
  /** Sealing to many takes long: not all at once. To one recipient is no longer than anything else here. */
  readonly #queue = new YieldingQueue();
  /** Messages that are being sealed on this thread. */
  #here = 0;
  #waitingBytes = 0;
  #isClosed = false;

  constructor(
    {
      maxWorkers = Math.min(navigator.hardwareConcurrency - 1, mostWorkers),
      startWorker = startSealingWorker,
    }: SealingOptions = {},
  ) {
    this.#maxWorkers = maxWorkers;
    this.#startWorker = startWorker;
  }

  /**
   * Seals a message: gives the payload to `append`, piece by piece, and returns the envelopes in the order of the
   * recipients. @throws {MailError} `internal` where a Worker ends, and what the source and `append` throw
   */
  async seal(
    message: Unsealed,
    append: (bytes: Uint8Array) => Promise<void>,
  ): Promise<readonly Bytes[]> {
    if (this.#maxWorkers === 0) return await this.#sealHere(message, append);
    const { start, all } = await peekStart(message.source, maxMessageBytes + 1);
    const thread = start.length > maxMessageBytes ? null : this.#threadFor(start.length);
    if (thread === null) return await this.#sealHere({ ...message, source: all }, append);
    const { recipients, origin } = message;
    const { length } = start;
    this.#waitingBytes += length;
    const sealing = thread.seal({ bytes: start, recipients, origin });
    const { payload, envelopes } = await sealing.finally(() => this.#waitingBytes -= length);
    await append(payload);
    return envelopes;
  }

  /** Ends the Workers. What they have not sealed fails. */
  close(): void {
    this.#isClosed = true;
    for (const thread of this.#threads) thread.end();
    this.#threads.clear();
  }

  /** The Worker that has least to do; null: this thread is to seal the message. */
  #threadFor(bytes: number): SealingThread | null {
    if (this.#isClosed || this.#waitingBytes + bytes > maxWaitingBytes) return null;
    const [first = null, ...others] = this.#threads;
    if (first === null) return this.#here === 0 ? null : this.#begin();
    const least = others.reduce((best, each) => each.load < best.load ? each : best, first);
    const mayGrow = least.load >= busyLoad && this.#threads.size < this.#maxWorkers;
    return mayGrow ? this.#begin() : least;
  }

  #begin(): SealingThread {
    const thread = new SealingThread(this.#startWorker(), () => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }

  async #sealHere(
    { source, recipients, origin }: Unsealed,
    append: (bytes: Uint8Array) => Promise<void>,
  ): Promise<Bytes[]> {
    this.#here++;
    try {
      const sealed = sealUnsigned(readUnsigned(source, origin.arrivedAt), recipients, origin);
      for await (const chunk of sealed.payload) await append(chunk);
      return await (recipients.length > 1
        ? this.#queue.run(() => sealed.envelopes())
        : sealed.envelopes());
    } finally {
      this.#here--;
    }
  }
}

function startSealingWorker(): Worker {
  // deno-fmt-ignore: bundlers look for this on one line
  return new Worker(new URL(import.meta.url.endsWith(".ts") ? "./sealing_worker.ts" : "./sealing_worker.js", import.meta.url), { type: "module" });
}
