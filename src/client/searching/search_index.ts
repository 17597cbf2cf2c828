/**
 * A machine's index of one mailbox: what a search sees of its messages, sealed in a file. It is never right by itself: what
 * it has of a message holds only for the entry that it was made from, and only the server tells which are there.
 */
import type { IndexSeal } from "../../crypto/account/mailbox_key.ts";
import type { EntryId } from "../../model/ids.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { Words } from "./folded_text.ts";
import {
  type IndexedMessage,
  type IndexedRow,
  type IndexedRows,
  readHead,
  segmentOf,
} from "./indexed_segment.ts";
import type { ParsedQuery } from "./query.ts";
import { bodyOf, type Searchable } from "./searchable.ts";
import { type PartPlace, SegmentFile } from "./segment_file.ts";
import { findWords, type FoundWords, listsFor, mostTexts } from "./word_list.ts";

/** A part of the file cannot be opened. What was there is not in the index any more. */
export class BrokenIndex extends Error {}

const empty: IndexedRows = { rows: [], lists: [] };

export class SearchIndex {
  readonly #file: SegmentFile;
  #segments: IndexedRows[];
  readonly #marks = new Map<EntryId, string>();

  private constructor(file: SegmentFile, segments: IndexedRows[]) {
    this.#file = file;
    this.#segments = segments;
    for (const { rows } of segments) this.#know(rows);
  }

  /** Opens the index in a file; whatever that is, at worst it is empty. @throws {MailError} as `SegmentFile.open` */
  static async open(path: string, seal: IndexSeal, maxBytes?: number): Promise<SearchIndex> {
    const file = await SegmentFile.open(path, seal, maxBytes);
    const heads = await file.heads();
    return new SearchIndex(file, heads.map((head) => head === null ? empty : readHead(head)));
  }

  /** The ids of its messages in a box. */
  ids(box: Searchable["box"]): EntryId[] {
    return this.#rows().filter(({ message }) => message.box === box)
      .map(({ message: { id } }) => id);
  }

  /** True where it has the message as the server tells of it. */
  has(entry: MarkedEntry): boolean {
    return this.#marks.get(entry.id) === markOf(entry);
  }

  /**
   * Finds messages that are meant, newest first. `unread`: all that are; where it is null, what depends on it is found too.
   * @throws {BrokenIndex}
   */
  async *find(
    { test, bodyWords }: ParsedQuery,
    unread: ReadonlySet<EntryId> | null = null,
  ): AsyncGenerator<Searchable, void> {
    const bodies = await Promise.all(
      this.#segments.map((_, at) => this.#findWords(at, bodyWords)),
    );
    const rows = this.#segments.flatMap(({ rows }, at) =>
      rows.map((row, index) => ({ row, at, body: bodies[at]!(index) }))
    ).sort((a, b) => b.row.message.id - a.row.message.id);
    for (const { row, at, body } of rows) {
      const isUnread = unread === null ? null : unread.has(row.message.id);
      const message = { ...row.message, isUnread, body };
      const meant = test(message);
      if (meant === true || (meant === null && bodyWords.length === 0)) yield message;
      if (meant !== null || bodyWords.length === 0) continue;
      const whole = { ...message, body: bodyOf(await this.#open(at, row.text)) };
      if (test(whole) !== false) yield whole;
    }
  }

  /** Takes messages in, as far as there is room; each in the place of one that has its id. */
  async add(messages: readonly IndexedMessage[]): Promise<void> {
    await this.remove(new Set(messages.map(({ message: { id } }) => id)));
    const last = this.#segments.length - 1;
    const first = (this.#segments[last]?.rows.length ?? mostTexts) < mostTexts ? last : last + 1;
    await this.#writeFrom(first, messages);
  }

  /** Drops messages, and their texts from the file. */
  async remove(ids: ReadonlySet<EntryId>): Promise<void> {
    const isGone = ({ message: { id } }: IndexedRow | IndexedMessage) => ids.has(id);
    for (const [at, { rows }] of this.#segments.entries()) {
      if (!rows.some(isGone)) continue;
      await this.#replace(at, (await this.#messagesOf(at)).filter((each) => !isGone(each)));
    }
    for (const id of ids) this.#marks.delete(id);
    const full = this.#segments.length - 1;
    if (2 * this.#marks.size < mostTexts * full) await this.#writeFrom(0, []);
  }

  close(): void {
    this.#file.close();
  }

  #rows(): IndexedRow[] {
    return this.#segments.flatMap(({ rows }) => rows);
  }

  #know(rows: readonly IndexedRow[]): void {
    for (const { message: { id }, mark } of rows) this.#marks.set(id, mark);
  }

  /** Writes the segments from one on again, and more messages behind them. */
  async #writeFrom(first: number, more: readonly IndexedMessage[]): Promise<void> {
    const messages: IndexedMessage[] = [];
    for (let at = first; at < this.#segments.length; at++) {
      messages.push(...await this.#messagesOf(at));
    }
    messages.push(...more);
    const segments = [];
    for (let at = 0; at < messages.length; at += mostTexts) {
      segments.push(segmentOf(messages.slice(at, at + mostTexts)));
    }
    await this.#file.replaceFrom(first, segments);
    const kept = segments.slice(0, this.#file.count - first).map(({ head }) => readHead(head));
    this.#segments = [...this.#segments.slice(0, first), ...kept];
    for (const { message: { id } } of messages) this.#marks.delete(id);
    for (const { rows } of kept) this.#know(rows);
  }

  async #replace(at: number, messages: readonly IndexedMessage[]): Promise<void> {
    const segment = segmentOf(messages);
    await this.#file.replace(at, segment);
    this.#segments[at] = readHead(segment.head);
  }

  /** Finds which texts of a segment have the words; of each text, a body that tells it as far as lists do. */
  async #findWords(
    at: number,
    wanted: readonly Words[],
  ): Promise<(index: number) => Searchable["body"]> {
    const { rows, lists: places } = this.#segments[at]!;
    if (rows.length === 0) return () => () => null;
    const lists = new Map<number, string>();
    for (const list of new Set(wanted.flatMap(listsFor))) {
      lists.set(list, await this.#open(at, places[list]!));
    }
    const found = new Map<Words, FoundWords | null>(
      wanted.map((words) => [words, findWords(lists, words)]),
    );
    return (index) => (words) => {
      const texts = found.get(words) ?? null;
      return texts === null || !texts.sure.has(index) && texts.possible.has(index)
        ? null
        : texts.sure.has(index);
    };
  }

  async #messagesOf(at: number): Promise<IndexedMessage[]> {
    const messages: IndexedMessage[] = [];
    for (const row of this.#segments[at]!.rows) {
      messages.push({ ...row, text: await this.#open(at, row.text) });
    }
    return messages;
  }

  async #open(at: number, place: PartPlace): Promise<string> {
    const opened = await this.#file.part(at, place);
    if (opened !== null) return decoder.decode(opened);
    for (const { message: { id } } of this.#segments[at]!.rows) this.#marks.delete(id);
    await this.#replace(at, []);
    throw new BrokenIndex();
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

type MarkedEntry = Pick<WireEntry, "id" | "envelopeDigest" | "from" | "burn">;

/** All that the server tells of a message and that decides what is indexed of it. */
export function markOf({ envelopeDigest, from, burn }: MarkedEntry): string {
  return `${envelopeDigest.subarray(0, 12).toBase64()} ${from}${burn ? " burns" : ""}`;
}
