/**
 * Stops the real program in the middle of what it does, so that a test can kill it there: not sooner, not later, and
 * without waiting for luck. `hold_writes.ts` has the places in a server, `hold_files.ts` those in any program.
 */
import { until } from "./person.ts";

/** Where programs are to stand still. */
export interface Wish {
  /** Writes of a server's store, by their names as jobs; or functions of `Deno` that give files their names. */
  readonly calls: readonly string[];
  readonly when: "before" | "after";
  /** Only the n-th such call of a process, from 1; absent: every one. */
  readonly nth?: number;
}

const modules = { writes: "hold_writes.ts", files: "hold_files.ts" } as const;

export class Hold {
  readonly #folder: string;

  /** `folder` is made, and is for nothing else. */
  constructor(folder: string) {
    Deno.mkdirSync(folder, { mode: 0o700 });
    this.#folder = folder;
  }

  /** What a process is started with that is to heed this. */
  flagsFor(where: keyof typeof modules): string[] {
    return [`--preload=${new URL(modules[where], import.meta.url).pathname}`];
  }

  get env(): Record<string, string> {
    return { MAILCTL_TEST_HOLD: this.#folder };
  }

  /** From now on, calls like these stand still. */
  query(query: Wish): void {
    Deno.writeTextFileSync(`${this.#folder}/wish.new`, JSON.stringify(query));
    Deno.renameSync(`${this.#folder}/wish.new`, `${this.#folder}/wish.json`);
  }

  /** Waits until so many stand still. */
  async stands(count: number): Promise<void> {
    await until(() => this.standing.length >= count, `${count} calls that stand still`);
  }

  /** The names of the calls that stand still. */
  get standing(): string[] {
    return [...Deno.readDirSync(this.#folder)].flatMap(({ name }) =>
      name.startsWith("held.") ? [name.split(".")[1]!] : []
    ).sort();
  }

  /** Lets all go on, and stops no other. */
  release(): void {
    for (const { name } of Deno.readDirSync(this.#folder)) {
      Deno.removeSync(`${this.#folder}/${name}`);
    }
  }
}
