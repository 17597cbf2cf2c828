/** A real server in a process, started, stopped, killed and started again on the same data. */
import { deadline } from "./deadline.ts";
import { type Home, readLines } from "./program.ts";
import type { RunningCommand } from "./program_runner.ts";
import { makeKeyFolder } from "./server.ts";

export interface ServerFlags {
  /** Flags beside `--listen` and `--domain mail.test`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** In a process of its own, and not in one that had other servers before. */
  readonly isFresh?: boolean;
}

export class ServerProcess implements AsyncDisposable {
  readonly #home: Home;
  readonly #query: ServerFlags;
  #child: RunningCommand | null = null;
  #logDone: Promise<void> = Promise.resolve();
  /** `host:port`; the same after a restart. */
  address = "127.0.0.1:0";
  fingerprint = "";
  /** What else it listens on, in the order of `--smtp`, `--smtp-tls` and `--metrics`, which is a URL. */
  extraAddresses: string[] = [];
  /** What it wrote to stderr so far. */
  log = "";

  private constructor(home: Home, query: ServerFlags) {
    this.#home = home;
    this.#query = query;
  }

  /** Starts a server on a free port; it is ready when this resolves. Its RSA key is that of `makeKeyFolder`. */
  static async start(home: Home, query: ServerFlags = {}): Promise<ServerProcess> {
    const server = new ServerProcess(home, query);
    await giveKey(`${home.folder}/home/.local/share/mailctl`);
    await server.start();
    return server;
  }

  /** `host:port#fingerprint`, with which any client trusts it. */
  get trusted(): string {
    return `${this.address}#${this.fingerprint}`;
  }

  get pid(): number {
    return this.#child!.pid;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** Starts it, or starts it again where it was. @throws {Error} with its stderr where it does not start */
  async start(more: readonly string[] = []): Promise<void> {
    const { args = [], env } = this.#query;
    const words = [...serveLine(this.address), ...args, ...more];
    const child = this.#isWarm
      ? await this.#home.startWarm(words, env)
      : this.#home.start(words, { env });
    this.#child = child;
    this.#logDone = this.#keepLog(child);
    const expected = 3 + args.filter((arg) => /^--(smtp|smtp-tls|metrics)$/.test(arg)).length;
    const facts = await readLines(child.stdout, expected);
    if (facts.length < expected) {
      await this.wait();
      throw new Error(`the server did not start: ${this.log}`);
    }
    [this.address = "", , this.fingerprint = "", ...this.extraAddresses] = facts
      .map((line) => line.split("\t")[1] ?? "");
  }

  /** Sends a signal and returns the exit status, or 128 + 9. Fails after `withinMs`. */
  async stop(signal: Deno.Signal = "SIGTERM", withinMs = 60_000): Promise<number> {
    this.#child?.kill(signal);
    return await deadline(this.wait(), withinMs, "the server does not end");
  }

  /** Waits for its end. */
  async wait(): Promise<number> {
    const status = await this.#child?.status;
    await this.#logDone;
    this.#child = null;
    return status?.code ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== null) await this.stop(this.#isWarm ? "SIGTERM" : "SIGKILL");
  }

  get #isWarm(): boolean {
    return this.#query.isFresh !== true && this.#home.isPlain;
  }

  async #keepLog({ stderr }: RunningCommand): Promise<void> {
    for await (const text of stderr.pipeThrough(new TextDecoderStream())) this.log += text;
  }
}

/** Puts a key where the server would make one, unless it has been there before. */
async function giveKey(folder: string): Promise<void> {
  if (await Deno.stat(folder).then(() => true, () => false)) return;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await Deno.rename(await makeKeyFolder(), `${folder}/keys`);
}

function serveLine(address: string): string[] {
  return ["serve", "--listen", address, "--domain", "mail.test"];
}
