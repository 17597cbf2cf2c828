/**
 * A mailbox as the page works with it: one connection that is kept, for one question after the other, and connections
 * of their own for files and for whatever takes long.
 */
import type { EntryId } from "../../../model/ids.ts";
import { isBurnt } from "../../../client/reading/burn.ts";
import { readWholly } from "../../../client/reading/whole_source.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import { ReconnectingMailbox, retryOnce } from "../../../client/watching/reconnecting_mailbox.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import type { RelatedHtml } from "../../../mime/related.ts";
import { type BodyForms, readForms } from "../../../mime/text.ts";
import { isFailure, MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";

/** Beyond that, what is behind the text of a message is not fetched only to show the text. */
const maxReadBytes = 2 * 1024 * 1024;
/** Keys that another machine, or a command, pinned meanwhile are seen after this long. */
const keyringAgeMs = 5_000;

/** A message with its text. */
export interface ShownMessage {
  readonly message: OpenedMessage;
  readonly forms: BodyForms;
  /** What kept the text from being read; the head of the message, and its files, are there all the same. */
  readonly problem: string | null;
}

/** Thrown once the account's password is another one: nothing more can be done here. */
export class SignedOut extends Error {}

export class MailboxConnections extends ReconnectingMailbox {
  readonly #lent = new Set<Mailbox>();

  /** The mailbox is closed with the connections. */
  constructor(mailbox: Mailbox) {
    super(mailbox, { ...retryOnce, admit: requireAccount, keyringAgeMs });
  }

  /** As `open`, for a file on its way out, of which there may be so many. @throws {MailError} `try_later` */
  async lend(): Promise<Mailbox> {
    if (this.#lent.size >= limits.maxPageDownloads) {
      throw new MailError("try_later", "Cannot send more files at once: wait for the others");
    }
    const mailbox = await this.open();
    this.#lent.add(mailbox);
    return mailbox;
  }

  /** Closes what `open` or `lend` opened. */
  override giveBack(mailbox: Mailbox): void {
    this.#lent.delete(mailbox);
    super.giveBack(mailbox);
  }

  /** Opens a message and reads its text; of a large one no more than that. @throws {MailError} */
  async read(id: EntryId): Promise<ShownMessage> {
    const { message, taken, problem } = await this.#take(id, readForms);
    return { message, forms: taken ?? { text: null, html: null }, problem };
  }

  /** Opens a message and reads its HTML with the images that came along for it. @throws {MailError} */
  async readHtml(id: EntryId): Promise<{ message: OpenedMessage; related: RelatedHtml }> {
    const { readRelated } = await import("../../../mime/related.ts");
    const bounds = {
      maxHtmlBytes: limits.maxHtmlBytes,
      maxImageBytes: limits.maxRelatedImageBytes,
    };
    const { message, taken } = await this.#take(id, (source) => readRelated(source, bounds));
    return { message, related: taken ?? { html: null, images: new Map() } };
  }

  /** Marks as read, where that is due; a server whose disk is full or fails is no reason to fail. */
  async markRead(message: OpenedMessage): Promise<void> {
    if (message.box === "sent" || message.readAt !== null) return;
    await this.ask((mailbox) => mailbox.markRead([message])).catch((error) => {
      if (!(error instanceof MailError) || !/^storage_/.test(error.code)) throw error;
    });
  }

  /** Reads as much of a message as is wanted. `taken` is null where there is more of it than is read. */
  #take<T>(
    id: EntryId,
    read: (source: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<{ message: OpenedMessage; taken: T | null; problem: string | null }> {
    return this.ask(async (mailbox) => {
      const message = await mailbox.open(id);
      let taken: T | null = null;
      let problem: string | null = null;
      const take = async ({ source }: OpenedMessage) => {
        try {
          taken = await read(source());
        } catch (error) {
          if (!(error instanceof MailError)) throw error;
          if (error.code !== "too_large" && !isBurnt(message)) throw error;
          problem = error.message;
        }
      };
      if (message.sealedBytes <= maxReadBytes) await readWholly(message, take);
      else {
        await take(message);
        this.hangUp(); // the rest of it would come first
      }
      return { message, taken, problem };
    });
  }
}

/** @throws {SignedOut} where the password is another one by now */
async function requireAccount(mailbox: Mailbox): Promise<void> {
  await mailbox.account().catch((error) => {
    const isRefused = isFailure(error, "denied");
    throw isRefused ? new SignedOut("You are signed out", { cause: error }) : error;
  });
}
