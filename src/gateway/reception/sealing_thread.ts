/** The main thread's end of one Worker that seals. */
import { MailError } from "../../model/errors.ts";
import type { SealedMessage, SealingReply, SealingRequest } from "./sealing_worker.ts";

export class SealingThread {
  readonly #worker: Worker;
  readonly #onEnd: () => void;
  readonly #underWay = new Map<number, PromiseWithResolvers<SealedMessage>>();
  /** Of one turn of the event loop: they go together. */
  #unsent: SealingRequest[] = [];
  #lastId = 0;

  /** `onEnd` hears that the Worker has ended by itself: it is of no more use. */
  constructor(worker: Worker, onEnd: () => void) {
    this.#worker = worker;
    this.#onEnd = onEnd;
    worker.onmessage = ({ data }: MessageEvent<readonly SealingReply[]>) =>
      data.forEach((reply) => this.#answered(reply));
    worker.onmessageerror = () => this.#died("it sent an unreadable answer");
    worker.onerror = (event) => {
      event.preventDefault(); // or the whole server would end
      this.#died(event.message);
    };
  }

  /** Messages that it has not answered. */
  get load(): number {
    return this.#underWay.size;
  }

  /** Seals a message, whose buffer is taken. @throws {MailError} `internal`, also where the Worker ends before */
  seal(message: Omit<SealingRequest, "id">): Promise<SealedMessage> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<SealedMessage>();
    this.#underWay.set(id, answer);
    if (this.#unsent.push({ id, ...message }) === 1) setImmediate(() => this.#send());
    return answer.promise;
  }

  /** Ends the Worker, and refuses what it has not answered. */
  end(cause?: string): void {
    this.#worker.terminate();
    this.#unsent = [];
    for (const { reject } of this.#underWay.values()) reject(failed(cause));
    this.#underWay.clear();
  }

  #send(): void {
    const requests = this.#unsent.splice(0);
    if (requests.length === 0) return; // it has ended
    this.#worker.postMessage(requests, requests.map(({ bytes }) => bytes.buffer));
  }

  #answered({ id, sealed }: SealingReply): void {
    const answer = this.#underWay.get(id);
    this.#underWay.delete(id);
    if (typeof sealed === "string") answer?.reject(failed(sealed));
    else answer?.resolve(sealed);
  }

  #died(cause: string): void {
    this.#onEnd();
    this.end(cause);
  }
}

function failed(cause?: string): MailError {
  return new MailError("internal", "Cannot encrypt the message", { cause });
}
