/** The use cases of waiting: for mail, and for what becomes of one's own. Nobody asks the store again and again: it tells when to look. */
import type { EntryId } from "../model/ids.ts";
import type { Account } from "../store/account_store.ts";
import type { Entry } from "../store/mailbox_store.ts";
import type { WatchStore } from "../store/watch_store.ts";
import type { Mail, NewMailQuery, StoredSentState } from "./mail.ts";

export class Watch {
  readonly #store: WatchStore;
  readonly #mail: Mail;

  constructor(store: WatchStore, mail: Mail) {
    this.#store = store;
    this.#mail = mail;
  }

  /** Lists new mail as soon as there is any; an empty page once `over` says that it is over. */
  wait(
    account: Account,
    wanted: NewMailQuery,
    over: AbortSignal,
  ): Promise<{ entries: Entry[]; more: boolean }> {
    const look = () => this.#mail.newMail(account, wanted);
    return this.#look(account, over, look, ({ entries }) => entries.length > 0);
  }

  /**
   * Shows something sent as soon as it is further than is known: that it waits no more, receipts, what came
   * back; null: at once. @throws {MailError} `no_such_message`
   */
  waitForRead(
    account: Account,
    { id, known }: { readonly id: EntryId; readonly known: number | null },
    over: AbortSignal,
  ): Promise<StoredSentState> {
    const isNews = (state: StoredSentState) => known === null || progressOf(state) > known;
    return this.#look(account, over, () => this.#mail.sent(account, id), isNews);
  }

  /** Looks again whenever the store says that it may be worth it, until there is news or it is over. */
  async #look<T>(
    account: Account,
    over: AbortSignal,
    look: () => Promise<T>,
    isNews: (found: T) => boolean,
  ): Promise<T> {
    const bell = new Bell();
    const stopWatching = this.#store.watch(account.id, () => bell.ring()); // before the first look
    const onOver = () => bell.ring();
    over.addEventListener("abort", onOver);
    try {
      for (;;) {
        const found = await look();
        if (isNews(found) || over.aborted) return found;
        await bell.rung();
      }
    } finally {
      stopWatching();
      over.removeEventListener("abort", onOver);
    }
  }
}

function progressOf({ entry: { deliveries, heldUntil }, bounced }: StoredSentState): number {
  const receipts = deliveries.filter(({ receipt }) => receipt !== null);
  return receipts.length + bounced.length + (heldUntil === null ? 1 : 0);
}

/** Remembers that it rang until somebody has heard it. */
class Bell {
  #next = Promise.withResolvers<void>();

  ring(): void {
    this.#next.resolve();
  }

  async rung(): Promise<void> {
    await this.#next.promise;
    this.#next = Promise.withResolvers();
  }
}
