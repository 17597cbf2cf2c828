/** The folders of the account for all sessions of IMAP: open while one has them, and a while longer. */
import { limits } from "../../model/limits.ts";
import type { AccountFolders } from "../folders/account_folders.ts";

export class SharedFolders {
  readonly #open: () => Promise<AccountFolders>;
  #opened: Promise<AccountFolders> | null = null;
  #sessions = 0;
  #closing: ReturnType<typeof setTimeout> | undefined;

  constructor(open: () => Promise<AccountFolders>) {
    this.#open = open;
  }

  /** Opens them for a session; one that gets them has to `release` them. @throws {MailError} */
  async open(): Promise<AccountFolders> {
    clearTimeout(this.#closing);
    const opening = this.#opened ??= this.#open();
    this.#sessions++;
    try {
      return await opening;
    } catch (error) {
      if (this.#opened === opening) this.#opened = null; // the next one tries again
      this.release();
      throw error;
    }
  }

  /** Many programs connect anew every minute: what is known of the account is kept for the next one. */
  release(): void {
    this.#sessions--;
    if (this.#sessions > 0 || this.#opened === null) return;
    this.#closing = setTimeout(() => this.close(), limits.imapFoldersKeptMs);
  }

  close(): void {
    clearTimeout(this.#closing);
    const opened = this.#opened;
    this.#opened = null;
    opened?.then((folders) => folders.close(), () => {}); // whoever opened them was told
  }
}
