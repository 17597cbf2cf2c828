/** The second client in a process of Node.js, which is told what to do in lines of JSON. */

type Answer = readonly [id: number, result: unknown, error?: string];

export class SecondClient implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #ended: Promise<void>;
  #last = 0;

  /** Starts the client that `folder` has, for a server. */
  constructor(folder: string, address: string, fingerprint: string) {
    this.#child = new Deno.Command("node", {
      args: ["client/client.mjs", ...address.split(":"), fingerprint],
      cwd: folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#ended = this.#readAnswers();
  }

  /**
   * Has the client do something, as client.mjs names it.
   * @throws {Error} with the words of the client, where it fails
   */
  // deno-lint-ignore no-explicit-any -- JSON of the client under test
  async do(action: string, ...args: unknown[]): Promise<any> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, resolve);
    const line = JSON.stringify([id, action, ...args]);
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    const [, result, error] = await promise;
    if (error !== undefined) throw new Error(error);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {}); // it may have ended
    await this.#child.status;
    await this.#ended;
  }

  async #readAnswers(): Promise<void> {
    let pieces: string[] = []; // of a line that is not whole yet
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const [first = "", ...others] = chunk.split("\n");
      pieces.push(first);
      for (const next of others) {
        this.#pass(JSON.parse(pieces.join("")));
        pieces = [next];
      }
    }
    for (const id of this.#waiting.keys()) {
      this.#pass([id, null, "the second client ended"]);
    }
  }

  #pass(answer: Answer): void {
    this.#waiting.get(answer[0])?.(answer);
    this.#waiting.delete(answer[0]);
  }
}
