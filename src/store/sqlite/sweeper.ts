/** What is erased for good: bodies that nobody has any more, and what of them still stands in the log. */
import type { AccountId } from "../../model/ids.ts";
import { bestEffort } from "../../model/promises.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import type { Access, Writes } from "./access.ts";
import { isLittered, sweepJobs } from "./rows/sweeping.ts";

export class Sweeper {
  readonly #database: Access;
  readonly #jobs: Writes<typeof sweepJobs>;
  readonly #sweeps = new SerialQueue();
  /** Something that was erased still stands in the log. */
  #isLogDirty = false;

  constructor(database: Access) {
    this.#database = database;
    this.#jobs = database.writes(sweepJobs);
  }

  /** Begins to sweep, after what is being swept. */
  sweep(): Promise<void> {
    return this.#sweeps.run(() => this.#sweepAll());
  }

  /** Drops what an earlier run left: its uploads, and what it erased and may stand in the log if it was killed. */
  async tidy(): Promise<void> {
    await this.#jobs.discardLeftovers();
    await this.emptyLog();
  }

  /** Waits for what was begun. */
  async idle(): Promise<void> {
    await this.#sweeps.whenIdle(() => {});
  }

  /** Sweeps what is erased, and leaves nothing of it in the log; false where that is to be tried again later. */
  async emptyLog(): Promise<boolean> {
    this.#isLogDirty = true;
    await this.sweep();
    if (await this.#database.read(isLittered)) return false;
    this.#isLogDirty = false; // what is erased from now on comes behind it
    const emptied = this.#jobs.truncateLog();
    const isEmpty = await emptied.catch(() => false);
    this.#isLogDirty ||= !isEmpty;
    return isEmpty;
  }

  /** Tries again what `emptyLog` left. */
  async finishLog(): Promise<void> {
    if (this.#isLogDirty) await this.emptyLog();
  }

  /** Where it could not be done just now, as while a backup reads the log, it is left to `finishLog`: not a try for each. */
  async leaveNothing(): Promise<void> {
    if (!this.#isLogDirty) await bestEffort(this.emptyLog()); // `finishLog` tries again and tells
  }

  /**
   * Leaves nothing of an account in the log. Where somebody reads that, as a backup does, or there is no room to sweep
   * its bodies, it is tried again later.
   */
  async finishErasing(accountId: AccountId, erasedAt: number): Promise<boolean> {
    if (!await this.emptyLog()) return false;
    await this.#jobs.markErased(accountId, erasedAt);
    return true;
  }

  /** Nobody waits for it, and what it leaves, the next sweep or the next start finds. */
  async #sweepAll(): Promise<void> {
    try {
      while (await this.#jobs.sweep());
    } catch {
      // closing, or no room even to delete
    }
  }
}
