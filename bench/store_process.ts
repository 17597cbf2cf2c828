/** A process that sends on a store in PostgreSQL, or inserts the same rows, when a line of its input says so. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import process from "node:process";
import { openStore } from "../src/store/open.ts";
import { rate } from "./rate.ts";
import { print } from "./report.ts";
import { inserter, sender } from "./store_load.ts";

/** What it is told, as JSON; it answers with how many a second that came to. */
export interface Load {
  readonly work: "send" | "insert";
  readonly callers: number;
  readonly milliseconds: number;
}

/** One that was started. */
export class StoreProcess {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(url: string) {
    const args = ["run", "-A", "--no-lock", "--no-check", "--quiet", import.meta.filename!, url];
    this.#child = spawn(Deno.execPath(), args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves with how many a second it got through. */
  async rate(load: Load): Promise<number> {
    this.#child.stdin!.write(`${JSON.stringify(load)}\n`);
    return Number((await this.#answers.next()).value);
  }

  close(): void {
    this.#child.kill("SIGKILL"); // whoever measures has no use for what it would do yet
  }
}

if (import.meta.main) {
  const url = Deno.args[0]!;
  const works = {
    send: await sender(await openStore(url, { domain: null })),
    insert: inserter(url),
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const { work, callers, milliseconds } = JSON.parse(line) as Load;
    print(`${await rate(callers, milliseconds, works[work])}\n`);
  }
}
