/** Deletions that can still be undone. The server deletes for good: so it is asked only when the time is up. */
import type { EntryId } from "../../../model/ids.ts";

/** A message that is as good as deleted. */
export interface DeferredDeletion {
  readonly id: EntryId;
  /** In the words of whoever deleted it. */
  readonly subject: string;
  /** By the clock that `now` gives. */
  readonly until: number;
}

export interface DeletionOptions {
  readonly deferMs: number;
  readonly now: () => number;
  readonly erase: (id: EntryId) => Promise<void>;
  /** Hears that one is held, undone, erased, or failed, which is not told twice. */
  readonly onChange: (failed: unknown) => void;
}

export class Deletions {
  readonly #options: DeletionOptions;
  readonly #deferred = new Map<
    EntryId,
    DeferredDeletion & { readonly timer: ReturnType<typeof setTimeout> }
  >();
  readonly #erasing = new Map<EntryId, Promise<void>>();

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  /** Holds a message until the time is up; a second time changes nothing. */
  defer(id: EntryId, subject: string): void {
    if (this.has(id)) return;
    const { deferMs, now } = this.#options;
    const timer = setTimeout(() => this.#erase(id), deferMs);
    this.#deferred.set(id, { id, subject, until: now() + deferMs, timer });
    this.#options.onChange(null);
  }

  /** Takes a deletion back. False: it is too late. */
  undo(id: EntryId): boolean {
    const held = this.#deferred.get(id);
    if (held === undefined) return false;
    clearTimeout(held.timer);
    this.#deferred.delete(id);
    this.#options.onChange(null);
    return true;
  }

  /** True while a message is as good as deleted. */
  has(id: EntryId): boolean {
    return this.#deferred.has(id) || this.#erasing.has(id);
  }

  /** What can be undone, newest first. */
  get deferred(): readonly DeferredDeletion[] {
    return [...this.#deferred.values()].reverse();
  }

  /** Deletes now whatever was held, and waits for it. */
  async flush(): Promise<void> {
    for (const { id } of this.deferred) {
      clearTimeout(this.#deferred.get(id)?.timer);
      this.#erase(id);
    }
    await Promise.all(this.#erasing.values());
  }

  /** Forgets what was held: there is no mailbox to delete it from any more. */
  abandon(): void {
    for (const { timer } of this.#deferred.values()) clearTimeout(timer);
    this.#deferred.clear();
  }

  #erase(id: EntryId): void {
    this.#deferred.delete(id);
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
