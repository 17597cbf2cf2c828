/**
 * The main thread's end of the writer: while one batch is being committed the next one collects here, so that
 * commits grow with the load and nobody waits for a timer.
 */
import { setImmediate } from "node:timers";
import { MailError } from "../../model/errors.ts";
import { CommitTimes } from "../commit_times.ts";
import { storeClosed } from "../failures.ts";
import { ownedBytes } from "../owned_bytes.ts";
import { type Cause, nobody, type StoreLoad } from "../store.ts";
import type { JobOutcome } from "./batch.ts";
import type { Asked, Job, JobName, JobResult } from "./jobs.ts";
import type { ChangedAccounts, WriterOptions, WriterReply, WriterRequest } from "./writer.ts";

/** What mail takes room for. All else goes on when only the reserve is left. */
const growing: ReadonlySet<JobName> = new Set<JobName>([
  "send",
  "submit",
  "receive",
  "append",
  "beginUpload",
  "appendUpload",
  "copyEntries",
  "saveOutlines",
]);

const maxBatchJobs = 256;
const maxBatchBytes = 4 * 1024 * 1024;

/** `inFlight`: the bytes of what was taken before and may not be on disk yet. */
type TakeRoom = (bytes: number, inFlight: () => number) => void;

interface Pending {
  readonly job: Job;
  readonly bytes: number;
  readonly transfers: readonly ArrayBuffer[];
  resolve(value: unknown): void;
  reject(error: MailError): void;
}

export class WriterQueue {
  readonly #worker: Worker;
  readonly #onChanged: (changed: ChangedAccounts) => void;
  readonly #closed = Promise.withResolvers<void>();
  #waiting: Pending[] = [];
  #running: Pending[] = [];
  #flushing = false;
  #begunAt = 0;
  readonly #times = new CommitTimes();
  readonly #takeRoom: TakeRoom;
  #refusal: MailError | null = null;

  /**
   * `onChanged` is told after every batch whose mailboxes it may have changed. `takeRoom` is asked before what makes the
   * database larger, and throws where that may not be.
   */
  constructor(
    options: WriterOptions,
    onChanged: (changed: ChangedAccounts) => void = () => {},
    takeRoom: TakeRoom = () => {},
  ) {
    this.#onChanged = onChanged;
    this.#takeRoom = takeRoom;
    // deno-fmt-ignore: bundlers look for this on one line
    this.#worker = new Worker(new URL(import.meta.url.endsWith(".ts") ? "./writer.ts" : "./writer.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<WriterReply>) => this.#answered(data);
    this.#worker.onmessageerror = () => this.#crashed("it sent an unreadable answer");
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or the whole server would end
      this.#crashed(event.message);
    };
    this.#post(options);
  }

  /**
   * Runs a job and resolves when it is on disk. Large buffers that it is given are taken from the caller.
   * @throws {MailError} what the job throws, `storage_full`, or `internal` for ever after the writer crashed.
   */
  run<N extends JobName>(
    name: N,
    asked: Asked<N>,
    { actor, request }: Cause = nobody,
  ): Promise<JobResult<N>> {
    return new Promise((resolve, reject) => {
      if (this.#refusal !== null) throw this.#refusal;
      const { value, bytes, transfers } = ownedBytes(asked);
      if (growing.has(name)) this.#takeRoom(bytes, () => this.#bytesInFlight());
      const resolveAny = resolve as (value: unknown) => void;
      this.#waiting.push({
        job: { name, asked: value, actor, request },
        bytes,
        transfers,
        resolve: resolveAny,
        reject,
      });
      this.#flushSoon();
    });
  }

  #bytesInFlight(): number {
    return [...this.#running, ...this.#waiting].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  load(): StoreLoad {
    return this.#times.load(this.#waiting.length);
  }

  /** Finishes what is queued, refuses what comes later and ends the Worker. */
  async close(): Promise<void> {
    this.#refusal ??= storeClosed();
    this.#flushSoon();
    await this.#closed.promise;
    this.#worker.terminate();
  }

  /** Waits one turn of the event loop: callers that a batch woke up together then go together again. */
  #flushSoon(): void {
    if (this.#flushing || this.#running.length > 0) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    this.#running = this.#waiting.splice(0, this.#batchLength());
    if (this.#running.length > 0) {
      this.#begunAt = performance.now();
      const transfers = this.#running.flatMap((pending) => pending.transfers);
      this.#post(this.#running.map(({ job }) => job), transfers);
    } else if (this.#refusal !== null) this.#post(null);
  }

  #batchLength(): number {
    let bytes = 0;
    const end = this.#waiting.findIndex((pending, at) =>
      at === maxBatchJobs || (bytes += pending.bytes) > maxBatchBytes && at > 0
    );
    return end === -1 ? this.#waiting.length : end;
  }

  #post(request: WriterRequest, transfers: ArrayBuffer[] = []): void {
    try {
      this.#worker.postMessage(request, transfers);
    } catch (error) {
      this.#crashed(error); // what cannot be cloned is a defect, and the batch would hang for ever
    }
  }

  #answered(reply: WriterReply): void {
    if (reply === null) return this.#closed.resolve();
    this.#times.add((performance.now() - this.#begunAt) / 1000);
    const { outcomes, ...changed } = reply;
    const answered = this.#running;
    this.#running = [];
    for (const [at, pending] of answered.entries()) resolvePending(pending, outcomes[at]!);
    this.#onChanged(changed);
    if (this.#waiting.length > 0 || this.#refusal !== null) this.#flushSoon();
  }

  /** What a crashed writer committed nobody knows: nothing is claimed, and nothing more is taken. */
  #crashed(cause: unknown): void {
    this.#refusal = new MailError("internal", "Cannot use the store: its writer ended", { cause });
    for (const pending of [...this.#running, ...this.#waiting]) pending.reject(this.#refusal);
    this.#running = this.#waiting = [];
    this.#closed.resolve();
  }
}

function resolvePending(pending: Pending, outcome: JobOutcome): void {
  if ("value" in outcome) return pending.resolve(outcome.value);
  const { code, message, hint, cause } = outcome.failure;
  pending.reject(new MailError(code, message, { hint, cause }));
}
