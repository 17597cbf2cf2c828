/** Tells open pages of what other machines changed, on a connection of its own. */
import type { FeedPage, FeedPosition } from "../../../client/filing/change_feed.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import { PageBound } from "../../../client/page_bound.ts";
import { Pauses } from "../../../client/watching/pauses.ts";
import {
  ReconnectingMailbox,
  retryForever,
} from "../../../client/watching/reconnecting_mailbox.ts";
import { MailError } from "../../../model/errors.ts";
import type { PageFolders } from "./page_folders.ts";

export interface ChangeHandler {
  /** Opens the mailbox on a new connection, which need not be there yet. */
  readonly open: () => Promise<Mailbox>;
  readonly folders: Pick<PageFolders, "countOnce" | "heard">;
  /** Something changed that no page has taken in yet. */
  readonly onChange: () => void;
  readonly onDefect: (error: unknown) => void;
  /** Within this time pages take in what they changed themselves; 300 milliseconds. */
  readonly waitMs?: number;
}

export class ChangeListener {
  readonly #pauses = new Pauses();
  #steady: ReconnectingMailbox | null = null;
  #isClosed = false;

  constructor(handler: ChangeHandler) {
    // What is the server's fault, or the connection's, ends this alone: `NewMailListener` tells of it.
    this.#run(handler).catch((error) => error instanceof MailError || handler.onDefect(error));
  }

  close(): void {
    this.#isClosed = true;
    this.#pauses.end();
    this.#steady?.close();
  }

  async #run({ open, folders, onChange, waitMs = 300 }: ChangeHandler): Promise<void> {
    const policy = { ...retryForever(() => {}), onlyAfterSuccess: false };
    const steady = this.#steady = new ReconnectingMailbox(await open(), policy);
    if (this.#isClosed) return steady.close();
    await steady.ask((mailbox) => folders.countOnce(mailbox));
    for (let known = folders.heard; !this.#isClosed;) {
      const askedAt = performance.now();
      const { position } = await steady.ask((mailbox) => hear(mailbox, known));
      const isNews = !isBehind(position, known);
      await (isNews ? this.#pauses.wait(waitMs) : this.#pauses.afterFruitless(askedAt));
      if (isNews && !this.#isClosed && !isBehind(position, folders.heard)) onChange();
      known = position;
    }
  }
}

/** Waits until there is more than is known, but not for ever, and reads to the end of it. */
async function hear(mailbox: Mailbox, known: FeedPosition): Promise<FeedPage> {
  const filed = await mailbox.filed();
  const bound = new PageBound();
  let page = await filed.waitForChanges(known);
  while (page.more) {
    bound.take(0);
    page = await filed.changes(page.position);
  }
  return page;
}

/** True where nothing is told at a position that is not known at another. */
function isBehind(position: FeedPosition, other: FeedPosition): boolean {
  return position.since <= other.since && position.folders <= other.folders;
}
