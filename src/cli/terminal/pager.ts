/** Where a message for a person goes: the pager on a terminal, else standard output. */
import { utf8 } from "../../model/bytes.ts";
import { writeData } from "./output.ts";
import { inherited } from "../settings/inherited.ts";
import type { Settings } from "../settings/settings.ts";
import { isPersonReading } from "./terminal.ts";
import { splitWords } from "./split_command.ts";
import { ownSignal } from "./signals.ts";
import type { VisibleText } from "../../model/visible_text.ts";

export type Write = (text: VisibleText) => Promise<void>;

/**
 * Runs work that writes for a person, then waits until the person has left the pager. The pager starts
 * with the first text, so that questions can be asked before it.
 */
export async function withPager(
  settings: Settings,
  work: (write: Write) => Promise<void>,
): Promise<void> {
  if (!isPersonReading()) return await work(writeData);
  const pager = new Pager(settings);
  try {
    await work((text) => pager.write(text));
  } finally {
    await pager.finish();
  }
}

class Pager {
  readonly #settings: Settings;
  #child: Deno.ChildProcess | null | undefined;
  #release: (() => void) | undefined;
  #input: WritableStreamDefaultWriter<Uint8Array> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async write(text: VisibleText): Promise<void> {
    if (this.#child === undefined) this.#start();
    if (this.#input === undefined) return await writeData(text);
    await this.#input.write(utf8(text)).catch(leftEarly);
  }

  async finish(): Promise<void> {
    if (!this.#child) return;
    await this.#input?.close().catch(leftEarly);
    await this.#child.status;
    this.#release?.();
  }

  #start(): void {
    this.#child = startPager(this.#settings);
    if (this.#child === null) return;
    this.#input = this.#child.stdin.getWriter();
    this.#release = ownSignal("SIGINT", () => {}); // Ctrl-C is the pager's while it has the terminal
  }
}

/** Starts `$PAGER`, or less where there is one and the terminal can show it; null: messages are simply printed. */
function startPager(settings: Settings): Deno.ChildProcess | null {
  const isDumb = ["", "dumb"].includes(settings.environment.get("TERM") ?? "");
  const usual = isDumb ? "" : "less";
  const [program, ...args] = splitWords(settings.find("pager")?.value ?? usual);
  if (program === undefined || program === "cat") return null;
  const less = settings.environment.get("LESS") ?? "FRX"; // as git has it
  try {
    const env = { ...inherited(), LESS: less };
    return new Deno.Command(program, { args, clearEnv: true, env, stdin: "piped" }).spawn();
  } catch {
    return null; // not installed
  }
}

/** Whoever leaves the pager before the end has seen enough. */
function leftEarly(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe) && !(error instanceof TypeError)) throw error;
}
