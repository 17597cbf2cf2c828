/** The folders of the account for all sessions of IMAP: open while one has them, and a while longer. */
import { limits } from "../../model/limits.ts";
import { Lazy } from "../../model/promises.ts";
import type { AccountFolders } from "../folders/account_folders.ts";

export class SharedFolders {
  readonly #open: () => Promise<AccountFolders>;
  readonly #opened = new Lazy<AccountFolders>();
  #sessions = 0;
  #closing: ReturnType<typeof setTimeout> | undefined;

  constructor(open: () => Promise<AccountFolders>) {
    this.#open = open;
  }

  /** Opens them for a session; one that gets them has to `release` them. @throws {MailError} */
  async open(): Promise<AccountFolders> {
    clearTimeout(this.#closing);
    this.#sessions++;
    try {
      return await this.#opened.get(this.#open);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Many programs connect anew every minute: what is known of the account is kept for the next one. */
  release(): void {
    this.#sessions--;
    if (this.#sessions > 0 || this.#opened.made === null) return;
    this.#closing = setTimeout(() => this.close(), limits.imapFoldersKeptMs);
  }

  close(): void {
    clearTimeout(this.#closing);
    this.#opened.made?.then((folders) => folders.close(), () => {}); // whoever opened them was told
    this.#opened.forget();
  }
}
