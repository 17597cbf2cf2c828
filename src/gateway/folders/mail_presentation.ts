/** What programs are shown of messages: the message or a note, how long it is, and what is known of who wrote it. */
import { burnsWhenRead, isBurnt } from "../../client/reading/burn.ts";
import { portionsOf } from "../../client/portions.ts";
import type { Contact } from "../../client/correspondents/contacts.ts";
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { isFailure } from "../../model/errors.ts";
import type { Address } from "../../model/address.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { formatNote, isWithheld, type NoteReason } from "../presentation/kept_back.ts";
import { bytesUnopened } from "../presentation/presented_message.ts";
import type { FiledMail, FolderState } from "./folder_state.ts";
import type { MailFacts } from "./mail_folders.ts";
import { outcomeKeyword } from "./outcome_keywords.ts";

/** What opening the envelope told, as far as it is kept. */
export interface Shown {
  /** `bytes` is -1 of a notice that nobody opened yet. */
  readonly facts: MailFacts;
  readonly from: Address;
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
  /** Much mail is from few: so one string is enough for all that is alike. */
  readonly #senders = new Map<Address, Address>();
  readonly #lookAgainMs: number;
  #checkedAt = -Infinity;
  /** The key of each correspondent, and whether it was compared, as it was last looked at. */
  readonly #known = new Map<Address, string>();

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
    // While others are opened, what was may be forgotten, to be judged again: it is there all the same.
    const before = messages.map((mail) => this.#isOpened(mail) ? this.#shown.get(mail.id)! : null);
    const renewed = await this.#open(messages.filter((_, at) => before[at] === null));
    return messages.map(({ id }, at) =>
      renewed.has(id) ? null : this.#shown.get(id) ?? before[at]!
    );
  }

  /** The ids of those that were opened already. */
  opened(messages: readonly FiledMail[]): ReadonlySet<EntryId> {
    return new Set(messages.filter((mail) => this.#isOpened(mail)).map(({ id }) => id));
  }

  #isOpened({ id, sealedBytes }: FiledMail): boolean {
    return this.#shown.get(id)?.sealedBytes === sealedBytes;
  }

  /** Notes how long a notice is. */
  measured(id: EntryId, shown: Shown, bytes: number): Shown {
    const known = { ...shown, facts: { ...shown.facts, bytes } };
    this.#shown.set(id, known);
    return known;
  }

  /** Forgets what went, once that is much. */
  forget(state: FolderState): void {
    if (this.#shown.size <= state.size + maxForgotten) return;
    for (const id of this.#shown.keys()) if (state.find(id) === null) this.#shown.delete(id);
  }

  /**
   * Looks again at notes, whose messages a person may have accepted meanwhile: those come anew. Messages whose sender's
   * key a person compared are judged again when somebody asks for them.
   */
  async lookAgain(noted: readonly FiledMail[]): Promise<void> {
    const withheld = noted.filter(({ id }) => !isErased(this.#shown.get(id)?.note?.reason));
    const waitMs = withheld.length > 0 ? this.#lookAgainMs : judgeAgainRounds * this.#lookAgainMs;
    const isNothingKnown = this.#shown.size + withheld.length === 0;
    const now = performance.now();
    if (isNothingKnown || now - this.#checkedAt < waitMs) return;
    this.#checkedAt = now;
    const contacts = await this.#mailbox.ask((mailbox) => {
      mailbox.refreshKeyring();
      return mailbox.contacts();
    });
    for (const contact of contacts) this.#judge(contact);
    await this.#open(withheld);
  }

  #judge({ address, fingerprint, verified }: Contact): void {
    const known = this.#known.get(address);
    const found = `${fingerprint.toHex()} ${verified}`;
    this.#known.set(address, found);
    if (known === undefined || known === found) return;
    for (const [id, { from }] of this.#shown) if (from === address) this.#shown.delete(id);
  }

  /** Returns the ids of messages that were notes and are none any more. */
  async #open(messages: readonly FiledMail[]): Promise<ReadonlySet<EntryId>> {
    const renewed = new Set<EntryId>();
    for (const portion of portionsOf(messages, openedTogether)) {
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
    for (const one of listed) {
      const from = this.#senders.getOrInsert(one.from, one.from);
      this.#shown.set(one.id, { ...shownOf(one), from });
    }
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
      if (!isFailure(error, "denied")) throw error;
    }
  }
}

const maxForgotten = 1_000;
/** Pages of the server's, which come while those before are opened; others who ask wait until these are. */
const openedTogether = 5 * limits.maxListEntries;
/** Where nothing is withheld, nobody waits for a message. */
const judgeAgainRounds = 30;

function isErased(reason: NoteReason | undefined): boolean {
  return reason === "burns" || reason === "burnt";
}

function isNoted({ flags }: FiledMail): boolean {
  return flags.includes("noted");
}

function shownOf(listed: ListedMessage): Shown {
  const { outcome, from, box, headers, origin, sealedBytes } = listed;
  const reason = reasonOf(listed);
  const note = reason === null ? null : { reason, text: formatNote(listed, reason) };
  const sentAs = box === "sent" && headers !== null
    ? { messageId: headers.messageId, isImported: origin?.kind === "import" }
    : null;
  const facts = {
    bytes: note?.text.length ?? bytesUnopened(listed) ?? -1,
    outcomeKeyword: outcomeKeyword(outcome, note !== null),
  };
  return { facts, from, note, sentAs, sealedBytes };
}

function reasonOf(listed: ListedMessage): NoteReason | null {
  const { outcome } = listed;
  if (isWithheld(outcome)) return outcome;
  if (burnsWhenRead(listed)) return "burns";
  return isBurnt(listed) ? "burnt" : null;
}
