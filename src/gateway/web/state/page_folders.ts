/** The folders of the mailbox that is open, as the page knows them: how much is in each, and what is in one of them. */
import type { FeedPosition } from "../../../client/filing/change_feed.ts";
import type { FiledMailbox } from "../../../client/filing/filed_mailbox.ts";
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { FollowedFilings } from "../../../client/filing/followed_filings.ts";
import type { FolderQuery } from "../../../client/filing/list_folder.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import type { ListedPage } from "../../../client/reading/list_messages.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import { MailError } from "../../../model/errors.ts";
import { SerialQueue } from "../../../model/serial_queue.ts";
import type { FolderKey } from "../folder_key.ts";

export class PageFolders {
  readonly #filings = new FollowedFilings();
  readonly #queue = new SerialQueue();
  #summaries: readonly FolderSummary[] = [];

  /** As they were counted last: INBOX and Sent, and then those of the list. */
  get summaries(): readonly FolderSummary[] {
    return this.#summaries;
  }

  /** Up to which change all is taken in. */
  get heard(): FeedPosition {
    return this.#filings.position;
  }

  /** Counts anew. @throws {MailError} */
  async refresh(mailbox: Pick<Mailbox, "filed">): Promise<readonly FolderSummary[]> {
    const filed = await mailbox.filed();
    return await this.#inTurn(async () => {
      return this.#summaries = await filed.summaries(this.#filings.sourceOf(filed));
    });
  }

  /** Counts where nothing was counted yet: any page may be the first that is opened. @throws {MailError} */
  async countOnce(mailbox: Pick<Mailbox, "filed">): Promise<void> {
    if (this.#summaries.length === 0) await this.refresh(mailbox);
  }

  /** Lists the messages of a folder, newest first. @throws {MailError} as `FiledMailbox.listFolder` */
  async list(
    filed: FiledMailbox,
    query: Omit<FolderQuery, "folders">,
  ): Promise<ListedPage> {
    const folders = await filed.folders();
    return await this.#inTurn(() =>
      filed.listFolder({ ...query, folders }, this.#filings.sourceOf(filed))
    );
  }

  /** The places of the messages of a folder of the list, by id. @throws {MailError} */
  async placesIn(filed: FiledMailbox, folder: number): Promise<Map<number, number>> {
    const all = await this.#inTurn(() => this.#filings.refresh(filed));
    const there = [...all.values()].filter(({ filing }) => filing.folder === folder);
    return new Map(there.map(({ id, place }) => [id, place]));
  }

  /** Finds a folder among those that were counted last. @throws {MailError} `no_such_message` */
  find(key: FolderKey): FolderSummary {
    const found = this.#summaries.find(({ id, box }) => (box ?? id) === key);
    if (found !== undefined) return found;
    throw new MailError("no_such_message", "Cannot find the folder: it was deleted", {
      hint: "Load the page again to see the folders that there are.",
    });
  }

  /** The folder that a message is in. */
  folderOf({ box, filing }: Pick<ListedMessage, "box" | "filing">): FolderSummary | null {
    return this.#summaries.find((folder) => folder.box === null && folder.id === filing.folder) ??
      this.#summaries.find((folder) => folder.box === box) ?? null;
  }

  /** Counts a message as read, which was unread when the folders were counted. */
  noteRead(message: Pick<ListedMessage, "box" | "filing">): void {
    const read = this.folderOf(message);
    this.#summaries = this.#summaries.map((folder) =>
      folder === read ? { ...folder, unread: Math.max(0, folder.unread - 1) } : folder
    );
  }

  /** What was heard last is where the next one goes on: so one asks at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.run(work);
  }
}
