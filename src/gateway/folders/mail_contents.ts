/** What sessions ask of single messages: facts, outlines and bytes, from memory where that has them. */
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { readStructure } from "../../mime/structure/read_structure.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { concatBytes } from "../../model/bytes.ts";
import type { EntryId } from "../../model/ids.ts";
import { bestEffort } from "../../model/promises.ts";
import { digestOf, type FiledMail, type FolderState } from "./folder_state.ts";
import { MailBodies, maxBytesTogether, maxTogether, rangeOf } from "./mail_bodies.ts";
import type { MailFacts, MailMessage, MailOutline, MailTexts } from "./mail_folders.ts";
import { MailOutlines } from "./mail_outlines.ts";
import type { MailPresentation, Shown } from "./mail_presentation.ts";
import { ReadAhead } from "./read_ahead.ts";

export class MailContents {
  readonly #mailbox: ReconnectingMailbox;
  readonly #state: FolderState;
  readonly #presentation: MailPresentation;
  readonly #bodies: MailBodies;
  readonly #outlines: MailOutlines;
  readonly #readAhead = new ReadAhead(maxTogether, maxBytesTogether);

  constructor(mailbox: ReconnectingMailbox, state: FolderState, presentation: MailPresentation) {
    this.#mailbox = mailbox;
    this.#state = state;
    this.#presentation = presentation;
    this.#bodies = new MailBodies(mailbox);
    this.#outlines = new MailOutlines(mailbox, state);
  }

  async facts(messages: readonly MailMessage[]): Promise<(MailFacts | null)[]> {
    const there = messages.map((message) => this.#find(message)).filter((mail) => mail !== null);
    const found = await this.#presentation.of(there);
    const facts = new Map<EntryId, MailFacts>();
    for (const [at, mail] of there.entries()) {
      const shown = found[at] ?? null;
      const known = shown === null || shown.facts.bytes >= 0
        ? shown
        : await this.#measure(mail, shown);
      if (known !== null) facts.set(mail.id, known.facts);
    }
    return messages.map(({ id }) => facts.get(id) ?? null);
  }

  /** Keeps at the server what was found in opened messages. */
  save(): void {
    this.#outlines.save();
  }

  async outline(message: MailMessage): Promise<MailOutline | null> {
    const [facts] = await this.facts([message]);
    const mail = this.#find(message); // as it is now: it may have become a note
    if (mail === null || !facts) return null;
    const isNote = mail.flags.includes("noted");
    const known = isNote ? null : await this.#outlines.find(mail, facts.bytes);
    return known ?? await this.#readOutline(mail, facts, isNote);
  }

  async #readOutline(
    mail: FiledMail,
    { bytes }: MailFacts,
    isNote: boolean,
  ): Promise<MailOutline | null> {
    try {
      const structure = await readStructure(this.content(mail));
      const pieces = await Array.fromAsync(this.content(mail, 0, structure.header.to));
      const outline = { bytes, header: concatBytes(pieces).slice(), structure };
      if (!isNote) this.#outlines.keep(mail, outline);
      return outline;
    } catch (error) {
      if (isFailure(error, "no_such_message")) return null;
      throw error;
    }
  }

  /** Hands out bytes of a message, from `from` to before `to`. @throws {MailError} `no_such_message`, `bad_signature` */
  async *content(
    message: MailMessage,
    from = 0,
    to = Infinity,
  ): AsyncGenerator<Uint8Array, void> {
    const mail = this.#find(message);
    const [shown] = mail === null ? [] : await this.#presentation.of([mail]);
    if (mail === null || !shown) {
      throw new MailError("no_such_message", `Cannot find message ${message.id}: it is gone`);
    }
    if (shown.note !== null) return void (yield shown.note.text.subarray(from, to));
    if (!this.#bodies.isKept(shown.facts.bytes)) {
      return yield* rangeOf(this.#bodies.stream(mail), from, to);
    }
    this.#openAhead(mail);
    yield* this.#bodies.content(mail, from, to);
  }

  /** Opens what the program will ask for next. A note has no body that it gets. */
  #openAhead(mail: FiledMail): void {
    const next = this.#readAhead.next(mail, this.#state.messages(mail.folder));
    if (next.length === 0) return;
    bestEffort(
      this.#presentation.of(next).then((shown) =>
        this.#bodies.openAhead(next.filter((_, at) => shown[at]?.note === null))
      ),
    );
  }

  /** Opens the texts in the search index of this machine; null: there is none to be had. @throws {MailError} */
  async openTexts(): Promise<MailTexts | null> {
    const texts = await this.#mailbox.ask(async (mailbox) =>
      await (await mailbox.filed()).indexedTexts()
    );
    if (texts === null) return null;
    const body = async (message: MailMessage) => {
      const mail = this.#find(message);
      const [shown] = mail === null ? [] : await this.#presentation.of([mail]);
      const isShown = mail !== null && shown?.note === null; // of a note, the index has what is withheld
      return isShown ? await texts.bodyOf(mail.id, digestOf(mail)) : null;
    };
    return { body, close: texts.close };
  }

  /** What was moved since has the same content, unless it was a note. */
  #find({ id, uid, flags }: MailMessage): FiledMail | null {
    const mail = this.#state.find(id);
    return mail === null || mail.uid !== uid && flags.includes("noted") ? null : mail;
  }

  /** Notices are written from what the server tells: how long one is, is known once it is. */
  async #measure(mail: FiledMail, shown: Shown): Promise<Shown | null> {
    try {
      const { length } = await this.#bodies.whole(mail);
      return this.#presentation.measured(mail.id, shown, length);
    } catch (error) {
      if (isFailure(error, "no_such_message")) return null;
      throw error;
    }
  }
}
