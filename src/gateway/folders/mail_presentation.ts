/** What programs are shown of messages: the message or a note, how long it is, and what is known of who wrote it. */
import { burnsWhenRead, isBurnt } from "../../client/reading/burn.ts";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { Outcome } from "../../model/message.ts";
import { formatNote, isWithheld, type NoteReason } from "../presentation/kept_back.ts";
import { bytesUnopened } from "../presentation/presented_message.ts";
import type { FiledMail } from "./folder_state.ts";

/** What opening the envelope told, as far as it is kept. */
export interface Shown {
  /** Null: it is a notice that nobody opened yet. */
  readonly bytes: number | null;
  readonly outcome: Outcome;
  /** What it is told of. */
  readonly sealedBytes: number;
  /** Null: the message itself is shown. */
  readonly note: { readonly reason: NoteReason; readonly text: Uint8Array } | null;
  /** Of what was sent, as its owner or a program brought it into Sent; null elsewhere. */
  readonly sentAs: { readonly messageId: string; readonly isImported: boolean } | null;
}

export class MailPresentation {
  readonly #mailbox: ReconnectingMailbox;
  readonly #refresh: () => Promise<void>;
  readonly #shown = new Map<EntryId, Shown>();
  readonly #lookAgainMs: number;
  #checkedAt = -Infinity;

  /** `refresh` takes in what was changed here; `lookAgainMs`: how long a note is not looked at again. */
  constructor(
    mailbox: ReconnectingMailbox,
    refresh: () => Promise<void>,
    lookAgainMs: number,
  ) {
    this.#mailbox = mailbox;
    this.#lookAgainMs = lookAgainMs;
    this.#refresh = refresh;
  }

  /**
   * Tells how messages are shown, in order; null where one is gone, or has come anew. What was never opened is opened, in
   * portions. @throws {MailError}
   */
  async of(messages: readonly FiledMail[]): Promise<(Shown | null)[]> {
    const unknown = messages.filter(({ id, sealedBytes }) =>
      this.#shown.get(id)?.sealedBytes !== sealedBytes
    );
    const renewed = await this.#open(unknown);
    return messages.map(({ id }) => renewed.has(id) ? null : this.#shown.get(id) ?? null);
  }

  /** Notes how long a notice is. */
  measured(id: EntryId, bytes: number): void {
    const shown = this.#shown.get(id);
    if (shown !== undefined) this.#shown.set(id, { ...shown, bytes });
  }

  /** Forgets what went. */
  forget(isThere: (id: EntryId) => boolean): void {
    for (const id of this.#shown.keys()) if (!isThere(id)) this.#shown.delete(id);
  }

  /** Looks again at notes, whose messages a person may have accepted meanwhile: those come anew. */
  async lookAgain(noted: readonly FiledMail[]): Promise<void> {
    const now = performance.now();
    const withheld = noted.filter(({ id }) => !isErased(this.#shown.get(id)?.note?.reason));
    if (withheld.length === 0 || now - this.#checkedAt < this.#lookAgainMs) return;
    this.#checkedAt = now;
    await this.#mailbox.ask((mailbox) => Promise.resolve(mailbox.refreshKeyring()));
    await this.#open(withheld);
  }

  /** Returns the ids of messages that were notes and are none any more. */
  async #open(messages: readonly FiledMail[]): Promise<ReadonlySet<EntryId>> {
    const renewed = new Set<EntryId>();
    for (let at = 0; at < messages.length; at += limits.maxListEntries) {
      const portion = messages.slice(at, at + limits.maxListEntries);
      for (const id of await this.#openSome(portion)) renewed.add(id);
    }
    return renewed;
  }

  async #openSome(messages: readonly FiledMail[]): Promise<readonly EntryId[]> {
    const ids = messages.map(({ id }) => id);
    const listed = await this.#mailbox.ask(async (mailbox) =>
      await (await mailbox.filed()).look(ids)
    );
    const noted = new Set(messages.filter(isNoted).map(({ id }) => id));
    for (const one of listed) this.#shown.set(one.id, shownOf(one));
    const isNote = ({ id }: ListedMessage) => this.#shown.get(id)!.note !== null;
    const fresh = listed.filter((one) => isNote(one) && !noted.has(one.id));
    const renewed = listed.filter((one) => !isNote(one) && noted.has(one.id));
    await this.#note(fresh.map(({ id }) => id), renewed);
    return renewed.map(({ id }) => id);
  }

  /** A login that may not file leaves it: then a note may give way to its message under one UID. */
  async #note(fresh: readonly EntryId[], renewed: readonly ListedMessage[]): Promise<void> {
    if (fresh.length + renewed.length === 0) return;
    const ids = renewed.map(({ id }) => id);
    try {
      await this.#mailbox.ask(async (mailbox) => {
        const filed = await mailbox.filed();
        if (fresh.length > 0) await filed.change(fresh, { addFlags: ["noted"] });
        if (ids.length === 0) return;
        await filed.markUnread(ids); // what was read was the note
        await filed.change(ids, { removeFlags: ["noted", "deleted"] });
      });
      await this.#refresh();
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "denied") throw error;
    }
  }
}

function isErased(reason: NoteReason | undefined): boolean {
  return reason === "burns" || reason === "burnt";
}

function isNoted({ flags }: FiledMail): boolean {
  return flags.includes("noted");
}

function shownOf(listed: ListedMessage): Shown {
  const { outcome, box, headers, origin, sealedBytes } = listed;
  const reason = reasonOf(listed);
  const note = reason === null ? null : { reason, text: formatNote(listed, reason) };
  const sentAs = box === "sent" && headers !== null
    ? { messageId: headers.messageId, isImported: origin?.kind === "import" }
    : null;
  const bytes = note?.text.length ?? bytesUnopened(listed);
  return { bytes, outcome, note, sentAs, sealedBytes };
}

function reasonOf(listed: ListedMessage): NoteReason | null {
  const { outcome } = listed;
  if (isWithheld(outcome)) return outcome;
  if (burnsWhenRead(listed)) return "burns";
  return isBurnt(listed) ? "burnt" : null;
}
