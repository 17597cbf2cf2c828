/** A store that knows who waits for mail, and how often it was looked at for that. */
import type { AccountId, EntryId } from "../../src/model/ids.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import type { StoredNewMailQuery } from "../../src/store/watch_store.ts";
import { MemoryStore } from "./memory_store.ts";

export class CountedStore extends MemoryStore {
  waiting = 0;
  mostWaiting = 0;
  looks = 0;
  /** At entries by their ids. */
  entryLooks = 0;

  override watch(accountId: AccountId, listener: () => void): () => void {
    const stop = super.watch(accountId, listener);
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
    return () => {
      this.waiting--;
      stop();
    };
  }

  override watchChanges(accountId: AccountId, listener: () => void): () => void {
    const stop = super.watchChanges(accountId, listener);
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
    return () => {
      this.waiting--;
      stop();
    };
  }

  override newMail(query: StoredNewMailQuery): Promise<Entry[]> {
    this.looks++;
    return super.newMail(query);
  }

  override entries(accountId: AccountId, ids: readonly EntryId[]): Promise<(Entry | null)[]> {
    this.entryLooks++;
    return super.entries(accountId, ids);
  }
}
