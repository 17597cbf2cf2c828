/**
 * A machine's index of one mailbox: what a search sees of its messages, sealed in a file. It is never right by itself: what
 * it has of a message holds only for the entry that it was made from, and only the server tells which are there. With it
 * stands how far the server was heard.
 */
import type { IndexSeal } from "../../crypto/account/mailbox_key.ts";
import type { EnvelopeDigest } from "../../model/digests.ts";
import { type EntryId, entryId } from "../../model/ids.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import type { Words } from "./folded_text.ts";
import { type IndexedMessage, IndexedRows, segmentOf } from "./indexed_segment.ts";
import { MailboxState } from "./mailbox_state.ts";
import type { ParsedQuery } from "./query.ts";
import {
  bodyOf,
  type FoundMessage,
  type MessageStates,
  type Searchable,
  unknownBody,
  unknownStates,
} from "./searchable.ts";
import { type PartPlace, SegmentFile } from "./segment_file.ts";
import { findWords, type FoundWords, listsFor, mostTexts } from "./word_list.ts";

/** A part of the file cannot be opened. What was there is not in the index any more. */
export class BrokenIndex extends Error {}

/** Where a message stands. */
interface Place {
  readonly at: number;
  readonly row: number;
}

export class SearchIndex {
  readonly #file: SegmentFile;
  #segments: IndexedRows[];
  #places: Map<EntryId, Place> = new Map();
  /** What was heard of the mailbox; to be kept by `keepState` once the index is as it says. */
  readonly state: MailboxState;

  private constructor(file: SegmentFile, segments: IndexedRows[], state: MailboxState) {
    this.#file = file;
    this.state = state;
    this.#segments = segments;
    this.#findPlaces();
  }

  /** Opens the index in a file; whatever that is, at worst it is empty. @throws {MailError} as `SegmentFile.open` */
  static async open(path: string, seal: IndexSeal, maxBytes?: number): Promise<SearchIndex> {
    const file = await SegmentFile.open(path, seal, maxBytes);
    const state = new MailboxState(await file.trailer());
    const heads = await file.heads();
    const rows = heads.map((head) => new IndexedRows(head ?? segmentOf([]).head));
    return new SearchIndex(file, rows, state);
  }

