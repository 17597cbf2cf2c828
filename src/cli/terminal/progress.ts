/** A line on stderr about work that takes longer than a second, on a terminal only. */
import type { Progress } from "../../client/progress.ts";
import { formatSize } from "../../model/size.ts";
import { visible, visibleLine } from "../../model/visible_text.ts";
import { host } from "../host.ts";
import { writeError } from "./output.ts";

const quietMs = 1_000;
const everyMs = 100;

/** Shows how far the work is while it runs, and takes the line away after it. `format`: of bytes, unless it is said. */
export async function withProgress<T>(
  verb: string,
  work: (progress: Progress) => Promise<T>,
  format: (amount: number) => string = formatSize,
): Promise<T> {
  if (!host.stderr.isTerminal()) return await work(() => {});
  const line = new ProgressLine(verb, format);
  try {
    return await work((amount) => line.show(amount));
  } finally {
    line.clear();
  }
}

/** Does the same for a message that is opened now and read by whoever takes it. */
export async function* withProgressLine<T>(
  verb: string,
  open: (progress: Progress) => Promise<T>,
): AsyncGenerator<T> {
  if (!host.stderr.isTerminal()) return yield await open(() => {});
  const line = new ProgressLine(verb);
  try {
    yield await open((bytes) => line.show(bytes));
  } finally {
    line.clear();
  }
}

class ProgressLine {
  readonly #verb: string;
  #next = performance.now() + quietMs;
  #isShown = false;
  readonly #format: (amount: number) => string;

  constructor(verb: string, format: (amount: number) => string = formatSize) {
    this.#verb = verb;
    this.#format = format;
  }

  show(amount: number): void {
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + everyMs;
    this.#isShown = true;
    writeError(visible`\r\x1b[K${visibleLine(`${this.#verb} ${this.#format(amount)}`)}`);
  }

  clear(): void {
    if (this.#isShown) writeError(visible`\r\x1b[K`);
  }
}
