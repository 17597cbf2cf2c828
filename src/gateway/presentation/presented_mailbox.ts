/** The messages of a mailbox as mail programs may see them: whole, of known size and in the clear. */
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { isFailure } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { formatNote, isWithheld, type NoteReason } from "./kept_back.ts";
import { bytesUnopened, presentMessage } from "./presented_message.ts";

export class PresentedMailbox {
  readonly #mailbox: ReconnectingMailbox;
  /** Messages that a note was given for, which promised to keep them. */
  readonly #noted = new Set<number>();

  constructor(mailbox: ReconnectingMailbox) {
    this.#mailbox = mailbox;
  }

  /** True where a program has a note in the place of the message, or would get one. */
  isNote({ id, outcome }: ListedMessage): boolean {
    return isWithheld(outcome) || this.#noted.has(id);
  }

  /** Bytes that `source` gives. Returned mail is opened for it. @throws {MailError} */
  async bytes(listed: ListedMessage): Promise<number> {
    const known = bytesUnopened(listed);
    if (known !== null) return known;
    let bytes = 0;
    for await (const chunk of this.#content(listed)) bytes += chunk.length;
    return bytes;
  }

  /** Hands a message out, or a note where it turns out not to verify before its first byte. @throws {MailError} */
  async *source(listed: ListedMessage): AsyncGenerator<Uint8Array, void> {
    let hasBegun = false;
    try {
      for await (const bytes of this.#content(listed)) {
        yield bytes;
        hasBegun = true;
      }
    } catch (error) {
      const isBroken = isFailure(error, "bad_signature");
      if (hasBegun || !isBroken) throw error;
      yield this.#note(listed, "invalid");
    }
  }

  /** As `source`, which gives `bytes`, for a reader that may end early: it costs no more than it takes. */
  async *peek(listed: ListedMessage, bytes: number): AsyncGenerator<Uint8Array, void> {
    const source = this.source(listed);
    let isWhole = false;
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
      isWhole = true;
    } finally {
      // One piece was checked as a whole, and is here already; more of it is not worth its way.
      if (!isWhole && bytes <= limits.digestPieceBytes) {
        while (!(await source.next()).done);
      } else await source.return(undefined);
    }
  }

  async *#content(listed: ListedMessage): AsyncGenerator<Uint8Array, void> {
    const { outcome } = listed;
    if (isWithheld(outcome)) return void (yield this.#note(listed, outcome));
    const message = await this.#mailbox.ask((mailbox) => mailbox.open(listed.id));
    let isWhole = false;
    try {
      if (isWithheld(message.outcome)) return void (yield this.#note(message, message.outcome));
      yield* presentMessage(message);
      isWhole = true;
    } finally {
      if (!isWhole) this.#mailbox.hangUp(); // the rest of the body would come before any other reply
    }
  }

  #note(listed: Pick<ListedMessage, "id" | "from" | "storedAt">, reason: NoteReason): Uint8Array {
    this.#noted.add(listed.id);
    return formatNote(listed, reason);
  }
}