  /** The ids of its messages. */
  ids(): EntryId[] {
    return [...this.#places.keys()];
  }

  /** How many messages it has. */
  get count(): number {
    return this.#places.size;
  }

  hasId(id: EntryId): boolean {
    return this.#places.has(id);
  }

  /** Drops what it has of entries that are others by now. @throws {BrokenIndex} where there are any */
  async check(entries: readonly MarkedEntry[]): Promise<void> {
    const others = entries.filter((entry) => this.hasId(entry.id) && !this.has(entry));
    if (others.length === 0) return;
    await this.remove(new Set(others.map(({ id }) => id)));
    throw new BrokenIndex();
  }

  /** True where what it has of an id was made from this envelope. */
  isOf(id: EntryId, digest: EnvelopeDigest): boolean {
    const place = this.#places.get(id);
    return place !== undefined && this.#show(place).mark.startsWith(`${markOfDigest(digest)} `);
  }

  /** All text of a message with this envelope, as `ReadText` has it; null: it is not kept. @throws {BrokenIndex} */
  async bodyOf(id: EntryId, digest: EnvelopeDigest): Promise<string | null> {
    return this.isOf(id, digest) ? await this.#body(this.#places.get(id)!) : null;
  }

  /** True where it has the message as the server tells of it. */
  has(entry: MarkedEntry): boolean {
    const place = this.#places.get(entry.id);
    return place !== undefined && this.#show(place).mark === markOf(entry);
  }

  /**
   * Finds messages that are meant, newest first. What depends on a state that is not known is found too.
   * @throws {BrokenIndex}
   */
  async *find(
    { test, bodyWords }: ParsedQuery,
    states: MessageStates = unknownStates,
  ): AsyncGenerator<FoundMessage, void> {
    const found = await this.#findAllWords(bodyWords);
    const bodies = found.map((words, at) => bodyIn(words, () => this.#segments[at]!.row));
    for (const id of Float64Array.from(this.#places.keys()).sort().reverse()) {
      const place = this.#places.get(entryId(id))!;
      const meant = test(this.#show(place, states, bodies[place.at]));
      if (meant === false) continue;
      let body = bodyIn(found[place.at]!, () => place.row);
      if (meant === null && bodyWords.length > 0) {
        body = bodyOf(await this.#text(place));
        if (test(this.#show(place, states, body)) === false) continue;
      }
      yield { id: entryId(id), body };
    }
  }

  /** Takes messages in, as far as there is room; each in the place of one that has its id. */
  async add(messages: readonly IndexedMessage[]): Promise<void> {
    await this.remove(new Set(messages.map(({ message: { id } }) => id)));
    const last = this.#segments.length - 1;
    const first = (this.#segments[last]?.count ?? mostTexts) < mostTexts ? last : last + 1;
    await this.#writeFrom(first, messages);
  }

  /** Drops messages, and their texts from the file. */
  async remove(ids: ReadonlySet<EntryId>): Promise<void> {
    const places = [...ids].flatMap((id) => this.#places.get(id) ?? []);
    for (const at of new Set(places.map((place) => place.at))) {
      const messages = await this.#messagesOf(at);
      await this.#replace(at, messages.filter(({ message: { id } }) => !ids.has(id)));
    }
    const full = this.#segments.length - 1;
    if (2 * this.#places.size < mostTexts * full) await this.#writeFrom(0, []);
  }

  /** Keeps what was heard, in the end: where this is not reached, an older position is kept, or none. */
  async keepState(): Promise<void> {
    await this.#file.writeTrailer(this.state.encode());
    this.state.isKept = true;
  }

  close(): void {
    this.#file.close();
  }

  #findPlaces(): void {
    this.#places = new Map();
    for (const [at, rows] of this.#segments.entries()) {
      for (let row = 0; row < rows.count; row++) this.#places.set(rows.idOf(row), { at, row });
    }
  }

  /** Shows one message; until the next is shown. */
  #show(
    { at, row }: Place,
    states: MessageStates = unknownStates,
    body: Searchable["body"] = unknownBody,
  ): IndexedRows {
    const rows = this.#segments[at]!;
    rows.row = row;
    rows.states = states;
    rows.body = body;
    return rows;
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
    const kept = segments.slice(0, this.#file.count - first).map(({ head }) =>
      new IndexedRows(head)
    );
    this.#segments = [...this.#segments.slice(0, first), ...kept];
    this.#findPlaces();
  }

  async #replace(at: number, messages: readonly IndexedMessage[]): Promise<void> {
    const segment = segmentOf(messages);
    await this.#file.replace(at, segment);
    this.#segments[at] = new IndexedRows(segment.head);
    this.#findPlaces();
  }

  /** As `#findWords`, of all segments. Where one is broken, the work on the others is over before that is told. */
  async #findAllWords(wanted: readonly Words[]): Promise<WordsFound[]> {
    const found = await Promise.allSettled(
      this.#segments.keys().map((at) => this.#findWords(at, wanted)),
    );
    return found.map((each) => {
      if (each.status === "rejected") throw each.reason;
      return each.value;
    });
  }

  /** Finds which texts of a segment have the words, as far as its lists tell. */
  async #findWords(at: number, wanted: readonly Words[]): Promise<WordsFound> {
    const rows = this.#segments[at]!;
    if (rows.count === 0) return new Map();
    const lists = new Map<number, string>();
    for (const list of new Set(wanted.flatMap(listsFor))) {
      lists.set(list, await this.#open(at, rows.list(list)));
    }
    return new Map(wanted.map((words) => [words, findWords(lists, words)]));
  }

  async #messagesOf(at: number): Promise<IndexedMessage[]> {
    const rows = this.#segments[at]!;
    const messages: IndexedMessage[] = [];
    for (let row = 0; row < rows.count; row++) {
      const place = { at, row };
      messages.push(rows.take(row, await this.#text(place), await this.#body(place)));
    }
    return messages;
  }

  #text({ at, row }: Place): Promise<string> {
    return this.#open(at, this.#segments[at]!.text(row));
  }

  async #body(place: Place): Promise<string | null> {
    const kept = this.#segments[place.at]!.keptBody(place.row);
    if (kept === null) return null;
    const before = kept.isRest ? await this.#text(place) : "";
    const rest = kept.place.length === 0 ? "" : await this.#open(place.at, kept.place);
    return before + rest;
  }

  async #open(at: number, place: PartPlace): Promise<string> {
    const opened = await this.#file.part(at, place);
    if (opened !== null) return decoder.decode(opened);
    await this.#replace(at, []);
    throw new BrokenIndex();
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

type WordsFound = ReadonlyMap<Words, FoundWords | null>;

/** The body of the message in a row, as far as it is known which texts have the words. */
function bodyIn(found: WordsFound, row: () => number): Searchable["body"] {
  return (words) => {
    const texts = found.get(words) ?? null;
    if (texts === null) return null;
    return texts.sure.has(row()) || (texts.possible.has(row()) ? null : false);
  };
}

type MarkedEntry = Pick<WireEntry, "id" | "envelopeDigest" | "from" | "burn">;

/** All that the server tells of a message and that decides what is indexed of it. */
export function markOf({ envelopeDigest, from, burn }: MarkedEntry): string {
  return `${markOfDigest(envelopeDigest)} ${from}${burn ? " burns" : ""}`;
}

function markOfDigest(digest: EnvelopeDigest): string {
  return digest.subarray(0, 12).toBase64();
}
