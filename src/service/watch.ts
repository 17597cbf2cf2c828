/** The use case of waiting for mail. Nobody asks the store again and again: it tells when to look. */
import type { Account, Entry, Store } from "../store/store.ts";
import type { Arrivals, Mail } from "./mail.ts";

export class Watch {
  readonly #store: Store;
  readonly #mail: Mail;

  constructor(store: Store, mail: Mail) {
    this.#store = store;
    this.#mail = mail;
  }

  /** Lists arrivals as soon as there are any; an empty page once `over` says that it is over. */
  async wait(
    account: Account,
    wanted: Arrivals,
    over: AbortSignal,
  ): Promise<{ entries: Entry[]; more: boolean }> {
    const bell = new Bell();
    const stopWatching = this.#store.watch(account.id, () => bell.ring()); // before the first look
    const onOver = () => bell.ring();
    over.addEventListener("abort", onOver);
    try {
      for (;;) {
        const page = await this.#mail.arrivals(account, wanted);
        if (page.entries.length > 0 || over.aborted) return page;
        await bell.rung();
      }
    } finally {
      stopWatching();
      over.removeEventListener("abort", onOver);
    }
  }
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
