/** An inbox as POP3 sees it: numbered messages that stay as they were when it was opened, and deletion at its end. */
import type { Mailbox } from "../../client/mailbox.ts";
import { portionsOf } from "../../client/portions.ts";
import { burnsWhenRead } from "../../client/reading/burn.ts";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import { ReconnectingMailbox, retryOnce } from "../../client/watching/reconnecting_mailbox.ts";
import { isFailure } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isWithheld } from "../presentation/kept_back.ts";
import { PresentedMailbox } from "../presentation/presented_mailbox.ts";
import { isListed } from "../presentation/presented_message.ts";
import type { DropMessage, Maildrop } from "./session.ts";

/** A message of an open inbox. */
export interface InboxMessage extends DropMessage {
  readonly listed: ListedMessage;
}

export interface InboxOptions {
  /** Opens the mailbox on a new connection. */
  readonly open: () => Promise<Mailbox>;
  /** Where false, what programs fetch is not marked as read, and they do not see what burns. */
  readonly marksRead: boolean;
  /** Lets others have it. */
  readonly release: () => void;
}

/** The inbox as it was when it was opened; its connection may be another from time to time. */
export class Inbox implements Maildrop<InboxMessage> {
  readonly #options: InboxOptions;
  readonly #mailbox: ReconnectingMailbox;
  readonly #presented: PresentedMailbox;
  readonly #fetched: EntryId[] = [];
  readonly #messages: InboxMessage[] = [];

  private constructor(options: InboxOptions, mailbox: Mailbox) {
    this.#options = options;
    this.#mailbox = new ReconnectingMailbox(mailbox, { ...retryOnce, reopen: options.open });
    this.#presented = new PresentedMailbox(this.#mailbox);
  }

  /** Lists the inbox, oldest first, opening no body but of returned mail, whose size is not known otherwise. */
  static async open(options: InboxOptions): Promise<Inbox> {
    const mailbox = await options.open();
    const inbox = new Inbox(options, mailbox);
    try {
      const { messages } = await mailbox.list({
        box: "inbox",
        limit: Number.MAX_SAFE_INTEGER,
        aside: false,
      });
      const shown = messages.filter((each) => isListed(each, { erases: options.marksRead }));
      for (const listed of shown.toReversed()) await inbox.#add(listed);
      return inbox;
    } catch (error) {
      inbox.#mailbox.close();
      throw error;
    }
  }

  get messages(): readonly InboxMessage[] {
    return this.#messages;
  }

  source({ listed }: InboxMessage): AsyncGenerator<Uint8Array, void> {
    return this.#presented.source(listed);
  }

  peek({ listed, bytes }: InboxMessage): AsyncGenerator<Uint8Array, void> {
    return this.#presented.peek(listed, bytes);
  }

  fetched({ listed }: InboxMessage): void {
    if (listed.readAt === null && !this.#presented.isNote(listed)) this.#fetched.push(listed.id);
  }

  /** A note that is deleted is seen no more; the message it stands for stays, as read. */
  async delete(messages: readonly InboxMessage[]): Promise<void> {
    const { true: notes = [], false: whole = [] } = Object.groupBy(
      messages,
      ({ listed }) => `${this.#presented.isNote(listed)}`,
    );
    await this.#mark(idsOf(notes));
    await this.#deleteThere(idsOf(whole));
  }

  async close(): Promise<void> {
    try {
      if (this.#options.marksRead) await this.#mark(this.#fetched.splice(0));
    } catch {
      // not marked: they are fetched, which is more
    } finally {
      this.#mailbox.close();
      this.#options.release();
    }
  }

  async #add(listed: ListedMessage): Promise<void> {
    // An id alone could come again from a store that was brought back from a backup.
    const uid = `${listed.id}.${listed.storedAt.toString(36)}`;
    const bytes = await this.#presented.bytes(listed);
    this.#messages.push(
      isWithheld(listed.outcome)
        ? { listed, uid: `${uid}.held`, bytes }
        : { listed, uid, bytes, isHeaderOnly: burnsWhenRead(listed) }, // looking does not erase
    );
  }

  /** What is not there any more is as it should be. */
  async #deleteThere(ids: readonly EntryId[]): Promise<void> {
    for (const part of portionsOf(ids, limits.maxIdsPerRequest)) {
      await this.#mailbox.ask(async (mailbox) => {
        const deleteThem = async () => await mailbox.delete(await stillThere(mailbox, part));
        await deleteThem().catch((error) => {
          if (!isFailure(error, "no_such_message")) throw error;
          return deleteThem(); // somebody was quicker
        });
      });
    }
  }

  async #mark(ids: readonly EntryId[]): Promise<void> {
    for (const part of portionsOf(ids, limits.maxIdsPerRequest)) {
      await this.#mailbox.ask((mailbox) => mailbox.markFetched(part));
    }
  }
}

function idsOf(messages: readonly InboxMessage[]): EntryId[] {
  return messages.map(({ listed }) => listed.id);
}

/** Those of the ids that are in the inbox now: what was filed elsewhere meanwhile, its owner means to keep. */
async function stillThere(mailbox: Mailbox, ids: readonly EntryId[]): Promise<EntryId[]> {
  const filed = await (await mailbox.filed()).read(ids);
  return filed.filter(({ filing }) => filing.folder === 0).map(({ id }) => id);
}
