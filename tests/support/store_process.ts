/** Stores in processes of their own, which are killed and started again; whoever asks them repeats what was lost. */
import { deserialize, serialize } from "node:v8";
import { type FailureCode, isFailure, MailError } from "../../src/model/errors.ts";
import type { RequestKey } from "../../src/store/request_store.ts";
import type { Store } from "../../src/store/store.ts";

/** A call, as it goes to the process. */
export interface Asked {
  readonly number: number;
  readonly method: keyof Store;
  readonly request: RequestKey | null;
  readonly args: readonly unknown[];
}

/** What came of a call. */
export type Answer =
  | { readonly number: number; readonly result: unknown }
  | {
    readonly number: number;
    readonly failure: { readonly code: FailureCode; readonly message: string };
  };

/** The process ended before it answered: nobody knows what came of the call. */
export class AnswerLost extends Error {}

/** A store in one process: what it returns and takes goes through structured clones, and it streams nothing. */
export class StoreProcess {
  readonly store: Store = this.#under(null);
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #lines: AsyncIterator<string>;
  #count = 0;
  #isOver = false;

  private constructor(url: string) {
    const script = new URL("postgres_child.ts", import.meta.url).pathname;
    const args = ["run", "-A", "--no-lock", "--no-check", "--quiet", script, url];
    const pipes = { stdin: "piped", stdout: "piped", stderr: "null" } as const;
    this.#child = new Deno.Command(Deno.execPath(), { args, ...pipes }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Resolves when the store is open; null: the process ended before. */
  static async start(url: string): Promise<StoreProcess | null> {
    const started = new StoreProcess(url);
    const { done } = await started.#lines.next();
    if (done) {
      await started.kill();
      return null;
    }
    started.#listen();
    return started;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#end();
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.#child.status;
    await this.#writer.abort().catch(() => {});
  }

  #under(request: RequestKey | null): Store {
    return new Proxy({} as Store, {
      get: (_, method: keyof Store) => {
        if (method === "under") return (key: RequestKey) => this.#under(key);
        return (...args: unknown[]) => this.#ask({ method, request, args });
      },
    });
  }

  async #ask(asked: Omit<Asked, "number">): Promise<unknown> {
    if (this.#isOver) throw new AnswerLost();
    const number = this.#count++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(number, answer);
    const line = Uint8Array.from(serialize({ ...asked, number })).toBase64();
    this.#writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => this.#end());
    return await answer.promise;
  }

  async #listen(): Promise<void> {
    for (let next; !(next = await this.#lines.next()).done;) {
      const answer: Answer = deserialize(Uint8Array.fromBase64(next.value));
      const waiting = this.#waiting.get(answer.number); // none once it is to be killed
      this.#waiting.delete(answer.number);
      if ("result" in answer) waiting?.resolve(answer.result);
      else waiting?.reject(new MailError(answer.failure.code, answer.failure.message));
    }
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    for (const { reject } of this.#waiting.values()) reject(new AnswerLost());
    this.#waiting.clear();
  }
}

/** Lines that are whole; a process that is killed may leave a part of one. */
async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let text = "";
  for await (const piece of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (text + piece).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

/** Several of them on one database. */
export class StoreProcesses implements AsyncDisposable {
  /** Calls that had to be repeated. */
  repeats = 0;
  readonly #url: string;
  readonly #places: Promise<StoreProcess>[];
  #turn = 0;
  #isOver = false;

  constructor(url: string, count: number) {
    this.#url = url;
    this.#places = Array.from({ length: count }, () => this.#start());
  }

  /**
   * Does something with whichever process is next, and again from the start where that process is gone or could not
   * reach the database, as a client would: until it is acknowledged. @throws {MailError} whatever else it was told
   */
  async repeat<T>(work: (store: Store) => Promise<T>): Promise<T> {
    for (;;) {
      const { store } = await this.#places[this.#turn++ % this.#places.length]!;
      try {
        return await work(store);
      } catch (error) {
        const passes = isFailure(error, "unavailable");
        if (this.#isOver || !(passes || error instanceof AnswerLost)) throw error;
        this.repeats++;
      }
    }
  }

  /** Kills one, and starts another in its place. */
  async kill(place: number): Promise<void> {
    const process = await this.#places[place]!;
    const killed = process.kill();
    this.#places[place] = killed.then(() => this.#start());
    await killed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const process of await Promise.all(this.#places)) await process.kill();
  }

  /** Tries until the store opens: the database may be away. */
  async #start(): Promise<StoreProcess> {
    const end = performance.now() + 60_000;
    for (;;) {
      const started = await StoreProcess.start(this.#url);
      if (started !== null) return started;
      if (this.#isOver || performance.now() > end) throw new Error("the store does not open");
    }
  }
}
