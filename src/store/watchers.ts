/** Who wants to hear of new mail or other changes, by account. What they hear is no more than that it may be worth looking. */
import type { AccountId } from "../model/ids.ts";

/** Who watches for mail, and who for any change of a mailbox. */
export interface WatcherSets {
  readonly mail: Watchers;
  readonly changes: Watchers;
}

export class Watchers {
  readonly #listeners = new Map<AccountId, Set<() => void>>();

  /** Accounts that somebody watches. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Adds a listener and returns what takes it out again; twice is harmless. */
  add(accountId: AccountId, listener: () => void): () => void {
    const own = () => listener(); // the same function may be added twice
    const listeners = this.#listeners.getOrInsertComputed(accountId, () => new Set());
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(accountId) === listeners) {
        this.#listeners.delete(accountId);
      }
    };
  }

  /** Tells everybody who watches one of these accounts, once an account. */
  tell(accountIds: Iterable<AccountId>): void {
    for (const id of new Set(accountIds)) {
      for (const listener of [...this.#listeners.get(id) ?? []]) listener();
    }
  }

  /** Tells everybody: something may have been missed. */
  tellAll(): void {
    this.tell(this.#listeners.keys());
  }
}
