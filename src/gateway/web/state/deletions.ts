/** Deletions that can still be undone. The server deletes for good: so it is asked only when the time is up. */
import type { EntryId } from "../../../model/ids.ts";

/** A message that is as good as deleted. */
export interface Held {
  readonly id: EntryId;
  /** In the words of whoever deleted it. */
  readonly subject: string;
  /** By the clock that `now` gives. */
  readonly until: number;
}

export interface DeletionOptions {
  readonly holdMs: number;
  readonly now: () => number;
  readonly erase: (id: EntryId) => Promise<void>;
  /** Hears that one is held, undone, erased, or failed, which is not told twice. */
  readonly onChange: (failed: unknown) => void;
}

export class Deletions {
  readonly #options: DeletionOptions;
  readonly #held = new Map<EntryId, Held & { readonly timer: ReturnType<typeof setTimeout> }>();
  readonly #erasing = new Map<EntryId, Promise<void>>();

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  /** Holds a message until the time is up; a second time changes nothing. */
  hold(id: EntryId, subject: string): void {
    if (this.has(id)) return;
    const { holdMs, now } = this.#options;
    const timer = setTimeout(() => this.#erase(id), holdMs);
    this.#held.set(id, { id, subject, until: now() + holdMs, timer });
    this.#options.onChange(null);
  }

  /** Takes a deletion back. False: it is too late. */
  undo(id: EntryId): boolean {
    const held = this.#held.get(id);
    if (held === undefined) return false;
    clearTimeout(held.timer);
    this.#held.delete(id);
    this.#options.onChange(null);
    return true;
  }

  /** True while a message is as good as deleted. */
  has(id: EntryId): boolean {
    return this.#held.has(id) || this.#erasing.has(id);
  }

  /** What can be undone, newest first. */
  get held(): readonly Held[] {
    return [...this.#held.values()].reverse();
  }

  /** Deletes now whatever was held, and waits for it. */
  async flush(): Promise<void> {
    for (const { id } of this.held) {
      clearTimeout(this.#held.get(id)?.timer);
      this.#erase(id);
    }
    await Promise.all(this.#erasing.values());
  }

  /** Forgets what was held: there is no mailbox to delete it from any more. */
  abandon(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }

  #erase(id: EntryId): void {
    this.#held.delete(id);
    const { erase, onChange } = this.#options;
    const erased = erase(id)
      .then(
        () => null,
        (error) => error,
      )
      .then((failed) => {
        this.#erasing.delete(id);
        onChange(failed);
      });
    this.#erasing.set(id, erased);
  }
}
