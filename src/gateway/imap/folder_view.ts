/** A selected folder as one session was told it: its sequence numbers, and what it has not been told yet. */
import { uidAtLeast } from "../folders/by_uid.ts";
import type { MailFolder, MailFolders, MailMessage } from "../folders/mail_folders.ts";
import { flagNames, flagText, KnownKeywords, outcomeKeywords } from "./flags.ts";
import type { SequencedMessage } from "./items/sequenced_message.ts";
import { NumberSet, resolveSet, type WrittenSet } from "./number_set.ts";
import { Bad } from "./refusal.ts";

/** How a session hears of changes. */
export interface Telling {
  /** RFC 9051 7.5.1: never in FETCH, STORE and SEARCH by sequence numbers. */
  readonly mayExpunge: boolean;
  /** CONDSTORE is on. */
  readonly withModseq: boolean;
  /** QRESYNC is on: VANISHED in the place of EXPUNGE. */
  readonly byUid: boolean;
}

export interface ViewOptions {
  readonly isReadOnly: boolean;
  /** The client speaks IMAP4rev1. */
  readonly tellsRecent: boolean;
}

/** The messages that a set means. */
export interface Chosen {
  /** As they are now, in order. */
  readonly messages: readonly SequencedMessage[];
  /** How many are gone and have still their number here. */
  readonly gone: number;
}

export class FolderView {
  readonly #folders: MailFolders;
  readonly folder: MailFolder;
  readonly isReadOnly: boolean;
  /** RFC 9051 has no recent messages. */
  readonly #tellsRecent: boolean;
  /** The UIDs of those that this session was told of first, as far as they are there. */
  readonly #recent = new Set<number>();
  #toldRecent = 0;
  /** In the order of their UIDs; those that are gone stay until it was told. */
  readonly #told: MailMessage[];
  /** The list of the folder at the last look. */
  #seen: readonly MailMessage[];
  #hasUntoldGone = false;
  readonly #keywords = new KnownKeywords();
  /** All changes up to this one are told. */
  modseq: number;

  constructor(folders: MailFolders, folder: MailFolder, options: ViewOptions) {
    this.#folders = folders;
    this.folder = folder;
    this.isReadOnly = options.isReadOnly;
    this.#tellsRecent = options.tellsRecent;
    this.#seen = folders.messages(folder.key);
    this.#told = [...this.#seen];
    this.modseq = folders.modseq;
    this.#keywords.add(this.#told);
    this.#takeRecent(this.#told);
    this.#toldRecent = this.#recent.size;
  }

  /** No message that comes from now on has a lower UID. */
  get uidNext(): number {
    return this.#folders.uidNext;
  }

  /** As they were told last, in order. */
  get told(): readonly MailMessage[] {
    return this.#told;
  }

  /** The flags that messages here may have: RFC 9051 7.3.5. */
  get flagsLine(): string {
    return `* FLAGS (${[...flagNames, ...this.keywords, ...outcomeKeywords].join(" ")})`;
  }

  /** RFC 3501 7.3.2. */
  get recentLine(): string {
    return `* ${this.#recent.size} RECENT`;
  }

  /** All keywords that a message has, or had since the folder was opened. */
  get keywords(): readonly string[] {
    return this.#keywords.names;
  }

  get size(): number {
    return this.#told.length;
  }

