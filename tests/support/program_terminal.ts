/** A person at a terminal: a real one, from script(1), typed at when the words appear that are waited for. */
import { deadline } from "./deadline.ts";
import type { Home } from "./program.ts";

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string | null>>;
  /** What the line of shell may take. */
  readonly withinMs?: number;
}

export class Terminal implements AsyncDisposable {
  /** All that the terminal was sent, as it was sent. */
  screen = "";
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #shown: Promise<void>;
  readonly #withinMs: number;
  #seen = 0;
  #wake: () => void = () => {};

  private constructor(child: Deno.ChildProcess, withinMs: number) {
    this.#child = child;
    this.#withinMs = withinMs;
    this.#writer = child.stdin.getWriter();
    this.#shown = this.#show(child.stdout);
  }

  /** Runs a line of shell at a terminal. */
  static open(home: Home, line: string, query: TerminalOptions = {}): Terminal {
    const { columns = 80, env, withinMs = 60_000 } = query;
    const sized = `stty cols ${columns} rows 24; ${line}`;
    const child = new Deno.Command("script", {
      args: ["--quiet", "--return", "--command", sized, "/dev/null"],
      cwd: home.work,
      clearEnv: true,
      env: home.environment({ TERM: "xterm", SHELL: "/bin/sh", ...env }),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    return new Terminal(child, withinMs);
  }

  /** Waits until words appear after those that were waited for before. */
  async sees(words: string): Promise<void> {
    await deadline(
      this.#until(words),
      60_000,
      `"${words}" is not on ${JSON.stringify(this.screen)}`,
    );
  }

  /** Types, as keys are pressed: Enter is `\r`. */
  async types(keys: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(keys));
  }

  /** Waits for the end of the line of shell; returns its exit status. */
  async ends(): Promise<number> {
    const words = `the command does not end: ${JSON.stringify(this.screen.slice(-2000))}`;
    const { code } = await deadline(this.#child.status, this.#withinMs, words);
    await this.#shown;
    await this.#writer.close().catch(() => {});
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await this.#child.status;
    await this.#writer.close().catch(() => {});
    await this.#shown;
  }

  async #until(words: string): Promise<void> {
    for (;;) {
      const at = this.screen.indexOf(words, this.#seen);
      if (at >= 0) {
        this.#seen = at + words.length;
        return;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async #show(stdout: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
      this.screen += text;
      this.#wake();
    }
  }
}

/** Runs a line of shell at a terminal where nobody types; returns what the terminal was sent. */
export async function watched(
  home: Home,
  line: string,
  query?: TerminalOptions,
): Promise<{ readonly screen: string; readonly status: number }> {
  await using terminal = Terminal.open(home, line, query);
  const status = await terminal.ends();
  return { screen: terminal.screen, status };
}
