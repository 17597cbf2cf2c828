/** The messages of one folder in the order of their UIDs, and how many of them have which mark. */
import type { FolderCounts, MailMessage } from "./mail_folders.ts";

export class FolderRows<Message extends MailMessage> {
  #sorted: readonly Message[] = [];
  /** What came and went since. */
  readonly #added = new Set<Message>();
  readonly #removed = new Set<Message>();
  #unseen = 0;
  #deleted = 0;

  get counts(): FolderCounts {
    return { unseen: this.#unseen, deleted: this.#deleted };
  }

  /** By UID; the same array until something in it changes. */
  get sorted(): readonly Message[] {
    if (this.#added.size + this.#removed.size === 0) return this.#sorted;
    const left = this.#removed.size === 0
      ? this.#sorted
      : this.#sorted.filter((message) => !this.#removed.has(message));
    this.#sorted = [...left, ...this.#added].sort((a, b) => a.uid - b.uid);
    this.#added.clear();
    this.#removed.clear();
    return this.#sorted;
  }

  /** Takes in one that is not here. */
  add(message: Message): void {
    this.#added.add(message);
    this.#count(message, 1);
  }

  /** Takes out one that is here: this very object. */
  remove(message: Message): void {
    if (!this.#added.delete(message)) this.#removed.add(message);
    this.#count(message, -1);
  }

  #count({ isSeen, flags }: Message, by: 1 | -1): void {
    if (!isSeen) this.#unseen += by;
    if (flags.includes("deleted")) this.#deleted += by;
  }
}
