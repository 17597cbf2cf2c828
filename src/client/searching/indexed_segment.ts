/** Messages as they are kept in a segment of an index: their headers at hand, lists of their words, and their texts. */
import { utf8 } from "../../model/bytes.ts";
import { type Filing, folderOf, unfiled } from "../../model/filing.ts";
import { type EntryId, entryId } from "../../model/ids.ts";
import { type MessageStates, type Searchable, unknownBody, unknownStates } from "./searchable.ts";
import type { PartPlace, Segment } from "./segment_file.ts";
import { listWords, wordLists } from "./word_list.ts";

/** What an index keeps of a message. */
export interface IndexedMessage {
  readonly message: Omit<Searchable, "hasNames" | "body" | "isUnread" | "filing" | "folder">;
  /** Tells the entry that it was made from. */
  readonly mark: string;
  /** Folded. */
  readonly text: string;
  /** As `ReadText` has it. */
  readonly body: string | null;
}

/** What is kept of the body of a message, in a part of its own: nothing, what stands behind its text, or all. */
type KeptBody = "none" | "rest" | "all";

/** Columns, not rows: what is read of 10,000 messages for each search is a few arrays then, and not all their values. */
interface Head {
  readonly ids: readonly number[];
  readonly boxes: readonly Searchable["box"][];
  readonly dates: readonly number[];
  readonly sizes: readonly number[];
  readonly attachments: readonly number[];
  /** Of each message in turn, the texts of `textsOf`, with nothing between them. */
  readonly texts: string;
  /** Where each of the texts ends. */
  readonly ends: readonly number[];
  readonly bodies: readonly KeptBody[];
  /** Of all parts, in bytes: the lists of words, then the texts of the messages, then their bodies. */
  readonly lengths: readonly number[];
}

/** Makes a segment of at most `mostTexts` messages. */
export function segmentOf(all: readonly IndexedMessage[]): Segment {
  const texts = all.map(({ text }) => text);
  const bodies = all.map(keptOf);
  const kept = all.map(({ text, body }, at) =>
    bodies[at] === "none" ? "" : body!.slice(bodies[at] === "rest" ? text.length : 0)
  );
  const parts = [...listWords(texts), ...texts, ...kept].map(utf8);
  const messages = all.map(({ message }) => message);
  const shown = all.flatMap(textsOf);
  let end = 0;
  const head: Head = {
    ids: messages.map(({ id }) => id),
    boxes: messages.map(({ box }) => box),
    dates: messages.map(({ date }) => date),
    sizes: messages.map(({ sealedBytes }) => sealedBytes),
    attachments: messages.map(({ attachments }) => attachments),
    texts: shown.join(""),
    ends: shown.map(({ length }) => end += length),
    bodies,
    lengths: parts.map(({ length }) => length),
  };
  return { head: utf8(JSON.stringify(head)), parts };
}

function keptOf({ text, body }: IndexedMessage): KeptBody {
  if (body === null) return "none";
  return body.startsWith(text) ? "rest" : "all";
}

/** In the order of the getters below. */
function textsOf({ message, mark }: IndexedMessage): string[] {
  const { messageId, from, to, cc, bcc, subject, fileNames } = message;
  return [mark, messageId, from, to, cc, bcc, subject, fileNames];
}

const textCount = 8;

/** The headers of a segment's messages. It shows one of them at a time: the one in `row`. */
export class IndexedRows implements Searchable {
  readonly #head: Head;
  readonly hasNames = true;
  row = 0;
  /** To be set for what is looked for. */
  body: Searchable["body"] = unknownBody;
  states: MessageStates = unknownStates;

  /** `head`: one that was sealed, and so what this program wrote. */
  constructor(head: Uint8Array) {
    this.#head = JSON.parse(new TextDecoder().decode(head)) as Head;
  }

  get count(): number {
    return this.#head.ids.length;
  }

  idOf(row: number): EntryId {
    return entryId(this.#head.ids[row]!);
  }

  get id(): EntryId {
    return this.idOf(this.row);
  }

  get box(): Searchable["box"] {
    return this.#head.boxes[this.row]!;
  }

  get date(): number {
    return this.#head.dates[this.row]!;
  }

  get sealedBytes(): number {
    return this.#head.sizes[this.row]!;
  }

  get attachments(): number {
    return this.#head.attachments[this.row]!;
  }

  get mark(): string {
    return this.#text(0);
  }

  get messageId(): string {
    return this.#text(1);
  }

  get from(): string {
    return this.#text(2);
  }

  get to(): string {
    return this.#text(3);
  }

  get cc(): string {
    return this.#text(4);
  }

  get bcc(): string {
    return this.#text(5);
  }

  get subject(): string {
    return this.#text(6);
  }

  get fileNames(): string {
    return this.#text(7);
  }

  get isUnread(): boolean | null {
    return this.states.unread?.has(this.id) ?? null;
  }

  get filing(): Filing | null {
    const { filings } = this.states;
    return filings === null ? null : filings.get(this.id) ?? unfiled;
  }

  get folder(): Searchable["folder"] {
    const { box, filing } = this;
    return filing && folderOf(this.states.folders, { box, filing });
  }

  /** Where the list of words is that has this number. */
  list(number: number): PartPlace {
    const { lengths } = this.#head;
    const start = lengths.slice(0, number).reduce((sum, length) => sum + length, 0);
    return { index: number, start, length: lengths[number]! };
  }

  /** Where the text of a row is. */
  text(row: number): PartPlace {
    return this.list(wordLists + row);
  }

  /** Where what is kept of the body of a row is, and whether it stands behind its text; null: nothing is kept. */
  keptBody(row: number): { readonly place: PartPlace; readonly isRest: boolean } | null {
    const kept = this.#head.bodies[row];
    if (kept === undefined || kept === "none") return null;
    return { place: this.list(wordLists + this.count + row), isRest: kept === "rest" };
  }

  /** A message by itself. */
  take(row: number, text: string, body: string | null): IndexedMessage {
    this.row = row;
    const { id, box, date, sealedBytes, attachments, mark } = this;
    const { messageId, from, to, cc, bcc, subject, fileNames } = this;
    const texts = { messageId, from, to, cc, bcc, subject, fileNames };
    return { message: { id, box, date, sealedBytes, attachments, ...texts }, mark, text, body };
  }

  #text(column: number): string {
    const { texts, ends } = this.#head;
    const at = textCount * this.row + column;
    return texts.slice(ends[at - 1] ?? 0, ends[at]);
  }
}
