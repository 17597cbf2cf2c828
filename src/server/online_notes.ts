/** Tells the other processes of the store who is logged in here: for directories that show it. */
import { bestEffort } from "../model/promises.ts";
import type { ProcessStore } from "../store/process_store.ts";
import type { ConnectionTable } from "./connection_table.ts";

/** How often it is told where it changed, in milliseconds. */
const changedMs = 5_000;
/** Of so many times it is told once although it did not change: the database forgets it in a crash. */
const toldAnyway = 12;

export class OnlineNotes {
  readonly #timer: ReturnType<typeof setInterval>;
  #told = "";
  #passed = 0;

  /** Begins, and goes on until `stop`. */
  constructor(store: ProcessStore, table: ConnectionTable) {
    this.#timer = setInterval(() => this.#tell(store, table), changedMs);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tell(store: ProcessStore, table: ConnectionTable): void {
    const accounts = table.accounts;
    const known = accounts.toSorted((a, b) => a - b).join();
    this.#passed = (this.#passed + 1) % toldAnyway;
    if (known === this.#told && this.#passed > 0) return;
    this.#told = known;
    void bestEffort(store.noteOnline(accounts)); // the next time
  }
}
