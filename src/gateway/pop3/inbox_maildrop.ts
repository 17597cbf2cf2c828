/** A person's inbox as mail programs see it: whole messages of known size, in the clear, on the person's own machine. */
import type { ListedMessage, Mailbox } from "../../client/mailbox.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { openBytes } from "../../crypto/message/body.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Outcome } from "../../model/message.ts";
import type { DropMessage, Maildrop } from "./session.ts";
import { cutHeader, eraseForged } from "../presentation/header.ts";
import { formatNote, isHeld } from "../presentation/kept_back.ts";
import { formatMarks, marksBytes } from "../presentation/marks.ts";

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
  #mailbox: Mailbox | null;
  readonly #fetched: number[] = [];
  /** A note was given for these, which promised to keep them. */
  readonly #held = new Set<number>();
  #messages: readonly InboxMessage[] = [];

  private constructor(options: InboxOptions, mailbox: Mailbox) {
    this.#options = options;
    this.#mailbox = mailbox;
  }

  /** Lists the inbox, oldest first, opening no body but of returned mail, whose size is not known otherwise. */
  static async open(options: InboxOptions): Promise<Inbox> {
    const mailbox = await options.open();
    const inbox = new Inbox(options, mailbox);
    try {
      const { messages } = await mailbox.list({ box: "inbox", limit: Number.MAX_SAFE_INTEGER });
      const shown = messages.filter(({ outcome, readAt, burn }) =>
        (!isHeld(outcome) || readAt === null) && (!burn || options.marksRead)
      );
      inbox.#messages = await inbox.#describe(shown.toReversed());
      return inbox;
    } catch (error) {
      mailbox.close();
      throw error;
    }
  }

  get messages(): readonly InboxMessage[] {
    return this.#messages;
  }

  async *source({ listed }: InboxMessage): AsyncGenerator<Uint8Array, void> {
    let hasBegun = false;
    try {
      for await (const bytes of this.#content(listed)) {
        yield bytes;
        hasBegun = true;
      }
    } catch (error) {
      const isBroken = error instanceof MailError && error.code === "bad_signature";
      if (hasBegun || !isBroken) throw error;
      yield this.#note({ ...listed, outcome: "invalid" });
    }
  }

  async *peek(message: InboxMessage): AsyncGenerator<Uint8Array, void> {
    const source = this.source(message);
    let isWhole = false;
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
      isWhole = true;
    } finally {
      // One piece was checked as a whole, and is here already; more of it is not worth its way.
      if (!isWhole && message.bytes <= limits.digestPieceBytes) {
        while (!(await source.next()).done);
      } else await source.return(undefined);
    }
  }

  fetched({ listed: { id, readAt } }: InboxMessage): void {
    if (readAt === null && !this.#held.has(id)) this.#fetched.push(id);
  }

  /** A note that is deleted is seen no more; the message it stands for stays, as read. */
  async delete(messages: readonly InboxMessage[]): Promise<void> {
    const ids = messages.map(({ listed }) => listed.id);
    const isKept = (id: number) => this.#held.has(id);
    const held = messages.filter(({ listed }) => isHeld(listed.outcome) || isKept(listed.id));
    const kept = new Set(held.map(({ listed }) => listed.id));
    await this.#mark([...kept]);
    await this.#deleteThere(ids.filter((id) => !kept.has(id)));
  }

  async close(): Promise<void> {
    try {
      if (this.#options.marksRead) await this.#mark(this.#fetched.splice(0));
    } catch {
      // not marked: they are fetched, which is more
    } finally {
      this.#mailbox?.close();
      this.#mailbox = null;
      this.#options.release();
    }
  }

  async #describe(listed: readonly ListedMessage[]): Promise<InboxMessage[]> {
    const messages: InboxMessage[] = [];
    for (const each of listed) messages.push({ listed: each, ...await this.#describeOne(each) });
    return messages;
  }

  async #describeOne(listed: ListedMessage): Promise<DropMessage> {
    // An id alone could come again from a store that was brought back from a backup.
    const uid = `${listed.id}.${listed.storedAt.toString(36)}`;
    const { outcome, from, sealedBytes } = listed;
    if (isHeld(outcome)) {
      return { uid: `${uid}.held`, bytes: formatNote({ ...listed, outcome }).length };
    }
    const bytes = outcome === "notice"
      ? await this.#count(listed)
      : marksBytes(from) + openBytes(sealedBytes);
    return { uid, bytes, isHeaderOnly: listed.burn }; // looking does not erase
  }

  async #count(listed: ListedMessage): Promise<number> {
    let bytes = 0;
    for await (const chunk of this.#content(listed)) bytes += chunk.length;
    return bytes;
  }

  async *#content(listed: ListedMessage): AsyncGenerator<Uint8Array, void> {
    if (isHeld(listed.outcome)) return void (yield this.#note(listed));
    const message = await this.#use((mailbox) => mailbox.open(listed.id));
    let isWhole = false;
    try {
      yield* this.#shown(message, listed.outcome);
      isWhole = true;
    } finally {
      if (!isWhole) this.#hangUp(); // the rest of the body would come before any other reply
    }
  }

  async *#shown(message: OpenedMessage, listed: Outcome): AsyncGenerator<Uint8Array, void> {
    const { from: sender, senderFingerprint: fingerprint } = message;
    // Listing pinned the key, which makes nobody better known than before.
    const outcome = listed === "unknown" && message.outcome === "signed" ? listed : message.outcome;
    const cut = isHeld(outcome) ? null : await cutHeader(message.source());
    if (cut === null) {
      this.#hangUp();
      return void (yield this.#note({
        ...message,
        outcome: isHeld(outcome) ? outcome : "invalid",
      }));
    }
    // Of mail that no account signed, its From is all that there is to say who its author may be.
    const { header, isAuthor } = eraseForged(cut.header, message.origin === null ? sender : null);
    yield formatMarks({ sender, outcome: isAuthor ? outcome : "invalid", fingerprint });
    yield header;
    yield* cut.rest;
  }

  #note(listed: ListedMessage): Uint8Array {
    this.#held.add(listed.id);
    return formatNote(listed);
  }

  /** What is not there any more is as it should be. */
  async #deleteThere(ids: readonly number[]): Promise<void> {
    for (let at = 0; at < ids.length; at += limits.maxIdsPerRequest) {
      const part = ids.slice(at, at + limits.maxIdsPerRequest);
      await this.#use(async (mailbox) => {
        await mailbox.delete(part).catch(async (error) => {
          if (!(error instanceof MailError) || error.code !== "no_such_message") throw error;
          await mailbox.delete(await stillThere(mailbox, part));
        });
      });
    }
  }

  async #mark(ids: readonly number[]): Promise<void> {
    for (let at = 0; at < ids.length; at += limits.maxIdsPerRequest) {
      const part = ids.slice(at, at + limits.maxIdsPerRequest);
      await this.#use((mailbox) => mailbox.markFetched(part));
    }
  }

  /** Does what may be done twice; a connection that was lost is made anew, once. */
  async #use<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const before = this.#mailbox;
    if (before === null) return await work(await this.#connect());
    try {
      return await work(before);
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "unavailable") throw error;
      this.#hangUp();
      return await work(await this.#connect());
    }
  }

  async #connect(): Promise<Mailbox> {
    return this.#mailbox = await this.#options.open();
  }

  #hangUp(): void {
    this.#mailbox?.close();
    this.#mailbox = null;
  }
}

/** Those of the ids that are in the inbox now. */
async function stillThere(mailbox: Mailbox, ids: readonly number[]): Promise<number[]> {
  const { messages } = await mailbox.list({
    box: "inbox",
    limit: Number.MAX_SAFE_INTEGER,
    unseen: true,
  });
  const there = new Set(messages.map(({ id }) => id));
  return ids.filter((id) => there.has(id));
}
