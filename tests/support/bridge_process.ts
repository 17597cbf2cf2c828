/** `mailctl bridge` in a process of its own, and what it told to type into programs. */
import type { JsonOf } from "../../src/cli/schema/schemas.ts";
import type { Person } from "./person.ts";
import { readLines } from "./program.ts";

export class BridgeProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #drained: Promise<void>;
  readonly settings: JsonOf<"bridge">;

  /** What it wrote to stderr so far. */
  log = "";

  private constructor(child: Deno.ChildProcess, settings: JsonOf<"bridge">) {
    this.#child = child;
    this.#drained = this.#keepLog();
    this.settings = settings;
  }

  /** Starts a bridge on free ports; it is ready when this resolves. */
  static async start(
    { home }: Pick<Person, "home">,
    ...args: readonly string[]
  ): Promise<BridgeProcess> {
    const ports = ["--smtp", "127.0.0.1:0", "--imap", "127.0.0.1:0", "--pop3", "127.0.0.1:0"];
    const child = home.start(["bridge", "--json", ...ports, ...args]);
    const [line] = await readLines(child.stdout, 1);
    if (line === undefined) throw new Error("the bridge did not start");
    return new BridgeProcess(child, JSON.parse(line));
  }

  /** Sends a signal and returns the exit status. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    try {
      this.#child.kill(signal);
    } catch {
      // it is over
    }
    await this.#drained;
    return (await this.#child.status).code;
  }

  async #keepLog(): Promise<void> {
    const { stderr } = this.#child;
    for await (const text of stderr.pipeThrough(new TextDecoderStream())) this.log += text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
