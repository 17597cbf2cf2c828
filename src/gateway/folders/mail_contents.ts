/** What sessions ask of single messages: facts, outlines and bytes, from memory where that has them. */
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { readStructure } from "../../mime/structure/read_structure.ts";
import { MailError } from "../../model/errors.ts";
import { cutHeader } from "../presentation/header.ts";
import { ByteBoundMap } from "./byte_bound_map.ts";
import type { FiledMail, FolderState } from "./folder_state.ts";
import { MailBodies } from "./mail_bodies.ts";
import type { MailFacts, MailMessage, MailOutline } from "./mail_folders.ts";
import type { MailPresentation, Shown } from "./mail_presentation.ts";
import { outcomeKeyword } from "./outcome_keywords.ts";

const maxOutlineBytes = 16 * 1024 * 1024;
/** About what an outline takes beside its header. */
const structureBytes = 2_048;

export class MailContents {
  readonly #state: FolderState;
  readonly #presentation: MailPresentation;
  readonly #bodies: MailBodies;
  readonly #outlines = new ByteBoundMap<number, MailOutline>(maxOutlineBytes);

  constructor(mailbox: ReconnectingMailbox, state: FolderState, presentation: MailPresentation) {
    this.#state = state;
    this.#presentation = presentation;
    this.#bodies = new MailBodies(mailbox);
  }

  async facts(messages: readonly MailMessage[]): Promise<(MailFacts | null)[]> {
    const mails = messages.map((message) => this.#find(message));
    const there = mails.filter((mail) => mail !== null);
    const found = await this.#presentation.of(there);
    const shown = new Map(there.map((mail, at) => [mail, found[at] ?? null]));
    const facts: (MailFacts | null)[] = [];
    for (const mail of mails) {
      facts.push(mail === null ? null : await this.#factsOf(mail, shown.get(mail)!));
    }
    return facts;
  }

  async outline(message: MailMessage): Promise<MailOutline | null> {
    const kept = this.#outlines.get(message.uid);
    if (kept !== undefined) return kept;
    try {
      const { header, rest } = await cutHeader(this.content(message));
      await rest.return(undefined);
      const structure = await readStructure(this.content(message));
      const outline = { header: header.slice(), structure };
      this.#outlines.set(message.uid, outline, header.length + structureBytes);
      return outline;
    } catch (error) {
      if (error instanceof MailError && error.code === "no_such_message") return null;
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
    if (this.#bodies.isKept(shown.bytes)) {
      return void (yield (await this.#bodies.whole(mail)).subarray(from, to));
    }
    yield* rangeOf(this.#bodies.stream(mail), from, to);
  }

  /** What was moved since has the same content, unless it was a note. */
  #find({ id, uid, flags }: MailMessage): FiledMail | null {
    const mail = this.#state.find(id);
    return mail === null || mail.uid !== uid && flags.includes("noted") ? null : mail;
  }

  async #factsOf(mail: FiledMail, shown: Shown | null): Promise<MailFacts | null> {
    if (shown === null) return null;
    const keyword = outcomeKeyword(shown.outcome, shown.note !== null);
    const bytes = shown.bytes ?? await this.#measure(mail);
    return bytes === null ? null : { bytes, outcomeKeyword: keyword };
  }

  /** Notices are written from what the server tells: how long one is, is known once it is. */
  async #measure(mail: FiledMail): Promise<number | null> {
    try {
      const { length } = await this.#bodies.whole(mail);
      this.#presentation.measured(mail.id, length);
      return length;
    } catch (error) {
      if (error instanceof MailError && error.code === "no_such_message") return null;
      throw error;
    }
  }
}

async function* rangeOf(
  source: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void> {
  let at = 0;
  for await (const chunk of source) {
    const piece = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (piece.length > 0) yield piece;
    at += chunk.length;
    if (at >= to) return;
  }
}
