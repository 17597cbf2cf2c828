/** Lists that are asked for page by page: a server cannot make one go on for ever. */
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { unexpectedReply } from "./unexpected_reply.ts";

/** Counts the pages of one list. */
export class PageBound {
  #pages = 0;
  #left: number | null = null;

  /**
   * Counts a page. `counted`: entries of the whole list as the server counts them; only what it said first holds, since
   * that is the server's word too, and what comes meanwhile stands before the first page.
   * @throws {MailError} `protocol` for more entries than that, or more than `limits.maxListPages` pages
   */
  take(entries: number, counted = Infinity): void {
    this.#left = (this.#left ?? counted) - entries;
    if (this.#left < 0) throw unexpectedReply();
    if (++this.#pages > limits.maxListPages) {
      throw new MailError(
        "protocol",
        `Cannot read the list: it has more than ${limits.maxListPages} pages`,
      );
    }
  }
}
