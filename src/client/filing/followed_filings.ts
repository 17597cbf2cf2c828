/** How all messages of a mailbox are filed, kept by a program that runs on, and brought up to date from the change feed. */
import type { EntryId } from "../../model/ids.ts";
import { PageBound } from "../page_bound.ts";
import { type FeedPage, type FeedPosition, feedStart } from "./change_feed.ts";
import type { FiledMessage } from "./filed_message.ts";
import type { FilingSource } from "./list_folder.ts";

/** What is needed of a mailbox, which may be another one after each lost connection: see `FiledMailbox`. */
interface Followed extends Pick<FilingSource, "read"> {
  changes(position: FeedPosition): Promise<FeedPage>;
}

export class FollowedFilings {
  readonly #all = new Map<EntryId, FiledMessage>();
  #position: FeedPosition = feedStart;

  /** How far it has heard. */
  get position(): FeedPosition {
    return this.#position;
  }

  /** Takes in what changed: all of it the first time. One call at a time. @throws {MailError} */
  async refresh(filed: Followed): Promise<ReadonlyMap<EntryId, FiledMessage>> {
    const bound = new PageBound();
    for (let more = true; more;) {
      const page = await filed.changes(this.#position);
      bound.take(0);
      if (page.reset) this.#all.clear();
      for (const message of page.messages) this.#all.set(message.id, message);
      for (const id of page.gone) this.#all.delete(id);
      ({ position: this.#position, more } = page);
    }
    return this.#all;
  }

  /** What a folder is listed by instead of asking for all of the mailbox. */
  sourceOf(filed: Followed): FilingSource {
    const refresh = () => this.refresh(filed);
    return {
      list: async function* () {
        const messages = [...(await refresh()).values()];
        yield { position: feedStart, reset: false, messages, gone: [], more: false };
      },
      read: (ids) => filed.read(ids),
    };
  }
}