  /** All that are there, as they are now. */
  get all(): SequencedMessage[] {
    const found: SequencedMessage[] = [];
    for (const [at, message] of this.#asIn(this.#folders.messages(this.folder.key)).entries()) {
      if (message !== null) found.push(this.#numbered(message, at));
    }
    return found;
  }

  /** @throws {Bad} for sequence numbers that nobody was told */
  choose(
    written: WrittenSet,
    { isUid, saved }: { readonly isUid: boolean; readonly saved: NumberSet },
  ): Chosen {
    const byUid = isUid || written === "$";
    const highest = byUid ? this.#told.at(-1)?.uid ?? 0 : this.size;
    const { ranges } = resolveSet(written, highest, saved);
    if (!byUid && ranges.some(([from]) => from > this.size)) {
      throw new Bad("There is no such message");
    }
    const now = this.#folders.messages(this.folder.key);
    const messages: SequencedMessage[] = [];
    let gone = 0;
    for (const [from, to] of ranges) {
      const end = byUid ? uidAtLeast(this.#told, to + 1) : Math.min(to, this.size);
      for (let at = byUid ? uidAtLeast(this.#told, from) : from - 1; at < end; at++) {
        const numbered = this.#numberedIn(now, this.#told[at]!.uid, at);
        if (numbered === null) gone++;
        else messages.push(numbered);
      }
    }
    return { messages, gone };
  }

  /** The same messages as they are now; without those that are gone meanwhile. */
  renew(messages: readonly SequencedMessage[]): SequencedMessage[] {
    const now = this.#folders.messages(this.folder.key);
    return messages.map(({ message, sequence }) => this.#numberedIn(now, message.uid, sequence - 1))
      .filter((each) => each !== null);
  }

  /** The message as it was told last. */
  toldAs({ sequence }: SequencedMessage): MailMessage {
    return this.#told[sequence - 1]!;
  }

  /** Notes that a message was told as it is now, or need not be. */
  noteTold({ message, sequence }: SequencedMessage): void {
    this.#told[sequence - 1] = message;
  }

  /**
   * The UIDs of a set that left the folder after a count of changes: VANISHED (EARLIER), RFC 7162 3.2.10. Where that is
   * not known, all that are not in the folder.
   */
  vanished(known: NumberSet, modseq: number): NumberSet {
    const told = this.#folders.vanishedSince(this.folder.key, modseq);
    return told === null
      ? this.#missing(known)
      : NumberSet.of(told.filter((uid) => known.has(uid)));
  }

  #missing(known: NumberSet): NumberSet {
    const now = this.#folders.messages(this.folder.key);
    const { uidNext } = this.#folders;
    const ranges: [number, number][] = [];
    for (const [from, to] of known.ranges) {
      let next = from;
      const end = Math.min(to, uidNext - 1);
      for (let at = uidAtLeast(now, from); at < now.length && now[at]!.uid <= end; at++) {
        if (now[at]!.uid > next) ranges.push([next, now[at]!.uid - 1]);
        next = now[at]!.uid + 1;
      }
      if (next <= end) ranges.push([next, end]);
    }
    return new NumberSet(ranges);
  }

  /** Yields lines of untagged responses for what changed since it was told last; takes no time where nothing did. */
  async *tell(telling: Telling): AsyncGenerator<string, void> {
    const now = this.#folders.messages(this.folder.key);
    if (now === this.#seen && !(this.#hasUntoldGone && telling.mayExpunge)) return;
    const { modseq } = this.#folders;
    const there = this.#asIn(now);
    const isAnyGone = there.includes(null);
    this.#hasUntoldGone = isAnyGone && !telling.mayExpunge;
    if (isAnyGone && telling.mayExpunge) yield* this.#tellGone(there, telling);
    const last = this.#told.at(-1)?.uid ?? 0;
    const added = now.slice(uidAtLeast(now, last + 1));
    for (const message of added) this.#told.push(message); // a call takes no hundred thousand arguments
    this.#takeRecent(added);
    if (added.length > 0) yield `* ${this.size} EXISTS`;
    if (this.#toldRecent !== this.#recent.size) yield this.recentLine;
    this.#toldRecent = this.#recent.size;
    yield* this.#tellChanged(now, telling);
    this.#seen = now;
    this.modseq = modseq;
  }

  /** Yields FLAGS anew where a message has a keyword that was not told yet: before it is told of the message. */
  *tellKeywords(messages: readonly SequencedMessage[]): Generator<string, void> {
    const isNew = this.#keywords.add(messages.map(({ message }) => message));
    if (isNew) yield this.flagsLine;
  }

  /** The lines that tell the flags of messages as they are now. */
  async *tellFlags(
    messages: readonly SequencedMessage[],
    { withModseq }: Pick<Telling, "withModseq">,
  ): AsyncGenerator<string, void> {
    const facts = await this.#folders.facts(messages.map(({ message }) => message));
    yield* this.tellKeywords(messages);
    for (const [at, numbered] of messages.entries()) {
      const { message, sequence } = numbered;
      const known = facts[at];
      if (known === null || known === undefined) continue;
      this.noteTold(numbered);
      const modseq = withModseq ? ` MODSEQ (${message.modseq})` : "";
      yield `* ${sequence} FETCH (UID ${message.uid} FLAGS ${flagText(numbered, known)}${modseq})`;
    }
  }

  /** `there`: as `#asIn` finds it. */
  *#tellGone(
    there: readonly (MailMessage | null)[],
    { byUid }: Telling,
  ): Generator<string, void> {
    const numbers = [...there.keys()].filter((at) => there[at] === null);
    const uids = numbers.map((at) => this.#told[at]!.uid);
    for (const uid of uids) this.#recent.delete(uid);
    const left = this.#told.filter((_, at) => there[at] !== null);
    this.#told.length = 0;
    for (const message of left) this.#told.push(message);
    if (byUid) return yield `* VANISHED ${NumberSet.of(uids)}`;
    for (const at of numbers.reverse()) yield `* ${at + 1} EXPUNGE`; // from the last: no number moves
  }

  async *#tellChanged(
    now: readonly MailMessage[],
    telling: Telling,
  ): AsyncGenerator<string, void> {
    const changed: SequencedMessage[] = [];
    for (const [at, message] of this.#asIn(now).entries()) {
      if (message !== null && message !== this.#told[at]) changed.push(this.#numbered(message, at));
    }
    if (changed.length > 0) yield* this.tellFlags(changed, telling);
  }

  /** Those that come to be told: from here on they are recent for no other session, unless this one only reads. */
  #takeRecent(told: readonly MailMessage[]): void {
    const { recent } = this.#folders;
    const above = recent.above(this.folder.key);
    const first = this.#tellsRecent ? uidAtLeast(told, above + 1) : told.length;
    for (const { uid } of told.slice(first)) this.#recent.add(uid);
    if (!this.isReadOnly) recent.noteTold(this.folder.key, told.at(-1)?.uid ?? 0);
  }

  /** Each message that was told, as a list has it that is sorted by UID; null where it is not in there. */
  #asIn(now: readonly MailMessage[]): (MailMessage | null)[] {
    let next = 0;
    return this.#told.map(({ uid }) => {
      while (next < now.length && now[next]!.uid < uid) next++;
      return now[next]?.uid === uid ? now[next]! : null;
    });
  }

  #numberedIn(now: readonly MailMessage[], uid: number, at: number): SequencedMessage | null {
    const message = now[uidAtLeast(now, uid)];
    return message?.uid === uid ? this.#numbered(message, at) : null;
  }

  #numbered(message: MailMessage, at: number): SequencedMessage {
    return { message, sequence: at + 1, isRecent: this.#recent.has(message.uid) };
  }
}
